//! M5, T2: how a row stands toward its backends follows from positions.

use runlog_core::history::{History, HistoryError, SyncState, SyncSummary};
use runlog_core::schema::RowKey;
use runlog_core::store::{Backend, ChangeNumber, Rejection, Store};

use crate::Factory;
use crate::sample::{BACKENDS, at, backend, change_number, history, id, read, start, tag, write};

fn run() -> RowKey {
    RowKey::Execution(id(1))
}

fn state<S: Store>(history: &mut History<S>) -> (SyncSummary, Vec<SyncState>) {
    let (summary, states) = history.read(|tx| tx.sync_state(&run())).unwrap();
    (summary, states.into_iter().map(|(_, state)| state).collect())
}

fn newest<S: Store>(history: &mut History<S>) -> ChangeNumber {
    read(history.store_mut(), |tx| tx.counters()).change
}

/// Says that a backend has acknowledged everything up to a number.
fn acknowledge<S: Store>(history: &mut History<S>, n: usize, sent: ChangeNumber, seconds: i64) {
    write(history.store_mut(), |tx| {
        tx.put_backend(&Backend { sent, ..backend(n, 0) })?;
        tx.put_mark(BACKENDS[n], sent, at(seconds))
    });
}

const NOT_SYNCED: SyncSummary = SyncSummary { is_synced: false, synced_at: None };

/// Without a backend nothing is synced and nothing waits.
pub fn without_a_backend_nothing_waits<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    assert_eq!(state(&mut history), (NOT_SYNCED, vec![]));
    let missing = RowKey::Tag(id(1), tag("none"));
    let result = history.read(|tx| tx.sync_state(&missing));
    assert_eq!(result, Err(HistoryError::NotFound { id: id(1) }));
}

/// A row waits until its newest change is acknowledged, and is synced when the last enabled backend
/// has it.
pub fn a_row_is_synced_when_the_last_backend_has_it<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let sent = newest(&mut history);
    write(history.store_mut(), |tx| {
        tx.put_backend(&backend(0, 0))?;
        tx.put_backend(&backend(1, 0))
    });
    assert_eq!(state(&mut history), (NOT_SYNCED, vec![SyncState::Waiting, SyncState::Waiting]));
    acknowledge(&mut history, 0, sent, 30);
    let first = SyncState::Synced { at: Some(at(30)) };
    assert_eq!(state(&mut history), (NOT_SYNCED, vec![first.clone(), SyncState::Waiting]));
    acknowledge(&mut history, 1, sent, 20);
    let synced = SyncSummary { is_synced: true, synced_at: Some(at(30)) };
    let second = SyncState::Synced { at: Some(at(20)) };
    assert_eq!(state(&mut history), (synced, vec![first, second]));
}

/// T2: an edit made while an upload was under way waits, although the upload is acknowledged.
pub fn an_edit_during_an_upload_waits<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    start(&mut history, 2, 1);
    let uploading = newest(&mut history);
    history.write(at(2), |tx| tx.set_note(id(1), Some("meanwhile"))).unwrap();
    acknowledge(&mut history, 0, uploading, 3);
    assert_eq!(state(&mut history), (NOT_SYNCED, vec![SyncState::Waiting]));
    let updated_at = |history: &mut History<F::Store>| {
        history.read(|tx| tx.execution(id(1))).unwrap().unwrap().summary.updated_at
    };
    let before = updated_at(&mut history);
    let sent = newest(&mut history);
    acknowledge(&mut history, 0, sent, 4);
    let synced = SyncSummary { is_synced: true, synced_at: Some(at(4)) };
    assert_eq!(state(&mut history).0, synced);
    assert_eq!(updated_at(&mut history), before, "being sent makes no row newer");
    assert_eq!(newest(&mut history), sent, "nor is it a change");
}

/// A disabled backend makes nothing wait, and says what it had.
pub fn a_disabled_backend_makes_nothing_wait<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let sent = newest(&mut history);
    acknowledge(&mut history, 0, sent, 5);
    let disabled = Backend { enabled: false, ..backend(1, 0) };
    write(history.store_mut(), |tx| tx.put_backend(&disabled));
    let (summary, states) = state(&mut history);
    assert!(summary.is_synced);
    assert_eq!(states[1], SyncState::New);
    write(history.store_mut(), |tx| tx.put_backend(&Backend { enabled: false, ..backend(0, 0) }));
    assert_eq!(state(&mut history).0, NOT_SYNCED);
}

/// A refused row says why; a newer edit of it waits again.
pub fn a_refused_row_says_why<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let change = newest(&mut history);
    acknowledge(&mut history, 0, change, 5);
    let reason = "too large".to_owned();
    let rejection = Rejection { change, ..crate::sample::refusal(0, &run(), 0, &reason) };
    write(history.store_mut(), |tx| tx.put_rejection(&rejection));
    assert_eq!(state(&mut history), (NOT_SYNCED, vec![SyncState::Rejected { reason }]));
    history.write(at(6), |tx| tx.set_note(id(1), Some("shorter"))).unwrap();
    assert_eq!(state(&mut history), (NOT_SYNCED, vec![SyncState::Waiting]));
}

/// Where marks do not reach back far enough, a row is synced without a time.
pub fn a_synced_row_may_have_no_time<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let sent = change_number(100);
    write(history.store_mut(), |tx| tx.put_backend(&Backend { sent, ..backend(0, 0) }));
    let synced = SyncSummary { is_synced: true, synced_at: None };
    assert_eq!(state(&mut history), (synced, vec![SyncState::Synced { at: None }]));
}
