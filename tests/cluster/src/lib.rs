//! A PostgreSQL of its own for a test or a bench: a temporary cluster that is reached by a socket in its
//! folder, and where a test asks for it over TLS on the loopback.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres::{Client, Config, NoTls};
use tempfile::TempDir;

/// A cluster that runs until it is dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    port: Option<u16>,
    password: String,
}

/// What a cluster that is reached over TLS has.
#[derive(Clone, Copy, Debug)]
pub struct Tls<'a> {
    /// The password of the user `postgres`, which is asked for.
    pub password: &'a str,
    /// The certificate in PEM form.
    pub certificate: &'a str,
    /// Its private key in PEM form.
    pub key: &'a str,
}

/// The port unless told, after which the socket is named.
const PORT: u16 = 5432;

/// How often a port is chosen: another process may take it before the cluster does.
const PORTS_TRIED: usize = 10;

impl Cluster {
    /// Starts one that lets in everybody who reaches its socket.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        Self::start_on_the_socket("off")
    }

    /// As [`Self::start`], and a commit waits for the disk, as PostgreSQL does unless told otherwise.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start_durable() -> Self {
        Self::start_on_the_socket("on")
    }

    fn start_on_the_socket(fsync: &str) -> Self {
        let cluster = Self::empty();
        cluster.initialise(&["-A", "trust"]);
        let started = cluster.try_start(&format!("-c listen_addresses='' -c fsync={fsync}"));
        assert!(started, "the cluster does not start");
        cluster
    }

    /// Starts one that asks for a password and speaks TLS on the loopback.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start_with_tls(tls: Tls<'_>) -> Self {
        let mut cluster = Self::empty();
        cluster.password = tls.password.to_owned();
        let password = cluster.write("password", tls.password);
        cluster.initialise(&["-A", "scram-sha-256", "--pwfile", &password]);
        let certificate = cluster.write("server.crt", tls.certificate);
        let key = cluster.write("server.key", tls.key);
        let port = (0..PORTS_TRIED).map(|_| free_port()).find(|port| {
            cluster.try_start(&format!(
                "-c listen_addresses=127.0.0.1 -c fsync=off -c port={port} -c ssl=on -c ssl_cert_file={certificate} \
                 -c ssl_key_file={key}"
            ))
        });
        cluster.port = Some(port.expect("the cluster does not start"));
        cluster
    }

    /// Its address by the socket, with a name that shows in `pg_stat_activity`.
    pub fn url(&self, name: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        let port = self.port.unwrap_or(PORT);
        format!(
            "postgres:///postgres?user=postgres&host={socket}&port={port}&application_name={name}"
        )
    }

    /// Its address on the loopback, without the password.
    ///
    /// # Panics
    /// Where it was not started with TLS.
    pub fn tls_url(&self, name: &str) -> String {
        let port = self.port.unwrap();
        format!("postgres://postgres@localhost:{port}/postgres?application_name={name}")
    }

    /// A connection by the socket.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn connect(&self) -> Client {
        let config = self.url("test").parse::<Config>();
        config.unwrap().password(&self.password).connect(NoTls).unwrap()
    }

    fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("runlog-pg").tempdir_in("/tmp").unwrap();
        let cluster = Self { folder, port: None, password: String::new() };
        cluster.give(cluster.folder.path());
        cluster
    }

    fn initialise(&self, options: &[&str]) {
        let data = self.data();
        let fixed = ["--no-sync", "-U", "postgres", "-D", &data];
        assert!(self.run("initdb", &[&fixed, options].concat()), "the cluster is not made");
    }

    fn try_start(&self, options: &str) -> bool {
        let options = format!("{options} -k {}", self.folder.path().display());
        self.run("pg_ctl", &["start", "-w", "-D", &self.data(), "-o", &options, "-l", "/dev/null"])
    }

    /// Writes a file that only the cluster can read; its path.
    fn write(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.give(&path);
        path.display().to_string()
    }

    /// Makes a path the cluster's own: it refuses to run as root.
    fn give(&self, path: &Path) {
        if is_root() {
            let owner = Command::new("chown").arg("postgres:").arg(path).status();
            assert!(owner.unwrap().success());
        }
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Whether a program of PostgreSQL did what it was asked to.
    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let program = programs().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.args(arguments).status().unwrap().success()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self.run("pg_ctl", &["stop", "-m", "immediate", "-D", &self.data()]);
        assert!(stopped || std::thread::panicking(), "the cluster does not stop");
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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
