use std::process::ExitCode;

use clap::{Args, ValueEnum};
use runlog::Runlog;
use runlog::id::IdPattern;
use runlog::sync::{Direction, SyncOptions, SyncType};

use super::outcome;
use super::progress::Progress;
use crate::context::Context;
use crate::error::Error;
use crate::interrupt;
use crate::secrets::Passphrase;

/// Sync now: pull what others recorded, push what they lack
///
///   runlog sync now
///   runlog sync now --only 1f3a9c02 --direction push
///   runlog sync now --full --direction pull
///
/// Leaves with 5 where a backend was not reached, with 6 where something was refused or set aside,
/// and says why. Ctrl-C stops; what was moved by then stays.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Now {
    /// Look at everything from the beginning, not only at what is new; with --direction pull a backup
    /// is made first
    #[arg(long, conflicts_with = "only")]
    full: bool,
    /// Sync these executions and nothing else
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<IdPattern>,
    /// Which way
    #[arg(long, value_name = "WAY", default_value = "both")]
    direction: Way,
    /// With this backend only; may be given several times
    #[arg(long, value_name = "NAME")]
    backend: Vec<String>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print a JSON array, an object for each backend
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    #[value(alias = "bidirectional")]
    Both,
    #[value(alias = "remote_to_local")]
    Pull,
    #[value(alias = "local_to_remote")]
    Push,
}

impl Now {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let runlog = context.open()?;
        let mut options = SyncOptions::default();
        options.direction = match self.direction {
            Way::Both => Direction::Bidirectional,
            Way::Pull => Direction::RemoteToLocal,
            Way::Push => Direction::LocalToRemote,
        };
        options.sync_type = match (self.full, self.only.is_empty()) {
            (true, _) => SyncType::Full,
            (_, false) => SyncType::Specific,
            _ => SyncType::Incremental,
        };
        for pattern in &self.only {
            options.only.push(runlog.find(pattern)?);
        }
        synced(context, &runlog, options, &self.backend, &self.passphrase, self.json)
    }
}

/// Runs a sync and tells how it ended.
pub(super) fn synced(
    context: &Context,
    runlog: &Runlog,
    mut options: SyncOptions,
    backends: &[String],
    passphrase: &Passphrase,
    json: bool,
) -> Result<ExitCode, Error> {
    for name in backends {
        options.backends.push(runlog.backend_named(name)?.id);
    }
    let open = passphrase.unlock(runlog)?;
    let cancel = interrupt::cancel()?;
    let mut progress = Progress::new();
    let report = runlog.sync_now(&open, &options, &mut |run| progress.show(run), &cancel);
    progress.end();
    outcome::tell(context, &report?, json)
}
