//! The relay's process, and its database, which outlives it.

use std::net::SocketAddr;
use std::process::Command;

use runlog_cluster::Cluster;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;

/// Which database a relay has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// A relay that can be killed and started again, on the same port and database.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) setup_code: String,
    database: String,
    process: Option<Process>,
    _folder: TempDir,
    _cluster: Option<Cluster>,
}

impl Relay {
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = TempDir::new().unwrap();
        let cluster = matches!(kind, Kind::Postgres).then(Cluster::start);
        let database = match &cluster {
            Some(cluster) => cluster.url("relay"),
            None => folder.path().join("relay.db").display().to_string(),
        };
        let (process, address, code) = serve(&database, "127.0.0.1:0".parse().unwrap());
        Self {
            address,
            setup_code: code.expect("a new relay has no account"),
            database,
            process: Some(process),
            _folder: folder,
            _cluster: cluster,
        }
    }

    pub(crate) fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    pub(crate) fn start_again(&mut self) {
        let (process, address, code) = serve(&self.database, self.address);
        assert_eq!((address, code), (self.address, None));
        self.process = Some(process);
    }
}

fn serve(database: &str, listen: SocketAddr) -> (Process, SocketAddr, Option<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runlog"));
    command.args(["serve", "--json", "--listen", &listen.to_string(), "--database", database]);
    command.env_remove("RUST_BACKTRACE").env_remove("RUNLOG_LOG");
    let mut process = Process::start(command);
    let line = process.first_line();
    if line.is_empty() {
        let output = process.end();
        panic!("the relay does not start: {}", String::from_utf8_lossy(&output.stderr));
    }
    let told: Value = serde_json::from_str(&line).unwrap();
    let address = told["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    (process, address.parse().unwrap(), told["setup_code"].as_str().map(str::to_owned))
}
