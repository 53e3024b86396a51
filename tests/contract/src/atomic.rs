//! Promises 1 to 3: atomic, isolated, durable.

use runlog_core::history::HistoryError;
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{Lease, OwnerId, Store, StoreError, StoreResult, WriteTx};

use crate::Factory;
use crate::dump::Dump;
use crate::sample::{
    at, backend, clock, furnish, id, intended, kept_cell, lines, log_key, piece, put_job, put_tag,
    read, write, write_everything,
};

/// An error of the closure takes back what every one of the writing methods did.
pub fn an_error_takes_everything_back<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    furnish(&mut store);
    let before = Dump::of(&mut store);
    let result: StoreResult<()> = store.write(|tx| {
        write_everything(tx)?;
        Err(intended())
    });
    assert_eq!(result, Err(intended()));
    Dump::of(&mut store).assert_eq(&before, "after the error");
    let mut store = factory.reopen(store);
    Dump::of(&mut store).assert_eq(&before, "after the error, reopened");
}

/// A store that was rolled back takes the same work again.
pub fn work_goes_on_after_an_error<F: Factory>(factory: &mut F) {
    let (mut tried, mut untried) = (factory.create(), factory.create());
    for store in [&mut tried, &mut untried] {
        furnish(store);
    }
    for _ in 0..3 {
        let result: StoreResult<()> = tried.write(|tx| {
            write_everything(tx)?;
            Err(intended())
        });
        assert_eq!(result, Err(intended()));
    }
    write(&mut tried, write_everything);
    write(&mut untried, write_everything);
    Dump::of(&mut tried).assert_eq(&Dump::of(&mut untried), "after three errors");
}

/// A method that fails changed nothing, so the transaction can go on without it.
pub fn a_refused_write_leaves_the_transaction_usable<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    furnish(&mut store);
    write(&mut store, |tx| {
        let key = RowKey::Execution(id(3));
        let held = tx.row(&key, executions::ALL)?.unwrap();
        let clocks = held.clocks.clone();
        let mut cells = crate::sample::job(3, 0).to_cells(crate::sample::DEVICE).unwrap();
        cells.push((executions::LOST_AT, 1.into()));
        let write = runlog_core::store::RowWrite {
            cells: &cells,
            clocks: &clocks,
            change: crate::sample::change_number(70),
            visibility: held.visibility,
        };
        assert_eq!(tx.insert_row(&key, &write), Err(StoreError::RowExists));
        assert_eq!(tx.update_row(&RowKey::Execution(id(9)), &write), Err(StoreError::RowMissing));
        let renumbered = tx.renumber_piece(log_key(9), 1, crate::sample::change_number(71));
        assert_eq!(renumbered, Err(StoreError::RowMissing));
        assert_eq!(tx.row(&key, executions::ALL)?, Some(held));
        assert_eq!(tx.row(&RowKey::Execution(id(9)), executions::ALL)?, None);
        put_job(tx, 5, 72)
    });
    assert!(read(&mut store, |tx| tx.row(&RowKey::Execution(id(5)), executions::ALL)).is_some());
}

/// The closure's own type of error comes back as it is, and its value too.
pub fn results_of_closures_come_back<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let error = HistoryError::NotFound { id: id(7) };
    let read: Result<(), HistoryError> = store.read(|_| Err(error.clone()));
    assert_eq!(read, Err(error.clone()));
    let written: Result<(), HistoryError> = store.write(|_| Err(error.clone()));
    assert_eq!(written, Err(error));
    assert_eq!(store.read(|_| Ok::<_, StoreError>(5)), Ok(5));
    assert_eq!(store.write(|_| Ok::<_, StoreError>(6)), Ok(6));
}

/// A transaction sees what it wrote before it is committed.
pub fn a_transaction_sees_its_own_writes<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    furnish(&mut store);
    write(&mut store, |tx| {
        put_job(tx, 5, 70)?;
        put_tag(tx, 5, "new", 71)?;
        let text = lines(&["a", "b"]);
        tx.put_piece(&piece(log_key(5), 1, &text, 72), &text)?;
        tx.put_lease(&Lease { execution: id(5), owner: OwnerId(3), heartbeat_at: at(8) })?;
        tx.put_backend(&backend(1, 3))?;
        tx.keep("moods", b"k", &kept_cell("mood", "good", clock(1, crate::sample::OTHER)), {
            crate::sample::change_number(73)
        })?;
        assert_own_writes(tx)?;
        tx.purge(id(5), clock(9, crate::sample::DEVICE), crate::sample::change_number(0))?;
        assert_eq!(tx.row(&RowKey::Execution(id(5)), executions::ALL)?, None);
        assert_eq!(tx.tags(id(5))?, []);
        Ok(())
    });
}

fn assert_own_writes(tx: &dyn WriteTx) -> StoreResult<()> {
    assert!(tx.row(&RowKey::Execution(id(5)), executions::ALL)?.is_some());
    assert_eq!(tx.tags(id(5))?.len(), 1);
    assert_eq!(tx.last_sequence(id(5))?, 2);
    assert_eq!(tx.leases()?.len(), 1);
    assert_eq!(tx.backends()?.len(), 2);
    assert_eq!(tx.kept("moods", b"k")?.len(), 1);
    let mut query = runlog_core::query::ListQuery::newest(10);
    query.filter.tag = Some("new".to_owned());
    assert_eq!(tx.list(&query)?.rows.len(), 1);
    assert_eq!(tx.changes(crate::sample::change_number(69), 10)?.len(), 4);
    Ok(())
}

/// Everything committed is there when the store is opened again, and so it stays.
pub fn committed_work_is_there_after_reopening<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    furnish(&mut store);
    write(&mut store, write_everything);
    let before = Dump::of(&mut store);
    let mut store = factory.reopen(store);
    Dump::of(&mut store).assert_eq(&before, "reopened");
    store.persist().unwrap();
    Dump::of(&mut store).assert_eq(&before, "made to stay");
    let mut store = factory.reopen(store);
    Dump::of(&mut store).assert_eq(&before, "reopened once more");
}

/// Stores of one factory share nothing, and a new one is empty.
pub fn a_new_store_is_empty<F: Factory>(factory: &mut F) {
    let mut untouched = factory.create();
    let empty = Dump::of(&mut untouched);
    let mut store = factory.create();
    furnish(&mut store);
    assert_ne!(Dump::of(&mut store), empty);
    Dump::of(&mut factory.create()).assert_eq(&empty, "made later");
    Dump::of(&mut untouched).assert_eq(&empty, "made before");
    read(&mut untouched, |tx| {
        assert_eq!(tx.device()?, None);
        assert_eq!(tx.counters()?, runlog_core::store::Counters::default());
        Ok(())
    });
}
