//! Pages: those of the web app, and those of other origins.

use std::fs;
use std::path::Path;

use runlog_server::{Config, Limits, Origins, Server, ServerError};

use crate::client::{Response, request};
use crate::support::{Relay, sqlite};

/// What the tests take for a built app.
fn app(directory: &Path) {
    fs::create_dir(directory.join("assets")).unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html>the app"),
        ("manifest.webmanifest", "{}"),
        ("assets/a1b2.wasm", "plain"),
        ("assets/a1b2.wasm.br", "compressed"),
    ] {
        fs::write(directory.join(name), text).unwrap();
    }
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

#[test]
fn the_app_is_served_beside_the_relay() {
    let (place, folder) = (sqlite(), tempfile::tempdir().unwrap());
    app(folder.path());
    let directory = folder.path().to_owned();
    let relay = Relay::start_with(&place, Limits::default(), |config| config.web = Some(directory));
    let see = |path: &str, headers: &[_]| request(relay.address, ("GET", path), headers, &[]);
    for path in ["/", "/runs/0190", "/sync?days=30"] {
        let page = see(path, &[]);
        assert_eq!((page.status, text(&page)), (200, "<!doctype html>the app"), "{path}");
        assert_eq!(page.header("content-type"), Some("text/html"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"));
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
    let wasm = see("/assets/a1b2.wasm", &[("accept-encoding", "gzip, br")]);
    assert_eq!((wasm.status, text(&wasm)), (200, "compressed"));
    assert_eq!(wasm.header("content-type"), Some("application/wasm"));
    assert_eq!(wasm.header("content-encoding"), Some("br"));
    assert!(wasm.header("cache-control").unwrap().contains("immutable"));
    // An asset of an earlier build is not there any more, and not a page either; nor is what is outside.
    let gone = see("/assets/c3d4.js", &[]);
    assert_eq!((gone.status, gone.header("cache-control")), (404, Some("no-cache")));
    let outside = see("/assets/../../relay.db", &[]);
    assert!(outside.status == 404 || text(&outside) == "<!doctype html>the app");
    // The relay's own routes are no pages.
    assert_eq!(see("/health", &[]).status, 200);
    let unknown = see("/v1/nothing", &[]);
    assert_eq!((unknown.status, unknown.code()), (404, "not_found".into()));
}

#[tokio::test]
async fn a_directory_without_an_app_is_refused() {
    let (place, folder) = (sqlite(), tempfile::tempdir().unwrap());
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), place.database.clone());
    config.web = Some(folder.path().to_owned());
    let error = Server::bind(config).await.err().unwrap();
    assert!(matches!(&error, ServerError::Web { directory, .. } if directory == folder.path()));
    assert!(error.to_string().contains("has no index.html"), "{error}");
}

/// What a browser asks before a page of another origin shows a token.
fn preflight(relay: &Relay, origin: &str) -> Response {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    request(relay.address, ("OPTIONS", "/v1/vaults/00/sync"), &headers, &[])
}

#[test]
fn pages_of_any_origin_may_ask() {
    let place = sqlite();
    let relay = Relay::start(&place);
    let answer = preflight(&relay, "https://history.example");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let headers = answer.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
    // A refusal can be read by the page, too.
    let origin = [("origin", "https://history.example")];
    let refused = request(relay.address, ("GET", "/v1/vaults/00/devices"), &origin, &[]);
    assert_ne!(refused.status, 200);
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    // Figures about the relay are for those who run it.
    let metrics = request(relay.address, ("GET", "/metrics"), &origin, &[]);
    assert_eq!((metrics.status, metrics.header("access-control-allow-origin")), (200, None));
}

#[test]
fn origins_can_be_limited() {
    let place = sqlite();
    let only = Origins::Only(vec!["https://history.example".parse().unwrap()]);
    let relay = Relay::start_with(&place, Limits::default(), |config| config.origins = only);
    let allowed = |origin| {
        let answer = preflight(&relay, origin);
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(allowed("https://history.example").as_deref(), Some("https://history.example"));
    assert_eq!(allowed("https://other.example"), None);
    for text in ["history.example", "https://", "https://Example.com", "https://a.example/path"] {
        assert!(text.parse::<runlog_server::Origin>().is_err(), "{text}");
    }
}
