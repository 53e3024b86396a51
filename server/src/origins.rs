//! Which pages may ask the relay from another origin.

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use std::str::FromStr;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Which pages may ask the relay from another origin.
///
/// The relay knows nobody by a cookie or by where they come from, but by a token that a page has to
/// have. So a page of any origin may ask, unless told otherwise: it learns what anybody could.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Pages of all origins.
    #[default]
    Any,
    /// Pages of these origins. Those of the relay's own origin need no leave.
    Only(Vec<Origin>),
}

/// The origin of pages, as browsers name it: `https://history.example` or `http://127.0.0.1:5173`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not an origin: it is a scheme and a host in lower case, and a port where it is not the \
     usual one, as in https://history.example"
)]
pub struct OriginError(String);

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_host = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-.:[]".contains(&c);
        let host = host.filter(|host| !host.is_empty() && host.bytes().all(is_host));
        let value = host.and_then(|_| HeaderValue::from_str(text).ok());
        value.map(Self).ok_or_else(|| OriginError(text.to_owned()))
    }
}

/// What a browser asks before a page of another origin may ask.
const ANSWER_HOLDS: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn layer(origins: &Origins) -> CorsLayer {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::Only(listed) => AllowOrigin::list(listed.iter().map(|origin| origin.0.clone())),
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING])
        .expose_headers([RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(ANSWER_HOLDS)
}
