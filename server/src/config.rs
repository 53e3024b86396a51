//! What a server is told.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use runlog_core::relay::RelayLimits;
use runlog_core::sync::limits::MESSAGE_BYTES_MAX;
use runlog_core::time::Timestamp;

use crate::origins::Origins;
use crate::store::PostgresAddress;

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a server is told.
#[derive(Clone)]
pub struct Config {
    /// Where to listen; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Where records are kept.
    pub database: Database,
    /// Certificate and key; plain HTTP without, for use behind a proxy or on one machine.
    pub tls: Option<TlsFiles>,
    /// The directory of a built web app, to be served beside the relay.
    pub web: Option<PathBuf>,
    /// Which pages may ask from another origin.
    pub origins: Origins,
    /// What the relay takes.
    pub limits: Limits,
    /// What time it is: the system's clock unless told.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Config {
    /// With the usual limits, without TLS and without the web app.
    pub fn new(listen: SocketAddr, database: Database) -> Self {
        Self {
            listen,
            database,
            tls: None,
            web: None,
            origins: Origins::default(),
            limits: Limits::default(),
            clock: Arc::new(system_time),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, database, tls, web, origins, limits, clock: _ } = self;
        f.debug_struct("Config")
            .field("listen", listen)
            .field("database", database)
            .field("tls", tls)
            .field("web", web)
            .field("origins", origins)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

fn system_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Where records are kept.
#[derive(Clone, Debug)]
pub enum Database {
    /// A SQLite file, made where it is missing.
    Sqlite(PathBuf),
    /// PostgreSQL. The schema is made where it is missing.
    Postgres(PostgresAddress),
}

/// Files in PEM form.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate, with those that vouch for it behind it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What a server takes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Quota, value and page.
    pub relay: RelayLimits,
    /// Largest request in bytes, after decompression.
    pub body_bytes_max: usize,
    /// Requests per second that a device or an address may make on average.
    pub requests_per_second: u32,
    /// Requests that it may make at once.
    pub burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            relay: RelayLimits::default(),
            body_bytes_max: MESSAGE_BYTES_MAX,
            requests_per_second: 20,
            burst: 200,
        }
    }
}
