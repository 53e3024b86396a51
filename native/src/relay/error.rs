//! What speaking to a relay can fail with. No message holds a secret.

use std::io::ErrorKind;

use runlog_core::sync::message::Refusal;

use super::url::InvalidRelayUrl;

/// Why a relay did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// It could not be reached, or did not answer in time: perhaps there is no network.
    #[error("{relay} cannot be reached: {detail}")]
    Offline {
        /// Which relay.
        relay: String,
        /// What happened.
        detail: String,
    },
    /// No connection that can be trusted.
    #[error("{relay} does not prove that it is who it says: {detail}")]
    Tls {
        /// Which relay.
        relay: String,
        /// What the TLS library says.
        detail: String,
    },
    /// The proxy that the environment names did not let the request through.
    #[error("the proxy on the way to {relay} failed: {detail}")]
    Proxy {
        /// Which relay.
        relay: String,
        /// What happened.
        detail: String,
    },
    /// It said no.
    #[error("{relay}: {refusal}")]
    Refused {
        /// Which relay.
        relay: String,
        /// In the words of the protocol.
        refusal: Refusal,
    },
    /// It said no to something beside the protocol.
    #[error("{relay} refused: {reason}")]
    Denied {
        /// Which relay.
        relay: String,
        /// The HTTP status.
        status: u16,
        /// Its words.
        reason: String,
    },
    /// What answers there is no relay, or one of another version.
    #[error("what answers at {relay} is no relay of this program: {detail}")]
    NotARelay {
        /// Which relay.
        relay: String,
        /// What it answered.
        detail: String,
    },
    /// The request is larger than the protocol allows.
    #[error("the request cannot be put into bytes: {detail}")]
    Unsendable {
        /// What is wrong with it.
        detail: String,
    },
    /// The backend's settings are none of this program.
    #[error("the settings of the backend cannot be read: {detail}")]
    Settings {
        /// What is wrong with them.
        detail: String,
    },
    /// The address is none.
    #[error(transparent)]
    Url(#[from] InvalidRelayUrl),
    /// It was told to stop.
    #[error("stopped")]
    Cancelled,
}

impl RelayError {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Offline { .. } => "offline",
            Self::Tls { .. } => "tls",
            Self::Proxy { .. } => "proxy",
            Self::Refused { .. } | Self::Denied { .. } => "refused",
            Self::NotARelay { .. } => "not_a_relay",
            Self::Unsendable { .. } => "unsendable",
            Self::Settings { .. } | Self::Url(_) => "settings",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it may go better a moment later, without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Offline { .. } => true,
            Self::Refused { refusal, .. } => {
                matches!(refusal, Refusal::Busy { .. } | Refusal::Failed)
            }
            Self::Denied { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }

    /// Whether the relay was not reached, or did not answer.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Offline { .. })
    }

    /// How long the relay asks to be left alone, in milliseconds.
    pub fn retry_after_ms(&self) -> u64 {
        match self {
            Self::Refused { refusal: Refusal::Busy { retry_after_ms }, .. } => {
                u64::from(*retry_after_ms)
            }
            _ => 0,
        }
    }

    /// The relay does not know who asks.
    pub fn is_unauthorised(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => *refusal == Refusal::Unauthorised,
            Self::Denied { status, .. } => *status == 401,
            _ => false,
        }
    }

    /// The relay has no such vault.
    pub fn is_no_vault(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => *refusal == Refusal::NoVault,
            Self::Denied { status, .. } => *status == 404,
            _ => false,
        }
    }

    pub(super) fn of_transport(relay: &str, error: &ureq::Error) -> Self {
        let (relay, detail) = (relay.to_owned(), error.to_string());
        match error {
            ureq::Error::Io(error) => of_io(relay, error),
            ureq::Error::HostNotFound => {
                let detail = "no such host, or no network".to_owned();
                Self::Offline { relay, detail }
            }
            ureq::Error::Timeout(_) => {
                Self::Offline { relay, detail: "it did not answer in time".to_owned() }
            }
            ureq::Error::ConnectionFailed => Self::Offline { relay, detail },
            ureq::Error::Tls(_)
            | ureq::Error::Rustls(_)
            | ureq::Error::Pem(_)
            | ureq::Error::TlsRequired => Self::Tls { relay, detail },
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
                Self::Proxy { relay, detail }
            }
            _ => Self::NotARelay { relay, detail },
        }
    }
}

fn of_io(relay: String, error: &std::io::Error) -> RelayError {
    // The TLS library reports through the stream that it wraps.
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(tls) = inner {
        return RelayError::Tls { relay, detail: tls.to_string() };
    }
    let detail = match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "it did not answer in time".to_owned(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "the connection broke".to_owned()
        }
        _ => error.to_string(),
    };
    RelayError::Offline { relay, detail }
}
