//! Syncing in the background.

use std::time::{Duration, Instant};

use runlog::sync::{Cause, Held, RunStatus, Syncer, SyncerOptions, SyncerStatus, Timing};

use crate::relay::{Device, Relay, home, names};

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the syncer stands so.
fn until(syncer: &Syncer, what: &str, is: impl Fn(&SyncerStatus) -> bool) -> SyncerStatus {
    let deadline = Instant::now() + PATIENCE;
    let mut status = syncer.status();
    while !is(&status) {
        assert!(Instant::now() < deadline, "{what}: {status:?}");
        status = syncer.wait_for_change(status.version, PATIENCE);
    }
    status
}

fn idle(status: &SyncerStatus) -> bool {
    status.running.is_none() && status.last.iter().any(|run| run.status == RunStatus::Completed)
}

/// The promise of SPEC S4, with room for a machine that does other things, too: at rest it takes half
/// a second.
#[test]
fn an_edit_is_seen_on_a_connected_device_within_two_seconds() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let b = a.beside(&relay);
    let syncers = [&a, &b].map(|device| device.runlog.syncer(SyncerOptions::default()).unwrap());
    for syncer in &syncers {
        until(syncer, "the first sync ends", idle);
    }
    let best = (0..5).map(|number| {
        let name = format!("seen {number}");
        let began = Instant::now();
        a.record(&name);
        let seen = |_: &SyncerStatus| names(&b.runlog).contains(&name);
        until(&syncers[1], "the edit is seen", seen);
        began.elapsed()
    });
    let best = best.min().unwrap();
    assert!(best < Duration::from_secs(2), "{best:?}");
    let status = until(&syncers[1], "it rests", |status| idle(status) && status.next_at.is_some());
    assert_eq!(status.last[0].triggered_by, "syncer");
    assert_eq!(status.held, None);
    assert!(status.next_at.is_some());
}

#[test]
fn gates_are_visible_and_opened_by_whoever_writes() {
    let (_home, runlog) = home();
    let syncer = runlog.syncer(SyncerOptions::default()).unwrap();
    until(&syncer, "there is no vault", |status| status.held == Some(Held::NoVault));
    runlog.init_vault("home", runlog::vault::Keeping::File).unwrap();
    until(&syncer, "there is no backend", |status| status.held == Some(Held::NoBackend));
    runlog.set_sync_on(false).unwrap();
    until(&syncer, "it is off", |status| status.held == Some(Held::Off));
    syncer.stop();
}

#[test]
fn a_relay_that_is_gone_is_tried_again_and_by_hand_at_once() {
    let mut relay = Relay::new();
    let a = Device::first(&relay);
    relay.stop();
    let mut options = SyncerOptions::default();
    options.timing = Timing { backoff_ms: 3_600_000, backoff_ms_max: 7_200_000, ..options.timing };
    let syncer = a.runlog.syncer(options).unwrap();
    let status = until(&syncer, "it fails", |status| {
        matches!(status.held, Some(Held::Failing { failures: 1, .. }))
    });
    assert!(status.last_error.unwrap().contains("cannot be reached"));
    assert!(status.next_at.unwrap() > runlog::now());
    relay.start_again();
    syncer.ask(Cause::Manual);
    let by_hand = |status: &SyncerStatus| status.last.iter().any(|run| run.cause == Cause::Manual);
    let status = until(&syncer, "it syncs", |status| idle(status) && by_hand(status));
    assert_eq!((status.held, status.last_error), (None, None));
}

/// Nobody asks, and the retry is an hour away: the relay is found to answer again.
#[test]
fn a_relay_that_answers_again_is_synced_with() {
    let mut relay = Relay::new();
    let a = Device::first(&relay);
    relay.stop();
    let mut options = SyncerOptions::default();
    options.timing = Timing { backoff_ms: 3_600_000, backoff_ms_max: 7_200_000, ..options.timing };
    let syncer = a.runlog.syncer(options).unwrap();
    until(&syncer, "it fails", |status| matches!(status.held, Some(Held::Failing { .. })));
    relay.start_again();
    let status = until(&syncer, "it syncs", idle);
    assert_eq!(status.last[0].cause, Cause::Network);
    assert_eq!(status.last_error, None);
}
