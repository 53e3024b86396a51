//! One relay, asked over HTTP.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use runlog_core::sealed::VaultId;
use runlog_core::sync::limits::MESSAGE_BYTES_MAX;
use runlog_core::sync::message::{Answer, Refusal, Request};
use runlog_core::sync::wire::{decode_answer, encode_request};
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use super::credentials::Token;
use super::error::RelayError;
use super::url::RelayUrl;
use crate::sync::Cancel;
use crate::system;

/// What messages of the protocol are.
const SYNC_TYPE: &str = "application/vnd.runlog.sync";
/// Largest answer that is not a message of the protocol, in bytes.
const SMALL_BYTES_MAX: u64 = 256 << 10;
/// How often a request is made in all.
const ATTEMPTS: u32 = 4;
/// How long until the first repetition, doubled with each further one.
const REPEAT_AFTER_MS: u64 = 200;
/// Longest that a relay may ask to wait for it to be waited for here.
const WAIT_MS_MAX: u64 = 5_000;

/// One relay.
#[derive(Clone)]
pub struct RelayClient {
    agent: Agent,
    url: RelayUrl,
}

/// The answer to a request of the protocol, with the bytes that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The answer; a refusal is one, too.
    pub answer: Answer,
    /// Bytes of the request, without headers.
    pub bytes_up: u64,
    /// Bytes of the answer, without headers.
    pub bytes_down: u64,
}

impl RelayClient {
    /// A client of the relay at `url`. Nothing is sent yet.
    ///
    /// A proxy is taken from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and never for
    /// this machine itself. Certificates are judged as the system judges them.
    pub fn new(url: RelayUrl) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let proxy = if url.is_loopback() { None } else { Proxy::try_from_env() };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .user_agent(concat!("runlog/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_per_read(Some(Duration::from_secs(60)))
            .timeout_per_write(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), url }
    }

    /// Where the relay is.
    pub fn url(&self) -> &RelayUrl {
        &self.url
    }

    /// Carries a request about a vault's records. Every such request may be repeated, so it is, with
    /// growing pauses, where it may go better.
    ///
    /// # Errors
    /// [`RelayError`] where there was no answer of the protocol.
    pub fn exchange(
        &self,
        vault: VaultId,
        token: &Token,
        request: &Request,
        cancel: &Cancel,
    ) -> Result<Exchange, RelayError> {
        let body = encode_request(request)
            .map_err(|error| RelayError::Unsendable { detail: error.to_string() })?;
        self.repeated(cancel, || {
            let exchange = self.exchange_once(vault, token, &body)?;
            match &exchange.answer {
                Answer::Refused(refusal @ (Refusal::Busy { .. } | Refusal::Failed)) => {
                    let relay = self.url.to_string();
                    Err(RelayError::Refused { relay, refusal: refusal.clone() })
                }
                _ => Ok(exchange),
            }
        })
    }

    fn exchange_once(
        &self,
        vault: VaultId,
        token: &Token,
        body: &[u8],
    ) -> Result<Exchange, RelayError> {
        let sent = self
            .agent
            .post(self.url.target(&format!("/v1/vaults/{vault}/sync")))
            .header("Authorization", token.bearer())
            .header("Content-Type", SYNC_TYPE)
            .header("Accept", SYNC_TYPE)
            .send(body);
        let mut response = sent.map_err(|error| self.transport(&error))?;
        if response.body().mime_type().is_none_or(|mime| mime != SYNC_TYPE) {
            return Err(self.denied(response));
        }
        let bytes = self.body(&mut response, MESSAGE_BYTES_MAX as u64)?;
        let answer = decode_answer(&bytes)
            .map_err(|error| self.not_a_relay(format!("its answer cannot be read: {error}")))?;
        let (bytes_up, bytes_down) = (body.len() as u64, bytes.len() as u64);
        Ok(Exchange { answer, bytes_up, bytes_down })
    }

    /// Whether a relay answers there.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn health(&self, cancel: &Cancel) -> Result<(), RelayError> {
        self.call(cancel, "GET", "/health", None, None).map(|_| ())
    }

    /// Makes a small request, repeated where it may go better, and gives the body of the answer.
    pub(super) fn call(
        &self,
        cancel: &Cancel,
        method: &str,
        path: &str,
        bearer: Option<&Token>,
        body: Option<(&str, &[u8])>,
    ) -> Result<Vec<u8>, RelayError> {
        self.repeated(cancel, || {
            let sent = self.send(method, path, bearer, body);
            let mut response = sent.map_err(|error| self.transport(&error))?;
            if !response.status().is_success() {
                return Err(self.denied(response));
            }
            self.body(&mut response, SMALL_BYTES_MAX)
        })
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        bearer: Option<&Token>,
        body: Option<(&str, &[u8])>,
    ) -> Result<Response<Body>, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(self.url.target(path));
        if let Some(token) = bearer {
            request = request.header("Authorization", token.bearer());
        }
        match body {
            Some((mime, bytes)) => {
                self.agent.run(request.header("Content-Type", mime).body(bytes)?)
            }
            None => self.agent.run(request.body(())?),
        }
    }

    /// Opens a stream of events.
    pub(super) fn open(&self, path: &str, token: &Token) -> Result<Response<Body>, RelayError> {
        let sent = self
            .agent
            .get(self.url.target(path))
            .header("Authorization", token.bearer())
            .header("Accept", "text/event-stream")
            .call();
        let response = sent.map_err(|error| self.transport(&error))?;
        if !response.status().is_success() {
            return Err(self.denied(response));
        }
        Ok(response)
    }

    fn repeated<T>(
        &self,
        cancel: &Cancel,
        mut attempt: impl FnMut() -> Result<T, RelayError>,
    ) -> Result<T, RelayError> {
        let mut pause_ms = REPEAT_AFTER_MS;
        for number in 1.. {
            if cancel.is_cancelled() {
                return Err(RelayError::Cancelled);
            }
            let error = match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let asked = error.retry_after_ms();
            if !error.is_transient() || number == ATTEMPTS || asked > WAIT_MS_MAX {
                return Err(error);
            }
            tracing::debug!(%error, number, "asking the relay again");
            let jitter = u64::from(system::random_number()) * (pause_ms / 2) / u64::from(u32::MAX);
            cancel.sleep(Duration::from_millis((pause_ms / 2 + jitter).max(asked)));
            pause_ms *= 2;
        }
        Err(RelayError::Cancelled)
    }

    fn body(&self, response: &mut Response<Body>, bytes_max: u64) -> Result<Vec<u8>, RelayError> {
        let mut bytes = Vec::new();
        // One byte more than is allowed shows that there is more.
        let reader = response.body_mut().with_config().limit(u64::MAX).reader();
        let read = reader.take(bytes_max + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.transport(&ureq::Error::from(error)))?;
        if bytes.len() as u64 > bytes_max {
            return Err(self.not_a_relay(format!("an answer of more than {bytes_max} bytes")));
        }
        Ok(bytes)
    }

    /// What a refusal beside the protocol says.
    fn denied(&self, mut response: Response<Body>) -> RelayError {
        let status = response.status();
        let is_json = response.body().mime_type().is_some_and(|mime| mime == "application/json");
        let is_message = response.body().mime_type().is_some_and(|mime| mime == SYNC_TYPE);
        let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|seconds| seconds.trim().parse::<u32>().ok());
        let body = self.body(&mut response, SMALL_BYTES_MAX).unwrap_or_default();
        let relay = self.url.to_string();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after_ms = wait.unwrap_or(1).saturating_mul(1_000);
            return RelayError::Refused { relay, refusal: Refusal::Busy { retry_after_ms } };
        }
        if is_message && let Ok(Answer::Refused(refusal)) = decode_answer(&body) {
            return RelayError::Refused { relay, refusal };
        }
        let told = serde_json::from_slice::<serde_json::Value>(&body).ok().filter(|_| is_json);
        let reason = told.as_ref().and_then(reason_of);
        match (status, reason) {
            (_, Some(reason)) => RelayError::Denied { relay, status: status.as_u16(), reason },
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, None) => {
                RelayError::Proxy { relay, detail: "it asks for a password".to_owned() }
            }
            (StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, None) => RelayError::Offline {
                relay,
                detail: "what stands before it answers alone".to_owned(),
            },
            (status, None) if told.is_none() && status.is_success() || status.is_redirection() => {
                self.not_a_relay(format!("status {status}"))
            }
            (status, None) => {
                let reason = status.to_string();
                RelayError::Denied { relay, status: status.as_u16(), reason }
            }
        }
    }

    pub(super) fn transport(&self, error: &ureq::Error) -> RelayError {
        RelayError::of_transport(self.url.as_str(), error)
    }

    pub(super) fn not_a_relay(&self, detail: String) -> RelayError {
        RelayError::NotARelay { relay: self.url.to_string(), detail }
    }
}

/// The words of a refusal, cut to what is shown in a line.
fn reason_of(told: &serde_json::Value) -> Option<String> {
    let error = &told["error"];
    let text = error.as_str().or_else(|| error["message"].as_str());
    let text = text.or_else(|| told["message"].as_str())?;
    Some(text.chars().filter(|character| !character.is_control()).take(300).collect())
}

impl fmt::Debug for RelayClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayClient").field("url", &self.url).finish_non_exhaustive()
    }
}
