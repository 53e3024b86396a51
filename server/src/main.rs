//! The program `runlog-server`: a relay from the command line.
#![forbid(unsafe_code)]

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use runlog_server::{Arguments, Database, Server};

/// A relay for Runlog: keeps sealed records of vaults and hands them to their devices.
#[derive(Parser)]
#[command(version)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

/// The database unless told, in the directory where the program is started.
const DATABASE: &str = "runlog-relay.db";

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(serve(&Program::parse().arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("runlog-server: {error}");
    ExitCode::FAILURE
}

async fn serve(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let database = arguments.database()?.unwrap_or_else(|| Database::Sqlite(DATABASE.into()));
    let config = arguments.config(database);
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let server = Server::bind(config).await?;
    eprintln!("The relay listens on {scheme}://{}", server.local_addr());
    if let Some(code) = server.setup_code() {
        eprintln!("Nobody has an account yet. This code makes the first one, once:\n\n  {code}\n");
    }
    server.stop_when_asked();
    Ok(server.run().await?)
}
