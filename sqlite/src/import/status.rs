//! Status texts of other programs.

use runlog_core::model::Outcome;

/// What a status text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It never began.
    NotStarted,
    /// It ended like this.
    Ended(Outcome),
    /// It was going, or nobody knows how it ended.
    Lost,
}

/// What a status text says, and whether the status of the imported execution says the same, so that
/// the text need not be kept.
pub(super) fn read(text: Option<&str>, exit_code: Option<i32>) -> (Said, bool) {
    let word: String = text.unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
    let word = word.to_lowercase();
    let said = match word.as_str() {
        "notstarted" | "pending" | "queued" => Said::NotStarted,
        "running" | "started" | "inprogress" => Said::Lost,
        "completed" | "complete" | "success" | "succeeded" | "successful" => {
            Said::Ended(Outcome::Completed)
        }
        "failed" | "failure" | "error" | "timeout" | "timedout" => Said::Ended(Outcome::Failed),
        "cancelled" | "canceled" | "aborted" => Said::Ended(Outcome::Cancelled),
        _ => match exit_code {
            Some(0) => Said::Ended(Outcome::Completed),
            Some(_) => Said::Ended(Outcome::Failed),
            // Nothing says how it ended: the one terminal status that any later report beats.
            None => Said::Lost,
        },
    };
    let name = match said {
        Said::NotStarted => "notstarted",
        Said::Ended(outcome) => outcome.as_str(),
        Said::Lost => "lost",
    };
    (said, text.is_none() || word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_exit_codes() {
        let completed = Said::Ended(Outcome::Completed);
        let failed = Said::Ended(Outcome::Failed);
        let cases = [
            (Some("NotStarted"), None, Said::NotStarted, true),
            (Some("not_started"), None, Said::NotStarted, true),
            (Some("Running"), Some(0), Said::Lost, false),
            (Some("Completed"), Some(1), completed, true),
            (Some("\"Success\""), None, completed, false),
            (Some("ERROR"), None, failed, false),
            (Some("Canceled"), None, Said::Ended(Outcome::Cancelled), false),
            (Some("Exploded"), Some(0), completed, false),
            (Some("Exploded"), Some(3), failed, false),
            (Some("Exploded"), None, Said::Lost, false),
            (Some(""), None, Said::Lost, false),
            (None, None, Said::Lost, true),
        ];
        for (text, code, said, is_said) in cases {
            assert_eq!(read(text, code), (said, is_said), "{text:?} {code:?}");
        }
    }
}
