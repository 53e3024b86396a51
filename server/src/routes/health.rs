//! `/health` and `/metrics`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::json;

use crate::app::App;
use crate::problem::Problem;

/// Whether the database answers.
pub(super) async fn health(
    State(app): State<Arc<App>>,
) -> Result<axum::Json<serde_json::Value>, Problem> {
    app.access(false, |tx| tx.has_accounts()).await?;
    let version = env!("CARGO_PKG_VERSION");
    let protocol = runlog_core::sync::limits::PROTOCOL;
    Ok(axum::Json(json!({ "status": "ok", "version": version, "protocol": protocol })))
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let text = app.metrics.to_text(app.notices.listeners());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
