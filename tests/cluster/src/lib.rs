//! A PostgreSQL of its own for a test or a bench: a temporary cluster that is reached by a socket in
//! its folder, and that goes with the value.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres::{Client, NoTls};
use tempfile::TempDir;

/// Whether what is committed is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As PostgreSQL does unless told: a commit waits for the disk.
    Full,
    /// A commit waits for nothing: for tests that look at results.
    None,
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// Where PostgreSQL's programs are missing or fail.
    pub fn start(durability: Durability) -> io::Result<Self> {
        // The path of a socket is short by its nature.
        let folder = tempfile::Builder::new().prefix("runlog-pg").tempdir_in("/tmp")?;
        let cluster = Self { folder };
        if is_root() {
            let mut owner = Command::new("chown");
            succeed(owner.arg("postgres:").arg(cluster.folder.path()))?;
        }
        let data = cluster.data();
        cluster.run("initdb", &["--no-sync", "-A", "trust", "-U", "postgres", "-D", &data])?;
        let socket = cluster.folder.path().display();
        let fsync = if durability == Durability::Full { "on" } else { "off" };
        let options = format!("-c listen_addresses='' -c fsync={fsync} -k {socket}");
        cluster.run("pg_ctl", &["start", "-w", "-D", &data, "-o", &options, "-l", "/dev/null"])?;
        Ok(cluster)
    }

    /// A connection string, with a name that shows in `pg_stat_activity`.
    pub fn url(&self, name: &str) -> String {
        let socket = self.folder.path().display();
        format!("postgresql:///postgres?host={socket}&user=postgres&application_name={name}")
    }

    /// A connection of a user who may do everything.
    ///
    /// # Errors
    /// Where the cluster takes no more connections.
    pub fn connect(&self) -> Result<Client, postgres::Error> {
        Client::connect(&self.url("test"), NoTls)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<()> {
        let program = programs().join(program);
        // PostgreSQL refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        succeed(command.args(arguments))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // One that does not stop is left behind with its folder; there is nobody to tell.
        let _ = self.run("pg_ctl", &["stop", "-m", "immediate", "-D", &self.data()]);
    }
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?}: {status}"))) }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Debian keeps them apart by version; elsewhere they are on the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).max();
    newest.filter(|path| path.join("initdb").exists()).unwrap_or_else(|| Path::new("").to_owned())
}
