//! Listening, serving, stopping.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;

use crate::app::App;
use crate::config::{Config, Database, TlsFiles};
use crate::routes;
use crate::secret;
use crate::store::{PostgresStore, RelayStore, SqliteStore, StoreError};
use crate::web;

/// Why a server does not start or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A certificate or key cannot be read.
    #[error("certificate or key: {0}")]
    Pem(#[from] pem::Error),
    /// Certificate and key do not fit.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// There is no web app to serve.
    #[error("the web app in {}: {source}", .directory.display())]
    Web {
        /// Where it was looked for.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Serving failed.
    #[error("the server failed: {0}")]
    Serve(#[from] io::Error),
}

/// How long running requests may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A relay that listens. It answers once it [runs](Self::run).
pub struct Server {
    router: Router,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    setup_code: Option<String>,
    shutdown: ShutdownHandle,
}

/// Stops a server, from anywhere.
#[derive(Clone)]
pub struct ShutdownHandle {
    handle: Handle<SocketAddr>,
    stopping: watch::Sender<bool>,
}

impl ShutdownHandle {
    /// Takes no more connections, ends notices, and lets running requests finish for up to 10 s.
    pub fn shutdown(&self) {
        self.stopping.send_replace(true);
        self.handle.graceful_shutdown(Some(GRACE));
    }
}

impl Server {
    /// Opens the database and listens.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        let tls = config.tls.as_ref().map(load_tls).transpose()?;
        if let Some(directory) = &config.web {
            let missing = |source| ServerError::Web { directory: directory.clone(), source };
            web::check(directory).map_err(missing)?;
        }
        let database = config.database.clone();
        let opened = tokio::task::spawn_blocking(move || open(&database)).await;
        let (store, setup_code) = opened.map_err(io::Error::other)??;
        let listen = |source| ServerError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stopping, stops) = watch::channel(false);
        let app = Arc::new(App::new(store, config.limits, config.clock, stops));
        let router = routes::router(app, &config.origins, config.web.as_deref());
        let shutdown = ShutdownHandle { handle: Handle::new(), stopping };
        Ok(Self { router, listener, address, tls, setup_code, shutdown })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The code that makes the first account; `None` once there is one. Another with each start.
    pub fn setup_code(&self) -> Option<&str> {
        self.setup_code.as_deref()
    }

    /// To stop it with.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.shutdown.clone()
    }

    /// Stops it when this process is asked to end, by SIGTERM or Ctrl-C.
    pub fn stop_when_asked(&self) {
        let shutdown = self.shutdown_handle();
        tokio::spawn(async move {
            asked_to_end().await;
            shutdown.shutdown();
        });
    }

    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// [`ServerError::Serve`].
    pub async fn run(self) -> Result<(), ServerError> {
        let tls = self.tls.is_some();
        tracing::info!(address = %self.address, tls, "the relay listens");
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let handle = self.shutdown.handle.clone();
        match self.tls {
            Some(tls) => {
                let server = axum_server::from_tcp_rustls(self.listener, tls)?;
                server.handle(handle).serve(service).await?;
            }
            None => axum_server::from_tcp(self.listener)?.handle(handle).serve(service).await?,
        }
        tracing::info!("the relay stopped");
        Ok(())
    }
}

/// Returns when the process is asked to end.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Where it cannot be listened for, the process ends at once, as any does.
    let _ = tokio::signal::ctrl_c().await;
}

type Opened = (Arc<dyn RelayStore>, Option<String>);

fn open(database: &Database) -> Result<Opened, ServerError> {
    let store: Arc<dyn RelayStore> = match database {
        Database::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        Database::Postgres(address) => Arc::new(PostgresStore::open(address)?),
    };
    let code = secret::token("rlsetup");
    let mut first = false;
    store.write_access(&mut |tx| {
        first = !tx.has_accounts()?;
        tx.set_setup_code(first.then(|| secret::hash(code.as_bytes())))
    })?;
    Ok((store, first.then_some(code)))
}

fn load_tls(files: &TlsFiles) -> Result<RustlsConfig, ServerError> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(&files.certificate)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&files.key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}
