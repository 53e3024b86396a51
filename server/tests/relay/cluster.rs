//! A PostgreSQL of its own for each test: a temporary cluster that is reached by a socket in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres::{Client, NoTls};
use runlog_server::Database;
use tempfile::TempDir;

use crate::support::Place;

pub struct Cluster {
    folder: TempDir,
}

impl Cluster {
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("runlog-pg").tempdir_in("/tmp").unwrap();
        let cluster = Self { folder };
        if is_root() {
            let owner = Command::new("chown").arg("postgres:").arg(cluster.folder.path()).status();
            assert!(owner.unwrap().success());
        }
        let data = cluster.data();
        cluster.run("initdb", &["--no-sync", "-A", "trust", "-U", "postgres", "-D", &data]);
        let socket = cluster.folder.path().display();
        let options = format!("-c listen_addresses='' -c fsync=off -k {socket}");
        cluster.run("pg_ctl", &["start", "-w", "-D", &data, "-o", &options, "-l", "/dev/null"]);
        cluster
    }

    /// A connection string, with a name that shows in `pg_stat_activity`.
    pub fn url(&self, name: &str) -> String {
        let socket = self.folder.path().display();
        format!("host={socket} user=postgres dbname=postgres application_name={name}")
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.url("test"), NoTls).unwrap()
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
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
        assert!(command.args(arguments).status().unwrap().success(), "{command:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("pg_ctl", &["stop", "-m", "immediate", "-D", &self.data()]);
    }
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

pub fn postgres() -> Place {
    let cluster = Cluster::start();
    let url = cluster.url("relay");
    let mut connection = None;
    let to = url.clone();
    let damage = move |sequence: u64| {
        let client = connection.get_or_insert_with(|| Client::connect(&to, NoTls).unwrap());
        let sql = "UPDATE records SET sealed = sealed || '\\x00' WHERE sequence = $1";
        assert_eq!(client.execute(sql, &[&sequence.cast_signed()]).unwrap(), 1);
    };
    let damage = std::cell::RefCell::new(damage);
    Place {
        database: Database::Postgres(url),
        damage: Box::new(move |sequence| damage.borrow_mut()(sequence)),
        _kept: Box::new(cluster),
    }
}
