//! A relay in this process, and devices with homes of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;

use runlog::model::Kind;
use runlog::relay::{RelayClient, RelayUrl, Token};
use runlog::sync::{Cancel, SyncOptions, SyncReport};
use runlog::vault::{Keeping, OpenVault};
use runlog::{NewRun, Runlog};
use runlog_server::{Config, Database, Server, ShutdownHandle};
use tempfile::TempDir;

/// A relay that ends with the test.
pub struct Relay {
    pub url: RelayUrl,
    pub account: Token,
    /// How far its clock is ahead, in milliseconds.
    pub clock_offset_ms: Arc<AtomicI64>,
    pub directory: TempDir,
    running: Option<(ShutdownHandle, JoinHandle<()>)>,
}

impl Relay {
    pub fn new() -> Self {
        Self::with_quota(1 << 30)
    }

    pub fn with_quota(quota_bytes: u64) -> Self {
        let directory = TempDir::new().unwrap();
        let clock_offset_ms = Arc::new(AtomicI64::new(0));
        let (url, code, running) = start(&directory, 0, quota_bytes, &clock_offset_ms);
        let code = Token::new(&code.unwrap());
        let client = RelayClient::new(url.clone());
        let account = client.add_account("ada", &code, &Cancel::new()).unwrap();
        Self { url, account, clock_offset_ms, directory, running: Some(running) }
    }

    /// Stops it; connections to it are refused from then on.
    pub fn stop(&mut self) {
        if let Some((shutdown, thread)) = self.running.take() {
            shutdown.shutdown();
            thread.join().unwrap();
        }
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        self.stop();
        let port = self.url.as_str().rsplit_once(':').unwrap().1.parse().unwrap();
        let (url, _, running) = start(&self.directory, port, 1 << 30, &self.clock_offset_ms);
        assert_eq!(url, self.url);
        self.running = Some(running);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop();
    }
}

type Running = (ShutdownHandle, JoinHandle<()>);

fn start(
    directory: &TempDir,
    port: u16,
    quota_bytes: u64,
    offset: &Arc<AtomicI64>,
) -> (RelayUrl, Option<String>, Running) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let database = Database::Sqlite(directory.path().join("relay.db"));
    let mut config = Config::new(([127, 0, 0, 1], port).into(), database);
    config.limits.relay.quota_bytes = quota_bytes;
    let offset = offset.clone();
    config.clock = Arc::new(move || runlog::now().plus_millis(offset.load(Ordering::Relaxed)));
    let server = runtime.block_on(Server::bind(config)).unwrap();
    let url = format!("http://{}", server.local_addr()).parse().unwrap();
    let code = server.setup_code().map(str::to_owned);
    let shutdown = server.shutdown_handle();
    let thread = std::thread::spawn(move || runtime.block_on(server.run()).unwrap());
    (url, code, (shutdown, thread))
}

/// A device with a home of its own.
pub struct Device {
    pub home: TempDir,
    pub runlog: Runlog,
    pub open: OpenVault,
}

impl Device {
    /// The first of a vault.
    pub fn first(relay: &Relay) -> Self {
        let (home, runlog) = home();
        let open = runlog.init_vault("home", Keeping::File).unwrap();
        let account = Some(&relay.account);
        runlog.add_relay(&open, "relay", &relay.url, account, &Cancel::new()).unwrap();
        Self { home, runlog, open }
    }

    /// Another one of the same vault.
    pub fn beside(&self, relay: &Relay) -> Self {
        let (home, runlog) = self::home();
        let open = runlog.join_vault(&self.open.phrase(), "home", Keeping::File).unwrap();
        runlog.add_relay(&open, "relay", &relay.url, None, &Cancel::new()).unwrap();
        Self { home, runlog, open }
    }

    pub fn record(&self, name: &str) -> runlog::id::ExecutionId {
        record(&self.runlog, name)
    }

    pub fn sync(&self) -> SyncReport {
        self.sync_with(&SyncOptions::default())
    }

    pub fn sync_with(&self, options: &SyncOptions) -> SyncReport {
        self.runlog.sync_now(&self.open, options, &mut |_| {}, &Cancel::new()).unwrap()
    }

    /// Syncs; all of it must be done.
    pub fn synced(&self) -> SyncReport {
        let report = self.sync();
        assert!(report.is_complete(), "{report:?}");
        report
    }

    /// Commands of the executions that it has, sorted.
    pub fn names(&self) -> Vec<String> {
        names(&self.runlog)
    }
}

pub fn home() -> (TempDir, Runlog) {
    let home = TempDir::new().unwrap();
    let runlog = Runlog::open(home.path().join("history.db")).unwrap();
    (home, runlog)
}

pub fn record(runlog: &Runlog, name: &str) -> runlog::id::ExecutionId {
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(NewRun::new(Kind::Job, name).unwrap()).unwrap();
    run.stdout("a line");
    let id = run.id();
    run.finish_completed().unwrap();
    id
}

pub fn names(runlog: &Runlog) -> Vec<String> {
    let page = runlog.list(&runlog::query::ListQuery::newest(100)).unwrap();
    let mut names: Vec<String> =
        page.executions.into_iter().map(|run| run.workflow_id.to_string()).collect();
    names.sort();
    names
}
