//! The command line of a relay, shared by `runlog-server` and `runlog serve`.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Config, Database, TlsFiles};
use crate::origins::{Origin, Origins};
use crate::store::{PostgresAddress, PostgresAddressError};

/// Variable that says where records are kept. Its value may hold a password.
pub const DATABASE_VARIABLE: &str = "RUNLOG_SERVER_DATABASE";

/// Variable that holds the password of the database.
pub const PASSWORD_VARIABLE: &str = "RUNLOG_SERVER_DATABASE_PASSWORD";

/// Most bytes that a password's file has.
const PASSWORD_BYTES_MAX: u64 = 64 << 10;

/// What a relay is told on the command line and in the environment.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to listen; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7470")]
    #[arg(env = "RUNLOG_SERVER_LISTEN")]
    listen: SocketAddr,
    /// A SQLite file, made where it is missing, or postgres://user@host/name without a password; else
    /// it is taken from RUNLOG_SERVER_DATABASE, where the address may say the password
    #[arg(long, value_name = "DATABASE")]
    database: Option<String>,
    /// Read PostgreSQL's password from a file, - for standard input; else it is taken from
    /// RUNLOG_SERVER_DATABASE_PASSWORD
    #[arg(long, value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// Certificate chain in PEM form; without it, plain HTTP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Serve the web app from this directory, on the same port
    #[arg(long, value_name = "DIRECTORY", env = "RUNLOG_SERVER_WEB")]
    web: Option<PathBuf>,
    /// Let only pages of this origin ask from elsewhere, such as `https://history.example`; may be
    /// repeated. Else all may: without a token they learn nothing
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<Origin>,
    /// Bytes that a new vault may take
    #[arg(long, value_name = "BYTES")]
    quota_bytes: Option<u64>,
}

/// Why a command line is not one of a relay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentsError {
    /// Every user of the machine could read it.
    #[error(
        "--database says the password, which every user of this machine can read: name a file with \
         --database-password-file, or set {DATABASE_VARIABLE} or {PASSWORD_VARIABLE}"
    )]
    PasswordShown,
    /// The address of the database is wrong.
    #[error("the address of the database: {0}")]
    Address(#[from] PostgresAddressError),
    /// The password cannot be read.
    #[error("the database's password cannot be read: {0}")]
    Password(std::io::Error),
    /// A variable is not text.
    #[error("{0} is not text in UTF-8")]
    Text(&'static str),
}

impl Arguments {
    /// What to serve; `None` as the database where nobody said one.
    ///
    /// # Errors
    /// [`ArgumentsError`].
    pub fn database(&self) -> Result<Option<Database>, ArgumentsError> {
        let (text, is_argument) = match &self.database {
            Some(text) => (text.clone(), true),
            None => match variable(DATABASE_VARIABLE)? {
                Some(text) => (text, false),
                None => return Ok(None),
            },
        };
        if !PostgresAddress::looks_like_one(&text) {
            return Ok(Some(Database::Sqlite(text.into())));
        }
        let address: PostgresAddress = text.parse()?;
        if is_argument && address.has_password() {
            return Err(ArgumentsError::PasswordShown);
        }
        Ok(Some(Database::Postgres(match self.password()? {
            Some(password) => address.with_password(&password),
            None => address,
        })))
    }

    /// What to serve, from this database.
    pub fn config(&self, database: Database) -> Config {
        let mut config = Config::new(self.listen, database);
        let files = self.tls_certificate.clone().zip(self.tls_key.clone());
        config.tls = files.map(|(certificate, key)| TlsFiles { certificate, key });
        config.web.clone_from(&self.web);
        if !self.allow_origin.is_empty() {
            config.origins = Origins::Only(self.allow_origin.clone());
        }
        if let Some(bytes) = self.quota_bytes {
            config.limits.relay.quota_bytes = bytes;
        }
        config
    }

    fn password(&self) -> Result<Option<String>, ArgumentsError> {
        match &self.database_password_file {
            Some(file) => read(file).map(Some).map_err(ArgumentsError::Password),
            None => variable(PASSWORD_VARIABLE),
        }
    }
}

/// The first line of a file or of standard input.
fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(PASSWORD_BYTES_MAX).read_to_string(&mut text)?;
    }
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// A variable that is set to something.
fn variable(name: &'static str) -> Result<Option<String>, ArgumentsError> {
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        Some(value) => value.into_string().map(Some).map_err(|_| ArgumentsError::Text(name)),
        None => Ok(None),
    }
}
