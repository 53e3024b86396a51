mod export_phrase;
mod init;
mod join;
mod keeping;
mod status;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Error;

/// The vault: one history on several devices, which no relay can read
///
///   runlog vault init              on the first device
///   runlog backend add https://relay.example
///   runlog device pair             shows a code for another device
///   runlog vault join --relay https://relay.example
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Vault {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Join(join::Join),
    Status(status::Status),
    ExportPhrase(export_phrase::ExportPhrase),
}

impl Vault {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        match self.command {
            Command::Init(init) => init.run(context),
            Command::Join(join) => join.run(context),
            Command::Status(status) => status.run(context),
            Command::ExportPhrase(export) => export.run(context),
        }
    }
}
