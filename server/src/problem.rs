//! What goes wrong, as an HTTP response: JSON with a stable code, but for the sync route, whose
//! refusals are messages of the protocol.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use runlog_core::sync::message::Refusal;
use serde_json::json;

use crate::store::StoreError;

/// Why a request to a JSON route was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the credentials are missing, wrong or revoked")]
    Unauthorised,
    #[error("these credentials do not allow it")]
    Forbidden,
    #[error("there is no such thing here")]
    NotFound,
    #[error("it is there already, and belongs to others")]
    Conflict,
    #[error("{0}")]
    Malformed(&'static str),
    #[error("the request is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("too many requests: wait {} s", .retry_after_ms.div_ceil(1000))]
    Busy { retry_after_ms: u32 },
    #[error("the relay failed; nothing was changed")]
    Failed,
}

impl Problem {
    fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorised => (StatusCode::UNAUTHORIZED, "unauthorised"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Busy { .. } => (StatusCode::TOO_MANY_REQUESTS, "busy"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.code();
        let body = json!({ "error": { "code": code, "message": self.to_string() } });
        let mut response = (status, Json(body)).into_response();
        if let Self::Busy { retry_after_ms } = self {
            response.headers_mut().insert(RETRY_AFTER, retry_after_ms.div_ceil(1000).into());
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Failed
    }
}

/// The status that fits a refusal.
pub(crate) fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Unauthorised => StatusCode::UNAUTHORIZED,
        Refusal::ReadOnly => StatusCode::FORBIDDEN,
        Refusal::Forked | Refusal::SetBack => StatusCode::CONFLICT,
        Refusal::NoVault => StatusCode::NOT_FOUND,
        Refusal::Version { .. } => StatusCode::UPGRADE_REQUIRED,
        Refusal::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
