use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use runlog::relay::RelayUrl;
use runlog::vault::{Offer, OpenVault, PairingCode, VaultError};
use runlog::{Runlog, sync::Cancel};
use serde_json::json;

use super::keeping::KeepArgs;
use crate::commands::backend;
use crate::context::{Context, say};
use crate::error::Error;
use crate::interrupt;
use crate::secrets::{Source, variable};

/// Join the vault of another device
///
///   runlog vault join --relay https://relay.example   by the code of `runlog device pair`
///   runlog vault join                                 by the recovery phrase
///
/// The code or the phrase is asked for. A device whose history belongs to the vault already, but
/// which lost the secret or its passphrase, joins by the phrase again and keeps it anew.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Join {
    /// Take the offer that `runlog device pair` left at this relay, and sync through it
    #[arg(long, value_name = "URL")]
    relay: Option<RelayUrl>,
    /// Read the pairing code from a file, - for standard input; else it is taken from
    /// RUNLOG_PAIRING_CODE, or asked for
    #[arg(long, value_name = "FILE", requires = "relay")]
    code_file: Option<PathBuf>,
    /// Read the recovery phrase from a file, - for standard input; else it is taken from
    /// RUNLOG_RECOVERY_PHRASE, or asked for
    #[arg(long, value_name = "FILE", conflicts_with = "relay")]
    phrase_file: Option<PathBuf>,
    /// What to call the vault, where the offer does not say
    #[arg(long, default_value = "home")]
    name: String,
    #[command(flatten)]
    keep: KeepArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Join {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let cancel = interrupt::cancel()?;
        let (open, backend) = match &self.relay {
            Some(url) => {
                let open = self.by_code(&runlog, url, &cancel)?;
                let backend = backend::add_unless_there(&runlog, &open, url, None, &cancel)?;
                (open, Some(backend))
            }
            None => (self.by_phrase(&runlog)?, None),
        };
        if self.json {
            let mut out = context.raw_out();
            let backend = backend.map(|backend| backend.name);
            let id = open.id().to_string();
            writeln!(out, "{}", json!({ "vault": id, "name": open.name(), "backend": backend }))?;
            return Ok(out.flush()?);
        }
        say(format_args!("this history belongs to the vault '{}' now", open.name()));
        match backend {
            Some(_) => crate::context::hint("`runlog sync now` brings what the others recorded"),
            None => crate::context::hint(
                "`runlog backend add https://relay.example` names a relay to sync through",
            ),
        }
        Ok(())
    }

    fn by_code(
        &self,
        runlog: &Runlog,
        url: &RelayUrl,
        cancel: &Cancel,
    ) -> Result<OpenVault, Error> {
        let source = Source {
            file: self.code_file.as_deref(),
            variable: variable::PAIRING_CODE,
            option: "--code-file",
            what: "the pairing code",
        };
        let (code, _) = source.read()?;
        let code = PairingCode::parse(&code).map_err(VaultError::from)?;
        // An offer can be taken once: what can fail before it is taken does.
        let kept = self.keep.read()?;
        let offer = Offer::take(url, &code, cancel)?;
        Ok(runlog.join_offered(&offer, kept.keeping())?)
    }

    fn by_phrase(&self, runlog: &Runlog) -> Result<OpenVault, Error> {
        let source = Source {
            file: self.phrase_file.as_deref(),
            variable: variable::RECOVERY_PHRASE,
            option: "--phrase-file",
            what: "the recovery phrase",
        };
        let (phrase, _) = source.read()?;
        let kept = self.keep.read()?;
        Ok(runlog.join_vault(&phrase, &self.name, kept.keeping())?)
    }
}
