//! H2, H3: what became of each entity in each run.

use runlog_core::store::{Store, StoreError};
use runlog_core::sync::run::{
    Direction, EntityOutcome, EntityResult, LogCursor, LogQuery, SyncLogEntry, SyncType,
};

use crate::Factory;
use crate::sample::{at, id, read, write};
use crate::sample_runs::{failed_entry, log_entry, sync_id, sync_run, whole_run};

/// A store with so many runs, and these rows.
fn store_with<F: Factory>(factory: &mut F, runs: u128, rows: &[SyncLogEntry]) -> F::Store {
    let mut store = factory.create();
    write(&mut store, |tx| {
        (1..=runs).try_for_each(|n| tx.put_sync_run(&sync_run(n, n as i64)))?;
        tx.add_sync_log(rows)
    });
    store
}

fn rows<S: Store>(store: &mut S, query: &LogQuery) -> Vec<SyncLogEntry> {
    let found = read(store, |tx| tx.sync_log(query, None, usize::MAX));
    found.into_iter().map(|(_, row)| row).collect()
}

fn newest_first(rows: &[SyncLogEntry]) -> Vec<SyncLogEntry> {
    rows.iter().rev().cloned().collect()
}

/// A row reads back with every field.
pub fn a_log_row_keeps_every_field<F: Factory>(factory: &mut F) {
    let mut wanted = vec![whole_run(1, SyncType::Full), log_entry(2, 1), failed_entry(1, 2)];
    for result in EntityResult::ALL {
        wanted.push(SyncLogEntry { result: Some(*result), ..log_entry(1, 3) });
    }
    for outcome in EntityOutcome::ALL {
        wanted.push(SyncLogEntry { outcome: Some(*outcome), ..log_entry(1, 3) });
    }
    for (direction, sync_type) in Direction::ALL.iter().zip(SyncType::ALL) {
        let (direction, sync_type) = (*direction, *sync_type);
        wanted.push(SyncLogEntry { direction, sync_type, at: at(-9), ..failed_entry(2, 3) });
    }
    // What could not be opened: its table is told, its execution is not known.
    let entity_type = Some("moods\0'; --".to_owned());
    wanted.push(SyncLogEntry { entity_type, entity_id: None, ..failed_entry(1, 1) });
    let store = store_with(factory, 2, &wanted);
    let mut store = factory.reopen(store);
    assert_eq!(rows(&mut store, &LogQuery::default()), newest_first(&wanted));
}

/// Rows come in the order in which they were added, newest first, page by page.
pub fn log_rows_come_newest_first<F: Factory>(factory: &mut F) {
    let first: Vec<_> = [5, 1, 3].map(|n| log_entry(1, n)).into();
    let second: Vec<_> = [4, 2].map(|n| log_entry(2, n)).into();
    let mut store = store_with(factory, 2, &first);
    write(&mut store, |tx| {
        tx.add_sync_log(&[])?;
        tx.add_sync_log(&second)
    });
    let wanted = newest_first(&[first, second].concat());
    for query in [LogQuery::default(), LogQuery { changes_only: true, ..LogQuery::default() }] {
        for limit in 1..=6 {
            let mut found = Vec::new();
            let mut after: Option<LogCursor> = None;
            loop {
                let page = read(&mut store, |tx| tx.sync_log(&query, after, limit));
                assert!(page.len() <= limit && found.len() <= wanted.len());
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                found.extend(page.into_iter().map(|(_, row)| row));
            }
            assert_eq!(found, wanted, "pages of {limit}");
        }
        assert_eq!(read(&mut store, |tx| tx.sync_log(&query, None, 0)), []);
    }
}

/// H3: an execution has its own rows and those of whole full runs, in one order.
pub fn an_execution_has_its_rows_and_the_full_runs<F: Factory>(factory: &mut F) {
    let tag = SyncLogEntry { entity_type: Some("tags".to_owned()), ..log_entry(2, 1) };
    let unopened = SyncLogEntry { entity_id: None, ..failed_entry(3, 1) };
    let all = [
        whole_run(1, SyncType::Full),
        log_entry(1, 1),
        log_entry(1, 2),
        whole_run(2, SyncType::Incremental),
        tag,
        SyncLogEntry { sync_type: SyncType::Full, ..unopened },
        whole_run(3, SyncType::Full),
        failed_entry(3, 1),
        whole_run(4, SyncType::Full),
    ];
    let mut store = store_with(factory, 4, &all);
    let query = LogQuery { entity: Some(id(1)), ..LogQuery::default() };
    let wanted = [8, 7, 6, 4, 1, 0].map(|n| all[n].clone());
    assert_eq!(rows(&mut store, &query), wanted);
    let mut after = None;
    for wanted in wanted.chunks(2) {
        let page = read(&mut store, |tx| tx.sync_log(&query, after, 2));
        after = page.last().map(|(cursor, _)| *cursor);
        let page: Vec<_> = page.into_iter().map(|(_, row)| row).collect();
        assert_eq!(page, wanted);
    }
    let unknown = LogQuery { entity: Some(id(9)), ..LogQuery::default() };
    assert_eq!(rows(&mut store, &unknown), [8, 6, 0].map(|n| all[n].clone()));
}

/// The log is asked for by run, by what changed and by what failed, in every combination.
pub fn log_rows_are_filtered<F: Factory>(factory: &mut F) {
    let all = [
        whole_run(1, SyncType::Full),
        log_entry(1, 1),
        failed_entry(1, 1),
        log_entry(2, 1),
        failed_entry(2, 2),
        SyncLogEntry { had_changes: true, ..failed_entry(2, 1) },
        SyncLogEntry { result: Some(EntityResult::Failed), ..whole_run(2, SyncType::Full) },
        SyncLogEntry { error: Some("but taken".to_owned()), ..log_entry(2, 2) },
    ];
    let mut store = store_with(factory, 3, &all);
    for entity in [None, Some(id(1)), Some(id(2)), Some(id(3))] {
        for run in [None, Some(sync_id(1)), Some(sync_id(2)), Some(sync_id(3)), Some(sync_id(9))] {
            for (changes_only, errors_only) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                let query = LogQuery { entity, run, changes_only, errors_only };
                let mut wanted = newest_first(&all);
                wanted.retain(|row| {
                    entity.is_none_or(|id| row.entity_id == Some(id) || row.entity_type.is_none())
                        && run.is_none_or(|run| row.run == run)
                        && (!changes_only || row.had_changes)
                        && (!errors_only || row.result == Some(EntityResult::Failed))
                });
                assert_eq!(rows(&mut store, &query), wanted, "{query:?}");
            }
        }
    }
}

/// H2: the row of a whole run is completed at its end; its other rows and other runs stay.
pub fn the_row_of_a_whole_run_is_completed<F: Factory>(factory: &mut F) {
    let mut all = [
        whole_run(1, SyncType::Full),
        log_entry(2, 1),
        whole_run(2, SyncType::Full),
        SyncLogEntry { entity_id: None, ..failed_entry(2, 1) },
        log_entry(3, 1),
    ];
    let mut store = store_with(factory, 3, &all);
    write(&mut store, |tx| {
        tx.complete_sync_log(sync_id(2), true, EntityResult::Failed, Some("cut off"))?;
        tx.complete_sync_log(sync_id(3), true, EntityResult::Failed, None)?;
        tx.complete_sync_log(sync_id(9), true, EntityResult::Failed, None)
    });
    all[2].had_changes = true;
    all[2].result = Some(EntityResult::Failed);
    all[2].error = Some("cut off".to_owned());
    assert_eq!(rows(&mut store, &LogQuery::default()), newest_first(&all));
    write(&mut store, |tx| tx.complete_sync_log(sync_id(2), false, EntityResult::Skipped, None));
    (all[2].had_changes, all[2].result, all[2].error) = (false, Some(EntityResult::Skipped), None);
    assert_eq!(rows(&mut store, &LogQuery::default()), newest_first(&all));
}

/// A row needs its run; where one lacks it none of them is added, and the transaction goes on.
pub fn a_log_row_needs_its_run<F: Factory>(factory: &mut F) {
    let mut store = store_with(factory, 1, &[]);
    write(&mut store, |tx| {
        let added = tx.add_sync_log(&[log_entry(1, 1), log_entry(2, 1)]);
        assert_eq!(added, Err(StoreError::RowMissing));
        tx.add_sync_log(&[log_entry(1, 2)])
    });
    assert_eq!(rows(&mut store, &LogQuery::default()), [log_entry(1, 2)]);
}
