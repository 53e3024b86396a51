//! A relay's notices: server-sent events that say that a vault has news.

use std::io::{BufRead, BufReader, Read};

use runlog_core::sealed::VaultId;
use ureq::BodyReader;

use super::client::RelayClient;
use super::credentials::Token;
use super::error::RelayError;

/// Longest line of an event, in bytes: a relay sends a number.
const LINE_BYTES_MAX: u64 = 4096;

/// A stream of notices. They are safe to lose: who connects again is told where the vault is.
pub struct Events {
    lines: BufReader<BodyReader<'static>>,
    client: RelayClient,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("client", &self.client).finish_non_exhaustive()
    }
}

impl RelayClient {
    /// Listens to the notices of a vault.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn events(&self, vault: VaultId, token: &Token) -> Result<Events, RelayError> {
        let response = self.open(&format!("/v1/vaults/{vault}/events"), token)?;
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        Ok(Events { lines: BufReader::new(body), client: self.clone() })
    }
}

impl Events {
    /// Waits for the next sign of life: the vault's newest sequence, or `None` for a mere comment,
    /// by which relays keep the connection open.
    ///
    /// # Errors
    /// [`RelayError`]: the stream has ended.
    pub fn wait(&mut self) -> Result<Option<u64>, RelayError> {
        let mut head = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut self.lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
            let read = read.map_err(|error| self.client.transport(&error.into()))?;
            if read == 0 {
                let relay = self.client.url().to_string();
                return Err(RelayError::Offline {
                    relay,
                    detail: "it ended its notices".to_owned(),
                });
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            if let Some(data) = text.strip_prefix("data:") {
                head = data.trim().parse().ok().or(head);
            } else if text.is_empty() || text.starts_with(':') {
                return Ok(head);
            }
        }
    }
}
