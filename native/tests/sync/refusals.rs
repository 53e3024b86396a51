//! Relays that are gone, full, or have another time.

use std::sync::atomic::Ordering;

use runlog::BackendError;
use runlog::relay::RelayError;
use runlog::sync::{Cancel, RunStatus, SyncError};

use crate::relay::{Device, Relay};

#[test]
fn a_relay_that_is_gone_is_told_and_comes_back() {
    let mut relay = Relay::new();
    let a = Device::first(&relay);
    a.record("offline");
    relay.stop();
    let report = a.sync();
    assert!(matches!(report.errors[..], [(_, RelayError::Offline { .. })]), "{report:?}");
    assert_eq!(report.runs[0].status, RunStatus::Failed);
    assert!(report.runs[0].error.as_ref().unwrap().contains("cannot be reached"));
    relay.start_again();
    a.synced();
}

#[test]
fn a_full_vault_refuses_records_and_says_so() {
    let relay = Relay::with_quota(2_000);
    let a = Device::first(&relay);
    for number in 0..20 {
        a.record(&format!("job {number}"));
    }
    let report = a.sync();
    let run = &report.runs[0];
    assert_eq!(run.status, RunStatus::Partial, "{run:?}");
    assert!(run.error.as_ref().unwrap().contains("the vault is full"), "{run:?}");
}

#[test]
fn a_clock_that_is_ahead_is_told_and_goes_through_once_it_is_right() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    relay.clock_offset_ms.store(-3_600_000, Ordering::Relaxed);
    a.record("from the future");
    let run = &a.sync().runs[0];
    assert_eq!(run.status, RunStatus::Partial, "{run:?}");
    assert!(run.error.as_ref().unwrap().contains("clock"), "{run:?}");
    relay.clock_offset_ms.store(0, Ordering::Relaxed);
    a.synced();
}

#[test]
fn a_relay_that_does_not_know_the_vault_asks_for_an_account() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let cancel = Cancel::new();
    let other = Relay::new();
    let refused = a.runlog.add_relay(&a.open, "other", &other.url, None, &cancel);
    assert!(matches!(refused, Err(BackendError::NeedsAccount { .. })), "{refused:?}");
    let taken = a.runlog.add_relay(&a.open, "relay", &other.url, None, &cancel);
    assert!(matches!(taken, Err(BackendError::Taken { .. })), "{taken:?}");
    let account = Some(&other.account);
    a.runlog.add_relay(&a.open, "other", &other.url, account, &cancel).unwrap();
    assert_eq!(a.synced().runs.len(), 2);
}

/// The token is gone at the relay: another one is obtained by the vault's access key.
#[test]
fn a_token_that_is_refused_is_replaced() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let tokens = a.home.path().join("history.db.tokens");
    let text = std::fs::read_to_string(&tokens).unwrap();
    std::fs::write(&tokens, text.replace("rldevice", "rlnothing")).unwrap();
    a.synced();
    std::fs::write(&tokens, "damaged").unwrap();
    a.synced();
}

#[test]
fn gates_are_told() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let sync = || {
        a.runlog.sync_now(&a.open, &Default::default(), &mut |_| {}, &Cancel::new()).unwrap_err()
    };
    a.runlog.set_sync_on(false).unwrap();
    assert!(matches!(sync(), SyncError::Off));
    a.runlog.set_sync_on(true).unwrap();
    let backend = a.runlog.backend_named("relay").unwrap();
    a.runlog.set_backend_enabled(backend.id, false).unwrap();
    assert!(matches!(sync(), SyncError::NoBackend));
    a.runlog.remove_backend(backend.id).unwrap();
    assert!(matches!(sync(), SyncError::NoBackend));
}

/// What answers there is something else.
#[test]
fn a_web_page_is_no_relay() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Write};
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/html\r\n\r\nhello";
        (&stream).write_all(answer.as_bytes()).unwrap();
    });
    let (_home, runlog) = crate::relay::home();
    let open = runlog.init_vault("home", runlog::vault::Keeping::File).unwrap();
    let refused = runlog.add_relay(&open, "page", &url, None, &Cancel::new());
    let is_told = matches!(refused, Err(BackendError::Relay(RelayError::NotARelay { .. })));
    assert!(is_told, "{refused:?}");
    server.join().unwrap();
}
