mod list;
mod pair;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Error;

/// The devices of the vault
///
///   runlog device list
///   runlog device pair     shows a code by which another device joins
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Device {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Pair(pair::Pair),
}

impl Device {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        match self.command {
            Command::List(list) => list.run(context),
            Command::Pair(pair) => pair.run(context),
        }
    }
}
