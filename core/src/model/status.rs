//! Kind, status and outcome.

use super::text_enum;

text_enum! {
    /// What was executed.
    Kind in "kind" {
        /// A run of a workflow with phases and tasks.
        Workflow = "workflow",
        /// A command line.
        Command = "command",
        /// A job of a scheduler or a program.
        Job = "job",
        /// A prompt sent to a model.
        Prompt = "prompt",
    }
}

text_enum! {
    /// Where an execution is in its life: `not_started`, `running`, then one terminal status.
    ///
    /// It is never stored. It follows from columns that each merge by clock alone: an
    /// [`Outcome`], which only an ending writes; `lost_at`, which only a judgement about a dead
    /// process writes and which any outcome beats; `started_at`. So a late `running` cannot
    /// overwrite an ending, whatever the clocks say, and a relay that keeps only the newest clock
    /// of each column destroys nothing.
    Status in "status" {
        /// Made known, not begun.
        NotStarted = "not_started",
        /// Begun, no ending known.
        Running = "running",
        /// Ended well.
        Completed = "completed",
        /// Ended badly.
        Failed = "failed",
        /// Ended because somebody stopped it.
        Cancelled = "cancelled",
        /// The process died unseen.
        Lost = "lost",
    }
}

text_enum! {
    /// How an execution ended, as it was reported. Of two reports the newer clock wins.
    Outcome in "outcome" {
        /// Well.
        Completed = "completed",
        /// Badly.
        Failed = "failed",
        /// Stopped by somebody.
        Cancelled = "cancelled",
    }
}

impl Status {
    /// Whether it is an end.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::NotStarted | Self::Running)
    }

    /// How far along its life an execution of this status is: merge never makes it smaller.
    /// A reported outcome stands above `lost`, which is only a judgement.
    pub const fn rank(self) -> u8 {
        match self {
            Self::NotStarted => 0,
            Self::Running => 1,
            Self::Lost => 2,
            Self::Completed | Self::Failed | Self::Cancelled => 3,
        }
    }
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Failed => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_read_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
        let error = "Running".parse::<Status>().unwrap_err().to_string();
        assert!(error.starts_with("status: 'Running' is unknown; expected one of not_started"));
    }
}
