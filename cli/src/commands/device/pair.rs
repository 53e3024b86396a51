use std::io::Write;

use clap::Args;
use runlog::relay::RelaySettings;
use serde_json::json;

use crate::commands::backend;
use crate::context::{Context, say};
use crate::error::{Error, ErrorKind};
use crate::interrupt;
use crate::secrets::Passphrase;

/// Let another device join the vault, by a code of eight words
///
///   runlog device pair
///
/// Leaves the vault's secret at a relay, sealed by the code, for ten minutes. Type the code on the
/// other device at `runlog vault join --relay URL`. It works once; show it to nobody else.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Pair {
    /// Meet at this backend; needed where there are several
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Pair {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let mut backends = backend::chosen(&runlog, self.backend.as_deref())?;
        let backend = backends.pop().ok_or(runlog::sync::SyncError::NoBackend)?;
        if !backends.is_empty() {
            let message = "there are several backends";
            return Err(
                Error::new(ErrorKind::Usage, message).hint("choose one with --backend NAME")
            );
        }
        let open = self.passphrase.unlock(&runlog)?;
        let url = RelaySettings::of(&backend)?.url;
        let code = runlog.offer_vault(&open, backend.id, &interrupt::cancel()?)?;
        let mut out = context.raw_out();
        if self.json {
            let object = json!({ "code": *code.words(), "relay": url, "minutes": 10 });
            writeln!(out, "{object}")?;
            return Ok(out.flush()?);
        }
        writeln!(out, "{}", *code.words())?;
        out.flush()?;
        say(format_args!("type it on the other device, within ten minutes, at"));
        say(format_args!("  runlog vault join --relay {url}"));
        Ok(())
    }
}
