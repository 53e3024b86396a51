use std::path::{Path, PathBuf};

use clap::Args;
use runlog::{ImportReport, Options};

use crate::context::{Context, hint, say, warn};
use crate::error::{Error, ErrorKind};
use crate::text::plain::plain;

/// Import the history of another program
///
///   runlog import ~/old/executions.db
///
/// Reads SQLite databases with a table ExecutionHistoryEntry, or with the tables executions,
/// execution_params and execution_logs. The file is not altered, ids are kept, and what was imported
/// before is not imported again. What looks like a secret is masked, see docs/cli.md.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Import {
    /// Import secrets as they are, instead of masking them; also with RUNLOG_NO_MASK
    #[arg(long)]
    no_mask: bool,
    /// The database
    file: PathBuf,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let mut options = Options::default();
        options.masking = context.masking(self.no_mask)?;
        let runlog = context.open_with(options)?;
        let report = runlog.import_file(&self.file).map_err(|error| refused(&self.file, error))?;
        tell(&report);
        Ok(())
    }
}

/// What is the matter with the file is not the matter with the history.
fn refused(file: &Path, error: runlog::Error) -> Error {
    match &error {
        runlog::Error::Database { path, .. } if path == file => {
            Error::new(ErrorKind::Failed, error.to_string())
                .hint("`runlog import --help` says which databases can be read")
        }
        _ => error.into(),
    }
}

fn tell(report: &ImportReport) {
    let counts = [
        (report.executions_updated, "updated"),
        (report.executions_known, "known already"),
        (report.executions_purged, "purged here before"),
    ];
    let mut told = match report.executions_added {
        1 => "imported 1 execution".to_owned(),
        count => format!("imported {count} executions"),
    };
    for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
        told.push_str(&format!(", {count} {what}"));
    }
    say(format_args!("{told}; {} log lines", report.log_lines_added));
    if report.skipped_count == 0 {
        return;
    }
    warn(format_args!("{} rows could not be imported:", report.skipped_count));
    for skipped in &report.skipped {
        let row = skipped.rowid.map(|row| format!(" row {row}")).unwrap_or_default();
        let id = skipped.id.as_deref().map(|id| format!(" ({})", plain(id))).unwrap_or_default();
        say(format_args!("  {}{row}{id}: {}", skipped.table, plain(&skipped.reason)));
    }
    if report.skipped_count > report.skipped.len() as u64 {
        say("  …");
    }
    hint("mend them there and import the file again: what is here by now stays as it is");
}
