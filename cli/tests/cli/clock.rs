//! A device whose clock is two hours ahead: of a relay that has another time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use runlog_server::{Config, Database, Server, ShutdownHandle};

use crate::relay::Relay;

const HOURS: i64 = 3_600_000;

/// A relay in this process, so that its clock can be set.
struct Timed {
    relay: Relay,
    offset_ms: Arc<AtomicI64>,
    running: Option<(ShutdownHandle, std::thread::JoinHandle<()>)>,
    _folder: tempfile::TempDir,
}

impl Timed {
    /// One whose clock is that far ahead of the devices'.
    fn new(offset_ms: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("relay.db"));
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), database);
        let offset_ms = Arc::new(AtomicI64::new(offset_ms));
        let offset = offset_ms.clone();
        config.clock = Arc::new(move || runlog::now().plus_millis(offset.load(Ordering::SeqCst)));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let server = runtime.block_on(Server::bind(config)).unwrap();
        let url = format!("http://{}", server.local_addr());
        let relay = Relay::elsewhere(url, server.setup_code().unwrap().to_owned());
        let shutdown = server.shutdown_handle();
        let thread = std::thread::spawn(move || runtime.block_on(server.run()).unwrap());
        Self { relay, offset_ms, running: Some((shutdown, thread)), _folder: folder }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        if let Some((shutdown, thread)) = self.running.take() {
            shutdown.shutdown();
            let _ = thread.join();
        }
    }
}

#[test]
fn a_clock_that_is_ahead_is_told_and_its_changes_go_through_once_it_is_right() {
    let timed = Timed::new(-2 * HOURS);
    let relay = &timed.relay;
    relay.first_device("a");
    relay.stdout("a", "runlog run -- echo from the future");
    let seen = relay.see("a", "runlog sync now");
    assert!(seen.contains("[exit 6]") && seen.contains("clock"), "{seen}");
    let status = relay.see("a", "runlog sync status --check");
    assert!(status.contains("2h") && status.contains("ahead of that of the backend"), "{status}");
    assert!(status.contains("[exit 1]"), "{status}");
    let kept = relay.json("a", "runlog list --json");
    assert_eq!((kept[0]["is_synced"].clone(), kept.as_array().unwrap().len()), (false.into(), 1));

    timed.offset_ms.store(0, Ordering::SeqCst);
    relay.stdout("a", "runlog sync now");
    relay.second_device("a", "b");
    relay.stdout("b", "runlog sync now");
    let brought = relay.json("b", "runlog list --json");
    assert_eq!(brought[0]["id"], kept[0]["id"]);
    assert_eq!(relay.json("a", "runlog sync status --json")["state"], "up_to_date");
}
