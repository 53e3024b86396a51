use std::process::ExitCode;

use clap::Args;
use runlog::sync::SyncOptions;

use super::now::synced;
use crate::context::Context;
use crate::error::Error;
use crate::secrets::Passphrase;

/// Sync, then compare all that is here with all that the relay has, and repair what differs
///
///   runlog sync verify
///
/// Computes the digests anew from the rows, so that damage on either side shows. Leaves as `sync now`
/// does.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Verify {
    /// With this backend only; may be given several times
    #[arg(long, value_name = "NAME")]
    backend: Vec<String>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print a JSON array, an object for each backend
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let runlog = context.open()?;
        let mut options = SyncOptions::default();
        options.verify = true;
        synced(context, &runlog, options, &self.backend, &self.passphrase, self.json)
    }
}
