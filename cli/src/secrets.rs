//! Secrets that come from outside: asked for without echo, read from a file, or from the
//! environment. Never from the command line, where every user of the machine could read them.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use runlog::Runlog;
use runlog::vault::{KeptIn, OpenVault, VaultState};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// Most bytes that a secret has.
const BYTES_MAX: u64 = 64 << 10;

/// Where a secret comes from, in this order: a file, a variable, the person at the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) file: Option<&'a Path>,
    pub(crate) variable: &'static str,
    /// The option that names the file.
    pub(crate) option: &'static str,
    /// What it is, in a sentence.
    pub(crate) what: &'static str,
}

impl Source<'_> {
    /// The secret without the white space around it, and whether it was typed.
    pub(crate) fn read(&self) -> Result<(Zeroizing<String>, bool), Error> {
        if let Some(file) = self.file {
            return Ok((self.read_file(file)?, false));
        }
        if let Some(text) = std::env::var_os(self.variable).filter(|text| !text.is_empty()) {
            let text = text.into_string().map(Zeroizing::new);
            let text = text.map_err(|_| self.failed("the variable is not text in UTF-8"))?;
            return Ok((Zeroizing::new(text.trim().to_owned()), false));
        }
        if !std::io::stdin().is_terminal() {
            let (what, option, variable) = (self.what, self.option, self.variable);
            return Err(Error::new(ErrorKind::Vault, format!("{what} is needed")).hint(format!(
                "name a file with {option} (- is standard input), or set {variable}"
            )));
        }
        Ok((self.typed(self.what)?, true))
    }

    /// Asks the person at the terminal.
    pub(crate) fn typed(&self, prompt: &str) -> Result<Zeroizing<String>, Error> {
        let mut letters = prompt.chars();
        let prompt =
            letters.next().map(|first| first.to_uppercase().to_string() + letters.as_str());
        let typed = rpassword::prompt_password(format!("{}: ", prompt.unwrap_or_default()));
        let typed = typed.map_err(|error| self.failed(&error.to_string()))?;
        Ok(Zeroizing::new(Zeroizing::new(typed).trim().to_owned()))
    }

    fn read_file(&self, file: &Path) -> Result<Zeroizing<String>, Error> {
        let mut text = Zeroizing::new(String::new());
        let read = if file == Path::new("-") {
            std::io::stdin().take(BYTES_MAX).read_to_string(&mut text)
        } else {
            std::fs::File::open(file)
                .and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text))
        };
        read.map_err(|error| self.failed(&error.to_string()))?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    }

    fn failed(&self, detail: &str) -> Error {
        Error::new(ErrorKind::Failed, format!("{} cannot be read: {detail}", self.what))
    }
}

/// The variables that hold secrets, or may.
pub(crate) mod variable {
    pub(crate) const PASSPHRASE: &str = "RUNLOG_PASSPHRASE";
    pub(crate) const RECOVERY_PHRASE: &str = "RUNLOG_RECOVERY_PHRASE";
    pub(crate) const PAIRING_CODE: &str = "RUNLOG_PAIRING_CODE";
    pub(crate) const ACCOUNT_TOKEN: &str = "RUNLOG_ACCOUNT_TOKEN";
    /// All of them: no program that is recorded is to see one.
    pub(crate) const ALL: [&str; 6] = [
        PASSPHRASE,
        RECOVERY_PHRASE,
        PAIRING_CODE,
        ACCOUNT_TOKEN,
        runlog_server::DATABASE_VARIABLE,
        runlog_server::PASSWORD_VARIABLE,
    ];
}

/// How the passphrase of a vault is given.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Passphrase {
    /// Read the vault's passphrase from a file, - for standard input; else it is taken from
    /// RUNLOG_PASSPHRASE, or asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    fn source(&self) -> Source<'_> {
        Source {
            file: self.passphrase_file.as_deref(),
            variable: variable::PASSPHRASE,
            option: "--passphrase-file",
            what: "the vault's passphrase",
        }
    }

    /// A new one: typed twice, where it is typed.
    pub(crate) fn new_one(&self) -> Result<Zeroizing<String>, Error> {
        let (passphrase, typed) = self.source().read()?;
        if passphrase.is_empty() {
            return Err(Error::new(ErrorKind::Vault, "the passphrase is empty"));
        }
        if typed && *self.source().typed("the same again")? != *passphrase {
            return Err(Error::new(ErrorKind::Vault, "the two passphrases differ"));
        }
        Ok(passphrase)
    }

    /// Opens the vault of a history, asking for the passphrase only where one is needed.
    pub(crate) fn unlock(&self, runlog: &Runlog) -> Result<OpenVault, Error> {
        match runlog.vault_state()? {
            VaultState::Unlocked(_, open) => Ok(open),
            VaultState::Locked(info) if info.kept_in == Some(KeptIn::Passphrase) => {
                let (passphrase, _) = self.source().read()?;
                Ok(runlog.unlock_vault(Some(&passphrase))?)
            }
            // Says what is in the way.
            _ => Ok(runlog.unlock_vault(None)?),
        }
    }
}
