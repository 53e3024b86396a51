//! Promise 1 over SQLite on a disk that fails: at each write of a script in turn, once or for good.

use std::path::Path;

use runlog_contract::dump::Dump;
use runlog_contract::sample::{DEVICE, change_number, furnish, id, write_everything};
use runlog_contract::script::{place, script, seeds};
use runlog_contract::scripts::Expected;
use runlog_core::clock::RowClocks;
use runlog_core::history::History;
use runlog_core::model::Visibility;
use runlog_core::schema::RowKey;
use runlog_core::store::{RowWrite, Store, StoreError, StoreResult};
use runlog_faults::{Fault, arm, disarm, open, struck, sweep};
use runlog_sqlite::{Journal, Options, SqliteStore};

use crate::files::{Files, over, sound};

const STEPS: usize = 12;

fn options() -> [Options; 2] {
    [Journal::Wal, Journal::ExclusiveWal].map(|journal| Options { journal, ..Options::default() })
}

fn opened(path: &Path, options: Options) -> History<SqliteStore> {
    let connection = open(path).expect("the file opens");
    let store = over(connection, options).expect("the store opens");
    History::open(store, DEVICE).expect("the history opens")
}

/// Each write of each step fails once, and the store goes on over the same connection: it holds what
/// it held before, and then does what the model does.
fn goes_on_after(fault: Fault) {
    for options in options() {
        let mut files = Files::new(options);
        let mut points = 0;
        for seed in seeds(2) {
            let path = files.new_path();
            let steps = script(seed, STEPS);
            let expected = Expected::of(&steps);
            let mut history = opened(&path, options);
            for (number, step) in steps.iter().enumerate() {
                points += sweep(fault, false, |plan| {
                    arm(&path, plan);
                    let answer = step.run(&mut history);
                    disarm(&path);
                    let struck = struck(&path) > 0;
                    let place = format!("{plan} of {}", place(seed, number, step));
                    expected.assert_all_or_nothing(number, &mut history, (answer, struck), &place);
                    struck
                });
            }
            drop(history);
            Dump::of(&mut sound(&path, options)).assert_eq(&expected.states[STEPS], seed);
        }
        assert!(points > 30, "only {points} fault points");
    }
}

#[test]
fn the_store_goes_on_after_an_io_error_at_each_write() {
    goes_on_after(Fault::IoError);
}

#[test]
fn the_store_goes_on_after_a_full_disk_at_each_write() {
    goes_on_after(Fault::DiskFull);
}

/// From each write on the disk stays broken: what was acknowledged is there when the file is opened
/// again on a sound one, and at most the step that failed beside it.
fn keeps_what_was_acknowledged(fault: Fault) {
    for options in options() {
        let mut files = Files::new(options);
        let steps = script(5, STEPS);
        let expected = Expected::of(&steps);
        let points = sweep(fault, true, |plan| {
            let path = files.new_path();
            let mut history = opened(&path, options);
            arm(&path, plan);
            let answered = steps.iter().zip(&expected.answers);
            let done = answered.take_while(|(step, answer)| step.run(&mut history) == **answer);
            let done = done.count();
            drop(history);
            disarm(&path);
            let found = Dump::of(&mut sound(&path, options));
            expected.steps_done(&found, done, &plan.to_string());
            struck(&path) > 0
        });
        assert!(points > 15, "only {points} fault points");
    }
}

#[test]
fn what_was_acknowledged_outlives_a_disk_that_breaks() {
    keeps_what_was_acknowledged(Fault::IoError);
}

#[test]
fn what_was_acknowledged_outlives_a_disk_that_fills() {
    keeps_what_was_acknowledged(Fault::DiskFull);
}

/// A caller that goes on after a write failed half-way gets nothing committed.
#[test]
fn a_swallowed_error_commits_nothing() {
    for options in options() {
        let mut files = Files::new(options);
        let [before, after] = [false, true].map(|written| {
            let mut store = sound(&files.new_path(), options);
            furnish(&mut store);
            if written {
                store.write(write_everything).expect("nothing is wrong with this one");
            }
            Dump::of(&mut store)
        });
        let path = files.new_path();
        let store = over(open(&path).expect("the file opens"), options);
        let mut store = store.expect("the store opens");
        furnish(&mut store);
        // So that pages are written before the commit, by the statements themselves.
        store.connection().pragma_update(None, "cache_size", 1).expect("a small cache");
        let points = sweep(Fault::IoError, false, |plan| {
            arm(&path, plan);
            let mut failed = None;
            let result: StoreResult<()> = store.write(|tx| {
                failed = write_everything(tx).err();
                Ok(())
            });
            disarm(&path);
            let wanted = if result.is_ok() { &after } else { &before };
            Dump::of(&mut store).assert_eq(wanted, format!("{plan}, {result:?}, {failed:?}"));
            struck(&path) > 0
        });
        assert!(points > 10, "only {points} fault points");
    }
}

/// The same where SQLite itself would go on: a row that says it is whole and is not.
#[test]
fn a_swallowed_refusal_commits_nothing() {
    let mut files = Files::new(Options::default());
    let mut store = sound(&files.new_path(), Options::default());
    furnish(&mut store);
    let before = Dump::of(&mut store);
    let result: StoreResult<()> = store.write(|tx| {
        write_everything(tx)?;
        let (clocks, visibility) = (RowClocks::new(), Visibility::Live);
        let write = RowWrite { cells: &[], clocks: &clocks, change: change_number(98), visibility };
        let refused = tx.insert_row(&RowKey::Execution(id(9)), &write);
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
        Ok(())
    });
    assert!(matches!(result, Err(StoreError::Corrupt { .. })), "{result:?}");
    Dump::of(&mut store).assert_eq(&before, "after the refusal");
}
