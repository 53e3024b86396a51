//! The program `runlog-server`: a relay from the command line.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use runlog_server::{Config, Database, Server, ServerError, TlsFiles};

/// A relay for Runlog: keeps sealed records of vaults and hands them to their devices.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:7470", env = "RUNLOG_SERVER_LISTEN")]
    listen: SocketAddr,
    /// A SQLite file, made where it is missing, or postgres://…
    #[arg(long, default_value = "runlog-relay.db", env = "RUNLOG_SERVER_DATABASE")]
    database: String,
    /// Certificate chain in PEM form; without it, plain HTTP
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate in PEM form
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Bytes that a new vault may take
    #[arg(long, value_name = "BYTES")]
    quota_bytes: Option<u64>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(serve(Arguments::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("runlog-server: {error}");
    ExitCode::FAILURE
}

async fn serve(arguments: Arguments) -> Result<(), ServerError> {
    let database = database(arguments.database);
    let mut config = Config::new(arguments.listen, database);
    let files = arguments.tls_certificate.zip(arguments.tls_key);
    config.tls = files.map(|(certificate, key)| TlsFiles { certificate, key });
    if let Some(bytes) = arguments.quota_bytes {
        config.limits.relay.quota_bytes = bytes;
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let server = Server::bind(config).await?;
    eprintln!("The relay listens on {scheme}://{}", server.local_addr());
    if let Some(code) = server.setup_code() {
        eprintln!("Nobody has an account yet. This code makes the first one, once:\n\n  {code}\n");
    }
    let shutdown = server.shutdown_handle();
    tokio::spawn(async move {
        stopped().await;
        shutdown.shutdown();
    });
    server.run().await
}

fn database(text: String) -> Database {
    match text.starts_with("postgres://") || text.starts_with("postgresql://") {
        true => Database::Postgres(text),
        false => Database::Sqlite(text.into()),
    }
}

/// Returns when the process is asked to end.
async fn stopped() {
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
    let _ = tokio::signal::ctrl_c().await;
}
