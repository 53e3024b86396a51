//! The web app's files, served beside the relay.

use std::io;
use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::{ServeDir, ServeFile};

/// What a page of the app may do: run its own scripts and WebAssembly, no inline ones, and talk to this
/// relay, to others by TLS, and to those on the same machine.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; worker-src 'self'; manifest-src 'self'; \
    connect-src 'self' https: http://localhost:* http://127.0.0.1:*; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where files have a hash of their content in their name.
const ASSETS: &str = "assets";

/// The page that all paths of the app open.
const PAGE: &str = "index.html";

/// Whether a directory holds the app.
///
/// # Errors
/// It does not.
pub(crate) fn check(directory: &Path) -> io::Result<()> {
    if directory.join(PAGE).is_file() {
        return Ok(());
    }
    let message = format!("the directory has no {PAGE}, so it is not a built web app");
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// The files of a directory; any other path is one of the app, which opens its page.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(directory: &Path) -> Router<S> {
    let page = ServeFile::new(directory.join(PAGE)).precompressed_br();
    let files = ServeDir::new(directory).precompressed_br().fallback(page);
    let assets = ServeDir::new(directory.join(ASSETS)).precompressed_br();
    Router::new()
        .nest_service(&format!("/{ASSETS}"), assets)
        .fallback_service(files)
        .layer(from_fn(guard))
}

async fn guard(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_asset = path.strip_prefix('/').is_some_and(|path| path.starts_with(ASSETS));
    let mut response = next.run(request).await;
    let lasts = is_asset && response.status().is_success();
    let mut set = |name: HeaderName, value: &'static str| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(CACHE_CONTROL, if lasts { "public, max-age=31536000, immutable" } else { "no-cache" });
    response
}
