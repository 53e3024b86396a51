use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use runlog::relay::{RelayClient, RelayUrl, Token};
use runlog::sync::{Backend, Cancel};
use runlog::vault::OpenVault;
use runlog::{BackendError, Runlog};
use serde_json::json;

use super::Adding;
use crate::context::{Context, hint, say};
use crate::error::Error;
use crate::interrupt;
use crate::secrets::{Passphrase, Source, variable};

/// Add a relay to sync through
///
///   runlog backend add https://relay.example
///
/// A relay that does not know the vault asks for the token of an account, or for the code that a new
/// relay shows when it starts: that code makes the first account.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Add {
    /// Its address: https://, or http:// for one on this machine
    url: RelayUrl,
    /// What to call it: its host unless told
    #[arg(long)]
    name: Option<String>,
    /// Read the account's token or the set-up code from a file, - for standard input; else it is
    /// taken from RUNLOG_ACCOUNT_TOKEN, or asked for where the relay wants one
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// How the code that makes the first account begins.
const SETUP_CODE: &str = "rlsetup";

impl Add {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let open = self.passphrase.unlock(&runlog)?;
        let cancel = interrupt::cancel()?;
        let name = self.name.clone().unwrap_or_else(|| host(&self.url));
        let adding = |account| {
            let (runlog, open, url, cancel) = (&runlog, &open, &self.url, &cancel);
            add(&Adding { runlog, open, url, account, cancel }, &name)
        };
        let mut account = None;
        let backend = match adding(None) {
            Err(BackendError::NeedsAccount { .. }) if self.may_have_account() => {
                let (token, is_new) = self.account(&cancel)?;
                let backend = adding(Some(&token))?;
                account = is_new.then_some(token);
                backend
            }
            other => other?,
        };
        let mut out = context.raw_out();
        if self.json {
            let token = account.as_ref().map(Token::expose);
            let object = json!({ "name": backend.name, "url": self.url, "account_token": token });
            writeln!(out, "{object}")?;
            return Ok(out.flush()?);
        }
        say(format_args!("added the backend '{name}'"));
        if let Some(token) = account {
            say(
                "made an account there. Its token makes room for other vaults; it is shown only now:",
            );
            writeln!(out, "{}", token.expose())?;
            out.flush()?;
        }
        hint("`runlog sync now` syncs; `runlog sync watch` goes on doing so");
        Ok(())
    }

    fn may_have_account(&self) -> bool {
        self.account_file.is_some()
            || std::env::var_os(variable::ACCOUNT_TOKEN).is_some_and(|token| !token.is_empty())
            || std::io::stdin().is_terminal()
    }

    /// The token of an account, and whether the account was made for it.
    fn account(&self, cancel: &Cancel) -> Result<(Token, bool), Error> {
        let source = Source {
            file: self.account_file.as_deref(),
            variable: variable::ACCOUNT_TOKEN,
            option: "--account-file",
            what: "the account's token, or the relay's set-up code",
        };
        let (text, _) = source.read()?;
        let token = Token::new(&text);
        if !text.starts_with(SETUP_CODE) {
            return Ok((token, false));
        }
        let name = runlog::user_name().unwrap_or_else(|| "runlog".to_owned());
        let account = RelayClient::new(self.url.clone()).add_account(&name, &token, cancel)?;
        Ok((account, true))
    }
}

fn add(adding: &Adding<'_>, name: &str) -> Result<Backend, BackendError> {
    adding.runlog.add_relay(adding.open, name, adding.url, adding.account, adding.cancel)
}

/// Adds a relay under the name of its host, unless one with its address is there.
pub(in crate::commands) fn add_unless_there(
    runlog: &Runlog,
    open: &OpenVault,
    url: &RelayUrl,
    account: Option<&Token>,
    cancel: &Cancel,
) -> Result<Backend, Error> {
    let is_it = |held: &Backend| {
        runlog::relay::RelaySettings::of(held).is_ok_and(|settings| settings.url == *url)
    };
    if let Some(held) = runlog.backends()?.into_iter().find(is_it) {
        return Ok(held);
    }
    Ok(add(&Adding { runlog, open, url, account, cancel }, &host(url))?)
}

/// What a relay is called unless told.
fn host(url: &RelayUrl) -> String {
    let rest = url.as_str().split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    host.to_owned()
}
