mod now;
mod outcome;
mod progress;
mod run;
mod switch;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Error;

/// Sync this history with its other devices
///
///   runlog sync now        once
///   runlog sync watch      for as long as it runs
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Sync {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Now(now::Now),
    Verify(verify::Verify),
    Watch(watch::Watch),
    On(switch::On),
    Off(switch::Off),
}

impl Sync {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        match self.command {
            Command::Now(now) => return now.run(context),
            Command::Verify(verify) => return verify.run(context),
            Command::Watch(watch) => watch.run(context),
            Command::On(on) => on.run(context),
            Command::Off(off) => off.run(context),
        }
        .map(|()| ExitCode::SUCCESS)
    }
}
