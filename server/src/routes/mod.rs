//! The routes, and what every request passes.

mod accounts;
mod devices;
mod events;
mod health;
mod mailboxes;
mod sync;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use runlog_core::entropy::random;
use runlog_core::sealed::VaultId;
use serde::de::DeserializeOwned;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tracing::Instrument;

use crate::app::App;
use crate::origins::{self, Origins};
use crate::problem::Problem;
use crate::secret::{System, hex, to_hex};
use crate::web;

/// Largest body of a JSON request, in bytes.
const JSON_BYTES_MAX: usize = 64 << 10;

/// The relay, and the web app of a directory beside it.
pub(crate) fn router(app: Arc<App>, origins: &Origins, web: Option<&Path>) -> Router {
    let others = match web {
        Some(directory) => web::router(directory),
        None => Router::new().fallback(not_found),
    };
    Router::new()
        .nest("/v1", api().layer(origins::layer(origins)))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .merge(others)
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(RequestDecompressionLayer::new())
        // What is sealed does not compress, whatever the effort; the rest is small.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn(observe))
        .with_state(app)
}

fn api() -> Router<Arc<App>> {
    Router::new()
        .route("/accounts", post(accounts::add))
        .route("/vaults", post(accounts::add_vault))
        .route("/vaults/{vault}/members/{account}", put(accounts::set_role))
        .route("/vaults/{vault}/devices", get(devices::list).post(devices::add))
        .route("/vaults/{vault}/devices/{device}", delete(devices::revoke))
        .route("/vaults/{vault}/sync", post(sync::answer))
        .route("/vaults/{vault}/events", get(events::listen))
        .route("/mailboxes/{id}", get(mailboxes::take).put(mailboxes::put))
        .fallback(not_found)
}

async fn not_found() -> Problem {
    Problem::NotFound
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives each request an id, taken from whoever stands in front if it names one, and logs it.
/// Tokens stand in headers and bodies, which are not logged.
async fn observe(request: Request, next: Next) -> Response {
    let named = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let named = named.filter(|id| {
        let sane = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        (1..=64).contains(&id.len()) && id.bytes().all(sane)
    });
    let id = named.map_or_else(|| to_hex(&random::<8>(&mut System)), str::to_owned);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", %id, %method, %path);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, micros) = (response.status().as_u16(), started.elapsed().as_micros() as u64);
    span.in_scope(|| tracing::info!(status, micros, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A vault in a path: 32 hexadecimal digits.
fn vault(text: &str) -> Result<VaultId, Problem> {
    hex(text).map(VaultId).ok_or(Problem::Malformed("a vault is 32 hexadecimal digits"))
}

/// A JSON body, with problems of ours.
struct Json<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|error| {
            match error.into_response().status().as_u16() {
                413 => Problem::TooLarge { limit: JSON_BYTES_MAX as u64 },
                _ => Problem::Malformed("the body cannot be read"),
            }
        })?;
        let value = serde_json::from_slice(&bytes);
        value.map(Json).map_err(|_| Problem::Malformed("the body is not the JSON that is expected"))
    }
}
