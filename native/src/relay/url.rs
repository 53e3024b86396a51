//! Where a relay is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ureq::http::Uri;

/// The address of a relay: `https://relay.example`, or `http://` for one on this machine.
///
/// Tokens travel with every request, so an address on the network without TLS is refused unless it
/// is asked for by name: `http+insecure://`.
///
/// ```
/// use runlog::relay::RelayUrl;
///
/// assert_eq!("https://relay.example/".parse::<RelayUrl>()?.as_str(), "https://relay.example");
/// assert!("http://127.0.0.1:8080".parse::<RelayUrl>().is_ok());
/// assert!("http://relay.example".parse::<RelayUrl>().is_err());
/// # Ok::<(), runlog::relay::InvalidRelayUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayUrl(String);

/// Why an address is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRelayUrl {
    /// It cannot be read.
    #[error("not the address of a relay: write it as https://relay.example")]
    Malformed,
    /// It holds a user or a password.
    #[error("an address holds no user and no password: tokens are kept elsewhere")]
    Credentials,
    /// It would carry tokens in the clear.
    #[error(
        "http:// would carry this device's token over the network for all to read: use https://, \
         or http+insecure:// where the network itself is encrypted"
    )]
    InTheClear,
}

const INSECURE: &str = "http+insecure://";

impl RelayUrl {
    /// As it was written, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let uri = self.target("").parse::<Uri>();
        uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback))
    }

    /// The address of something at the relay.
    pub(super) fn target(&self, path: &str) -> String {
        match self.0.strip_prefix(INSECURE) {
            Some(rest) => format!("http://{rest}{path}"),
            None => format!("{}{path}", self.0),
        }
    }
}

impl FromStr for RelayUrl {
    type Err = InvalidRelayUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRelayUrl> {
        let text = text.trim().trim_end_matches('/');
        let insecure = text.starts_with(INSECURE);
        let plain = text.replacen(INSECURE, "http://", 1);
        let uri: Uri = plain.parse().map_err(|_| InvalidRelayUrl::Malformed)?;
        let authority = uri.authority().ok_or(InvalidRelayUrl::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(InvalidRelayUrl::Credentials);
        }
        if authority.host().is_empty() || uri.query().is_some() {
            return Err(InvalidRelayUrl::Malformed);
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if insecure || is_loopback(authority.host()) => {}
            Some("http") => return Err(InvalidRelayUrl::InTheClear),
            _ => return Err(InvalidRelayUrl::Malformed),
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl TryFrom<String> for RelayUrl {
    type Error = InvalidRelayUrl;

    fn try_from(text: String) -> Result<Self, InvalidRelayUrl> {
        text.parse()
    }
}

impl From<RelayUrl> for String {
    fn from(url: RelayUrl) -> Self {
        url.0
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_secrets_and_with_tls_are_taken() {
        for taken in [
            "https://relay.example",
            "https://relay.example:8443/runlog",
            "http://localhost:1",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http+insecure://10.0.0.1:80",
        ] {
            assert_eq!(taken.parse::<RelayUrl>().map(String::from), Ok(taken.to_owned()));
        }
        for (refused, why) in [
            ("", InvalidRelayUrl::Malformed),
            ("relay.example", InvalidRelayUrl::Malformed),
            ("ftp://relay.example", InvalidRelayUrl::Malformed),
            ("https://relay.example/?a=1", InvalidRelayUrl::Malformed),
            ("https://me:secret@relay.example", InvalidRelayUrl::Credentials),
            ("http://relay.example", InvalidRelayUrl::InTheClear),
            ("http://10.0.0.1", InvalidRelayUrl::InTheClear),
        ] {
            assert_eq!(refused.parse::<RelayUrl>(), Err(why), "{refused}");
        }
        let insecure: RelayUrl = "http+insecure://10.0.0.1:80".parse().unwrap();
        assert_eq!(insecure.target("/health"), "http://10.0.0.1:80/health");
    }
}
