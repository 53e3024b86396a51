//! `/v1/mailboxes/{id}`: where one device leaves a short sealed message for another that is not in
//! yet. Each is handed out once and expires.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use runlog_core::sealed::MailboxId;

use crate::app::{App, bearer};
use crate::problem::Problem;
use crate::secret::{self, hex};

/// Largest message in bytes.
const BYTES_MAX: usize = 4096;
/// How long a message waits, in milliseconds.
const WAITS_MS: i64 = 10 * 60 * 1000;

fn mailbox(text: &str) -> Result<MailboxId, Problem> {
    hex(text).map(MailboxId).ok_or(Problem::Malformed("a mailbox is 32 hexadecimal digits"))
}

/// Any device of any vault may leave a message.
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let id = mailbox(&name)?;
    let hash = secret::hash(bearer(&headers)?.as_bytes());
    let caller = app.access(false, move |tx| tx.caller(&hash)).await?;
    let caller = caller.ok_or(Problem::Unauthorised)?;
    let busy = |retry_after_ms| Problem::Busy { retry_after_ms };
    app.devices.take((caller.vault, caller.device), app.now()).map_err(busy)?;
    let too_large = |_| Problem::TooLarge { limit: BYTES_MAX as u64 };
    let bytes = to_bytes(body, BYTES_MAX).await.map_err(too_large)?;
    let expires = app.now().plus_millis(WAITS_MS);
    app.access(true, move |tx| tx.put_mailbox(id, &bytes, expires)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who knows the mailbox's name may take what is in it: the name follows from the pairing code, and
/// the message is sealed by it.
pub(super) async fn take(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    app.count_address(address.ip())?;
    let (id, now) = (mailbox(&name)?, app.now());
    let body = app.access(true, move |tx| tx.take_mailbox(id, now)).await?;
    let body = body.ok_or(Problem::NotFound)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], body).into_response())
}
