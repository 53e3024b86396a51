//! H1, H3, H4: the history of runs of syncing.

use runlog_core::store::Store;
use runlog_core::sync::run::{
    Cause, Direction, Phase, RunFilter, RunStatus, SyncId, SyncRun, SyncType,
};
use runlog_core::time::Timestamp;

use crate::Factory;
use crate::sample::{BACKENDS, at, change_number, read, write};
use crate::sample_runs::{log_entry, rich_run, sync_id, sync_run};

fn put<S: Store>(store: &mut S, runs: &[SyncRun]) {
    write(store, |tx| runs.iter().try_for_each(|run| tx.put_sync_run(run)));
}

fn listed<S: Store>(store: &mut S, filter: &RunFilter) -> Vec<u128> {
    let runs = read(store, |tx| tx.sync_runs(filter, None, usize::MAX));
    runs.iter().map(|run| run.id.0.as_u128()).collect()
}

/// A run reads back with every field, with none of the optional ones and with all.
pub fn a_run_keeps_every_field<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let mut runs = vec![sync_run(1, 1), rich_run(u128::MAX, 2, 3)];
    for status in RunStatus::ALL {
        let number = 10 + runs.len() as u128;
        runs.push(SyncRun { status: *status, ..sync_run(number, 4) });
    }
    for cause in Cause::ALL {
        let number = 10 + runs.len() as u128;
        runs.push(SyncRun { cause: *cause, ..rich_run(number, -90_000_000, i64::MAX / 2_000) });
    }
    for phase in Phase::ALL {
        let number = 10 + runs.len() as u128;
        runs.push(SyncRun { phase: *phase, ..sync_run(number, 5) });
    }
    put(&mut store, &runs);
    let mut store = factory.reopen(store);
    for run in &runs {
        assert_eq!(read(&mut store, |tx| tx.sync_run(run.id)).as_ref(), Some(run));
    }
    assert_eq!(read(&mut store, |tx| tx.sync_run(sync_id(2))), None);
    let changes = read(&mut store, |tx| tx.changes(change_number(0), 9));
    assert_eq!(changes, [], "the history of runs does not sync");
}

/// Putting a run again replaces it, and keeps its rows of the log.
pub fn a_run_is_replaced_by_its_id<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    put(&mut store, &[sync_run(1, 1), sync_run(2, 2)]);
    write(&mut store, |tx| tx.add_sync_log(&[log_entry(1, 1)]));
    let replaced = rich_run(1, 1, 9);
    put(&mut store, std::slice::from_ref(&replaced));
    put(&mut store, &[SyncRun { percent: 50, ..replaced.clone() }, replaced.clone()]);
    assert_eq!(read(&mut store, |tx| tx.sync_run(sync_id(1))), Some(replaced));
    assert_eq!(read(&mut store, |tx| tx.sync_run(sync_id(2))), Some(sync_run(2, 2)));
    let log = read(&mut store, |tx| tx.sync_log(&Default::default(), None, 9));
    assert_eq!(log.len(), 1);
}

/// Runs come newest first, those of one moment by their ids, page by page.
pub fn runs_come_newest_first<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let runs = [(7, 5), (2, 5), (1 << 127, 5), (9, 1), (1, 9), (3, -40)];
    put(&mut store, &runs.map(|(n, started)| sync_run(n, started)));
    let wanted = [1, 1 << 127, 7, 2, 9, 3].map(sync_id);
    for limit in 0..=7 {
        for at in 0..=wanted.len() {
            let after = at.checked_sub(1).map(|at| wanted[at]);
            let found = read(&mut store, |tx| tx.sync_runs(&RunFilter::default(), after, limit));
            let found: Vec<SyncId> = found.iter().map(|run| run.id).collect();
            let rest = &wanted[at..];
            assert_eq!(found, rest[..rest.len().min(limit)], "after {after:?}, {limit} of them");
        }
    }
    let unknown = Some(sync_id(77));
    assert_eq!(read(&mut store, |tx| tx.sync_runs(&RunFilter::default(), unknown, 9)), []);
}

type Change = fn(&mut RunFilter);

/// Each filter holds alone, and all of them together.
pub fn runs_are_filtered<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let base = |n: u128| sync_run(n, n as i64);
    let all = SyncRun {
        backend: BACKENDS[1],
        direction: Direction::RemoteToLocal,
        status: RunStatus::Failed,
        sync_type: SyncType::Full,
        triggered_by: "'; --".to_owned(),
        ..base(6)
    };
    put(
        &mut store,
        &[
            SyncRun { backend: BACKENDS[1], ..base(1) },
            SyncRun { direction: Direction::RemoteToLocal, ..base(2) },
            SyncRun { status: RunStatus::Failed, ..base(3) },
            SyncRun { sync_type: SyncType::Full, ..base(4) },
            SyncRun { triggered_by: "'; --".to_owned(), ..base(5) },
            all.clone(),
        ],
    );
    let set = |change: Change| {
        let mut filter = RunFilter::default();
        change(&mut filter);
        filter
    };
    let filters: [(Change, &[u128]); 10] = [
        (|_| (), &[6, 5, 4, 3, 2, 1]),
        (|f| f.backend = Some(BACKENDS[1]), &[6, 1]),
        (|f| f.direction = Some(Direction::RemoteToLocal), &[6, 2]),
        (|f| f.status = Some(RunStatus::Failed), &[6, 3]),
        (|f| f.status = Some(RunStatus::Running), &[5, 4, 2, 1]),
        (|f| f.status = Some(RunStatus::Completed), &[]),
        (|f| f.sync_type = Some(SyncType::Full), &[6, 4]),
        (|f| f.triggered_by = Some("'; --".to_owned()), &[6, 5]),
        (|f| f.since = Some(at(4)), &[6, 5, 4]),
        (|f| f.triggered_by = Some("User".to_owned()), &[]),
    ];
    for (change, wanted) in filters {
        assert_eq!(listed(&mut store, &set(change)), wanted, "{:?}", set(change));
    }
    let together = RunFilter {
        backend: Some(all.backend),
        direction: Some(all.direction),
        status: Some(all.status),
        sync_type: Some(all.sync_type),
        triggered_by: Some(all.triggered_by),
        since: Some(all.started_at),
    };
    assert_eq!(listed(&mut store, &together), [6]);
    let after = Some(sync_id(6));
    assert_eq!(read(&mut store, |tx| tx.sync_runs(&together, after, 9)), []);
}

/// H4: runs that ended before a time go with their rows of the log; what runs stays.
pub fn old_runs_go_with_their_log_rows<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    put(&mut store, &[rich_run(1, 1, 10), rich_run(2, 2, 20), sync_run(3, 3), rich_run(4, 4, 19)]);
    write(&mut store, |tx| tx.add_sync_log(&[1, 2, 3, 4, 1].map(|run| log_entry(run, 1))));
    let remove =
        |store: &mut F::Store, before: Timestamp| write(store, |tx| tx.remove_sync_runs(before));
    assert_eq!(remove(&mut store, at(10)), 0);
    assert_eq!(remove(&mut store, at(20)), 2);
    assert_eq!(listed(&mut store, &RunFilter::default()), [3, 2]);
    let log = read(&mut store, |tx| tx.sync_log(&Default::default(), None, 9));
    let runs: Vec<_> = log.iter().map(|(_, row)| row.run).collect();
    assert_eq!(runs, [3, 2].map(sync_id));
    assert_eq!(remove(&mut store, at(1_000_000)), 1);
    assert_eq!(listed(&mut store, &RunFilter::default()), [3]);
}
