//! Relays over HTTP: where they are, how they are asked, and what it can fail with.
//!
//! [`RelayClient`] speaks to one relay. It knows nothing of histories: [`crate::sync`] drives jobs
//! with it.

mod account;
mod client;
mod credentials;
mod error;
mod events;
mod url;

pub use account::{AccessLevel, RelayDevice};
pub use client::{Exchange, RelayClient};
pub(crate) use credentials::Credentials;
pub use credentials::Token;
pub use error::RelayError;
pub use events::Events;
pub use url::{InvalidRelayUrl, RelayUrl};

use runlog_core::store::Backend;
use serde::{Deserialize, Serialize};

/// What a backend's settings hold: where the relay is, and never a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelaySettings {
    /// The relay's address.
    pub url: RelayUrl,
}

impl RelaySettings {
    /// Reads the settings of a backend.
    ///
    /// # Errors
    /// [`RelayError::Settings`] where another program made the backend.
    pub fn of(backend: &Backend) -> Result<Self, RelayError> {
        serde_json::from_slice(&backend.settings)
            .map_err(|error| RelayError::Settings { detail: error.to_string() })
    }

    /// As bytes, for a backend.
    pub fn encode(&self) -> Vec<u8> {
        // A map of texts always has a form in JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
