//! A relay as a process of its own, and those who talk to it.

mod device;
mod records;
mod wire;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use runlog::relay::{RelayClient, RelayUrl, Token};
use runlog::sync::Cancel;
use rustix::process::{Pid, Signal, kill_process};

use crate::Failed;
use crate::measure::peak_kib;
use crate::setup::Setup;

pub(crate) use device::Device;
pub(crate) use records::{Member, sealed_record};
pub(crate) use wire::Wire;

/// The program `runlog-server` on the loopback, without TLS, with its usual limits but for the quota.
#[derive(Debug)]
pub(crate) struct Relay {
    process: Child,
    url: RelayUrl,
    /// Of a relay whose database is new.
    account: Option<Token>,
}

impl Relay {
    /// Starts it on a SQLite file.
    pub(crate) fn on_sqlite(setup: &Setup, database: &Path) -> Result<Self, Failed> {
        Self::start(setup, database.to_str().ok_or("the path of the database is no text")?)
    }

    /// Starts it on a database: a SQLite file, or `postgresql://…`.
    pub(crate) fn start(setup: &Setup, database: &str) -> Result<Self, Failed> {
        let mut process = Command::new(setup.server()?)
            .args(["--listen", "127.0.0.1:0", "--quota-bytes", "1000000000000"])
            .args(["--database", database])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let told = process.stderr.take().ok_or("the relay has no standard error")?;
        let (url, code) = match told_by(told) {
            Ok(told) => told,
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                return Err(error);
            }
        };
        let mut relay = Self { process, url, account: None };
        if let Some(code) = code {
            let client = RelayClient::new(relay.url.clone());
            relay.account = Some(client.add_account("bench", &code, &Cancel::new())?);
        }
        Ok(relay)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &RelayUrl {
        &self.url
    }

    /// The account that may make vaults.
    pub(crate) fn account(&self) -> Result<&Token, Failed> {
        Ok(self.account.as_ref().ok_or("the relay had an account already")?)
    }

    /// Peak of its resident memory in MiB.
    pub(crate) fn peak_mib(&self) -> Result<f64, Failed> {
        let kib = peak_kib(self.process.id()).ok_or("the relay's memory cannot be read")?;
        Ok(f64::from(kib) / 1024.0)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Asked to end, it closes its database.
        let asked = Pid::from_raw(self.process.id().cast_signed())
            .is_some_and(|process| kill_process(process, Signal::TERM).is_ok());
        if !asked {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// What a relay says when it starts: where it listens, and its set-up code where it is new.
fn told_by(told: ChildStderr) -> Result<(RelayUrl, Option<Token>), Failed> {
    let mut lines = BufReader::new(told).lines();
    let (mut url, mut code) = (None, None);
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, address)) = line.split_once("The relay listens on ") {
            url = Some(address.trim().parse()?);
        } else if line.trim().starts_with("rlsetup") {
            code = Some(Token::new(&line));
        } else if line.contains("the relay listens") {
            // The last of it. What follows would fill the pipe if nobody read it.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((url.ok_or("the relay does not say where it listens")?, code));
        }
    }
    Err("the relay ended at its start".into())
}
