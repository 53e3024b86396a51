//! The relay of Runlog: keeps sealed records of vaults and hands them to their devices. It never
//! sees a plain value.
//!
//! A [`Server`] is an address, a database and some limits. It speaks the protocol of
//! `docs/protocol.md` at `POST /v1/vaults/{vault}/sync`; the other routes are JSON and let accounts
//! and devices in (`server/README.md`). What it decides about records is decided by
//! [`runlog_core::relay`]; this crate adds a database, HTTP, and who may do what.
//!
//! ```
//! use runlog_server::{Config, Database, Server};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let folder = tempfile::tempdir()?;
//! let database = Database::Sqlite(folder.path().join("relay.db"));
//! let server = Server::bind(Config::new("127.0.0.1:0".parse()?, database)).await?;
//! println!("listening on {}", server.local_addr());
//! println!("make the first account with {}", server.setup_code().expect("there is none yet"));
//! server.shutdown_handle().shutdown();
//! server.run().await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod app;
mod arguments;
mod config;
mod metrics;
mod notices;
mod origins;
mod problem;
mod rate;
mod relay;
mod routes;
mod secret;
mod server;
pub mod store;
mod web;

pub use arguments::{Arguments, ArgumentsError, DATABASE_VARIABLE, PASSWORD_VARIABLE};
pub use config::{Config, Database, Limits, TlsFiles};
pub use origins::{Origin, OriginError, Origins};
pub use server::{Server, ServerError, ShutdownHandle};
