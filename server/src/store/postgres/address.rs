//! Where a PostgreSQL is, and how much its certificate must prove.
//!
//! `sslmode` and `sslrootcert` mean what they mean to PostgreSQL's own programs. The driver knows
//! three modes and no certificates, so both are taken out of the address before it reads it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use postgres::Config;
use postgres::config::SslMode;
use rustls::ClientConfig;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::verifier::{Proof, Roots, verifier};
use crate::store::StoreResult;

/// The address of a PostgreSQL: `postgres://user@host/name?sslmode=verify-full`.
///
/// | `sslmode` | |
/// |---|---|
/// | `disable` | never TLS |
/// | `prefer` | TLS where the server offers it, with any certificate; the default |
/// | `require` | TLS or nothing, with any certificate, or as `verify-ca` where `sslrootcert` is given |
/// | `verify-ca` | TLS, with a certificate that the file `sslrootcert` vouches for |
/// | `verify-full` | TLS, with a certificate for the host that `sslrootcert`, or the system, vouches for |
#[derive(Clone)]
pub struct PostgresAddress {
    config: Box<Config>,
    proof: Proof,
}

/// Why a text is not the address of a PostgreSQL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresAddressError {
    /// It does not begin like one.
    #[error("an address of PostgreSQL begins with postgres://")]
    Scheme,
    /// The mode is none of those that are known.
    #[error("sslmode is disable, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// Nothing could vouch for the certificate.
    #[error("sslmode=verify-ca needs sslrootcert, a file of certificates in PEM form")]
    NoRoots,
    /// A value is not text in UTF-8.
    #[error("sslrootcert is not text in UTF-8")]
    Text,
    /// The rest is wrong.
    #[error("{0}")]
    Rest(#[from] postgres::Error),
}

impl PostgresAddress {
    /// Whether a text begins like the address of a PostgreSQL, and is not the path of a file.
    pub fn looks_like_one(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }

    /// Whether it says the password.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// The same address with another password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// What speaks TLS, as far as the address asks for it.
    pub(super) fn connector(&self) -> StoreResult<MakeRustlsConnect> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = verifier(&self.proof, &provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}

impl FromStr for PostgresAddress {
    type Err = PostgresAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !Self::looks_like_one(text) {
            return Err(PostgresAddressError::Scheme);
        }
        let (address, options) = text.split_once('?').unwrap_or((text, ""));
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => roots = Some(decoded_roots(value)?),
                _ => rest.push(option),
            }
        }
        let (mode, proof) = asked(mode, roots)?;
        let mut config: Config = format!("{address}?{}", rest.join("&")).parse()?;
        config.ssl_mode(mode);
        Ok(Self { config: Box::new(config), proof })
    }
}

impl fmt::Debug for PostgresAddress {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresAddress")
            .field("hosts", &self.config.get_hosts())
            .field("ports", &self.config.get_ports())
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}

fn decoded_roots(value: &str) -> Result<Roots, PostgresAddressError> {
    let path = percent_decode_str(value).decode_utf8().map_err(|_| PostgresAddressError::Text)?;
    Ok(if path == "system" { Roots::System } else { Roots::File(PathBuf::from(&*path)) })
}

/// The driver's mode, and what a certificate must prove.
fn asked(
    mode: Option<&str>,
    roots: Option<Roots>,
) -> Result<(SslMode, Proof), PostgresAddressError> {
    Ok(match (mode.unwrap_or("prefer"), roots) {
        ("disable", _) => (SslMode::Disable, Proof::None),
        ("prefer", _) => (SslMode::Prefer, Proof::None),
        ("require", None) => (SslMode::Require, Proof::None),
        ("require" | "verify-ca", Some(Roots::File(path))) => {
            (SslMode::Require, Proof::Issuer(path))
        }
        // As to libpq, to which it would make no sense to trust any name of any host.
        ("require", Some(Roots::System)) => (SslMode::Require, Proof::Host(Roots::System)),
        ("verify-ca", _) => return Err(PostgresAddressError::NoRoots),
        ("verify-full", roots) => (SslMode::Require, Proof::Host(roots.unwrap_or(Roots::System))),
        _ => return Err(PostgresAddressError::SslMode),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(options: &str) -> Result<(SslMode, Proof), String> {
        let address = format!("postgres://ada:secret@example.org:5433/relay?{options}");
        let address: PostgresAddress =
            address.parse().map_err(|error: PostgresAddressError| error.to_string())?;
        Ok((address.config.get_ssl_mode(), address.proof))
    }

    #[test]
    fn each_mode_asks_for_what_it_says() {
        let file = || PathBuf::from("/etc/a b.pem");
        let known = [
            ("", SslMode::Prefer, Proof::None),
            ("sslmode=disable", SslMode::Disable, Proof::None),
            ("sslmode=prefer", SslMode::Prefer, Proof::None),
            ("sslmode=require", SslMode::Require, Proof::None),
            ("sslmode=require&sslrootcert=system", SslMode::Require, Proof::Host(Roots::System)),
            ("sslmode=require&sslrootcert=/etc/a%20b.pem", SslMode::Require, Proof::Issuer(file())),
            (
                "sslrootcert=/etc/a%20b.pem&sslmode=verify-ca",
                SslMode::Require,
                Proof::Issuer(file()),
            ),
            ("sslmode=verify-full", SslMode::Require, Proof::Host(Roots::System)),
            (
                "sslmode=verify-full&sslrootcert=/etc/a%20b.pem&application_name=x",
                SslMode::Require,
                Proof::Host(Roots::File(file())),
            ),
        ];
        for (options, mode, proof) in known {
            assert_eq!(parsed(options), Ok((mode, proof)), "{options}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for options in ["sslmode=allow", "sslmode=", "sslmode=verify-ca", "sslcert=/etc/a.pem"] {
            assert!(parsed(options).is_err(), "{options}");
        }
        assert!("host=/tmp user=ada".parse::<PostgresAddress>().is_err());
    }

    #[test]
    fn a_password_is_never_shown() {
        let address: PostgresAddress = "postgres://ada:secret@localhost/relay".parse().unwrap();
        assert!(address.has_password());
        assert!(!format!("{address:?}").contains("secret"));
        let other: PostgresAddress = "postgres://ada@localhost/relay".parse().unwrap();
        assert!(!other.has_password());
        let other = other.with_password("p@ss/word");
        assert_eq!(other.config.get_password(), Some(&b"p@ss/word"[..]));
    }
}
