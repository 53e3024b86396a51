//! `POST /v1/vaults/{vault}/sync`: messages of the protocol.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use runlog_core::codec::DecodeError;
use runlog_core::sync::limits::PROTOCOL;
use runlog_core::sync::message::{Answer, Refusal, Request};
use runlog_core::sync::wire::{decode_request, encode_answer};

use super::vault;
use crate::app::App;
use crate::problem::{Problem, status_of};
use crate::relay::{self, Asked};
use crate::secret::System;
use crate::store::Role;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.runlog.sync");

pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match answered(&app, &name, &headers, body).await {
        Ok(bytes) => ([(CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

async fn answered(
    app: &App,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Refusal> {
    let started = Instant::now();
    let vault = vault(name).map_err(|_| Refusal::NoVault)?;
    let caller = app.caller(vault, headers).await.map_err(refusal)?;
    let limit = app.limits.body_bytes_max;
    let too_large = |_| Refusal::TooLarge { limit: limit as u64 };
    let bytes = to_bytes(body, limit).await.map_err(too_large)?;
    let request = decode_request(&bytes).map_err(|error| unreadable(&error))?;
    let writes = matches!(request, Request::Push(_));
    if writes && caller.role < Role::Writer {
        return Err(Refusal::ReadOnly);
    }
    let (limits, now, device) = (app.limits.relay, app.now(), caller.device);
    let locks = writes || matches!(request, Request::Resolve(_) | Request::Restart(_));
    let done = app.blocking(locks, move |store| {
        let asked = Asked { vault, device, request: &request, now, limits: &limits };
        let answer = relay::answer(store, &asked, &mut System)?;
        let encoded = encode_answer(&answer)?;
        Ok((request, answer, encoded))
    });
    let (request, answer, encoded) = done.await.map_err(|problem| {
        app.metrics.count_failure();
        refusal(problem)
    })?;
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    app.metrics.count(&request, &answer, (bytes.len(), encoded.len()), micros);
    match answer {
        Answer::Refused(refusal) => Err(refusal),
        Answer::Pushed(pushed) => {
            app.notices.tell(vault, pushed.state.head);
            Ok(encoded)
        }
        _ => Ok(encoded),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let bytes = encode_answer(&Answer::Refused(refusal.clone())).unwrap_or_default();
    let mut response = (status_of(refusal), [(CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response();
    if let Refusal::Busy { retry_after_ms } = refusal {
        response.headers_mut().insert(RETRY_AFTER, retry_after_ms.div_ceil(1000).into());
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn refusal(problem: Problem) -> Refusal {
    match problem {
        Problem::Unauthorised | Problem::Forbidden => Refusal::Unauthorised,
        Problem::NotFound => Refusal::NoVault,
        Problem::Busy { retry_after_ms } => Refusal::Busy { retry_after_ms },
        Problem::TooLarge { limit } => Refusal::TooLarge { limit },
        Problem::Malformed(text) => Refusal::Malformed(text.into()),
        Problem::Conflict | Problem::Failed => Refusal::Failed,
    }
}

fn unreadable(error: &DecodeError) -> Refusal {
    match error {
        DecodeError::UnknownVersion { version, .. } => {
            Refusal::Version { asked: *version, least: PROTOCOL, most: PROTOCOL }
        }
        error => Refusal::Malformed(error.to_string()),
    }
}
