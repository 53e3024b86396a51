use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::context::{Context, warn};
use crate::error::Error;
use crate::secrets::Passphrase;

/// Print the recovery phrase: 24 words that open the vault on any device
///
///   runlog vault export-phrase > phrase.txt
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ExportPhrase {
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl ExportPhrase {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let open = self.passphrase.unlock(&runlog)?;
        let phrase = open.phrase();
        let mut out = context.raw_out();
        if self.json {
            let object = json!({ "vault": open.id().to_string(), "phrase": *phrase });
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{}", *phrase)?;
        }
        out.flush()?;
        warn("who has these words reads the history of every device of the vault");
        Ok(())
    }
}
