//! Promise 2, SYNC 2: two connections to one file are one history.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use runlog_contract::dump::Dump;
use runlog_contract::sample::{DEVICE, OTHER, at, id, job, start};
use runlog_core::history::{History, HistoryError};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::Store;
use runlog_sqlite::{Options, SqliteStore};

use crate::files::{Files, sound};

fn opened(path: &Path) -> History<SqliteStore> {
    History::open(sound(path, Options::default()), OTHER).expect("the history opens")
}

fn two() -> (Files, [History<SqliteStore>; 2]) {
    let mut files = Files::new(Options::default());
    let path = files.new_path();
    let first = History::open(sound(&path, Options::default()), DEVICE).expect("it opens");
    (files, [first, opened(&path)])
}

#[test]
fn a_second_connection_has_the_device_of_the_first() {
    let (_files, [first, second]) = two();
    assert_eq!((first.device(), second.device()), (DEVICE, DEVICE));
}

#[test]
fn a_reader_sees_one_state_whatever_is_committed_meanwhile() {
    let (_files, [mut reader, mut writer]) = two();
    start(&mut writer, 1, 1);
    let key = RowKey::Execution(id(1));
    let read = reader.read(|tx| {
        let before = tx.tx().row(&key, executions::ALL)?;
        writer.write(at(2), |tx| tx.set_note(id(1), Some("meanwhile")))?;
        start(&mut writer, 2, 2);
        assert_eq!(tx.tx().row(&key, executions::ALL)?, before);
        assert_eq!(tx.execution(id(2))?, None);
        Ok(())
    });
    assert_eq!(read, Ok(()));
    assert!(reader.read(|tx| tx.execution(id(2))).expect("it reads").is_some());
    Dump::of(reader.store_mut()).assert_eq(&Dump::of(writer.store_mut()), "of one file");
}

/// What one connection keeps in memory about the file (numbers of devices, prepared statements) is
/// not wrong once another one, or its own rollback, has changed the file.
#[test]
fn what_a_connection_remembers_follows_the_file() {
    let (_files, [mut first, mut second]) = two();
    let theirs = |n: u64, device| {
        let cells = job(n, 1).to_cells(device).expect("a job");
        (RowKey::Execution(id(n)), runlog_contract::sample::clock(n, device), cells)
    };
    for n in 1..8 {
        let device = runlog_core::id::DeviceId::from_u128(u128::from(n));
        let (key, clock, cells) = theirs(n, device);
        let rolled_back: Result<(), HistoryError> = first.write(at(2), |tx| {
            tx.merge_row(&key, clock, cells.clone())?;
            Err(HistoryError::NotFound { id: id(n) })
        });
        assert!(rolled_back.is_err());
        let other = runlog_core::id::DeviceId::from_u128(u128::from(n) << 64);
        let (key, clock, cells) = theirs(n, other);
        second.write(at(2), |tx| tx.merge_row(&key, clock, cells)).expect("it merges");
        let (key, clock, cells) = theirs(n + 8, device);
        first.write(at(2), |tx| tx.merge_row(&key, clock, cells)).expect("it merges");
    }
    Dump::of(first.store_mut()).assert_eq(&Dump::of(second.store_mut()), "of one file");
    for n in 1..8 {
        let key = RowKey::Execution(id(n));
        let row = second.store_mut().read(|tx| tx.row(&key, executions::ALL));
        let clocks = row.expect("it reads").expect("it is there").clocks;
        let other = runlog_core::id::DeviceId::from_u128(u128::from(n) << 64);
        assert_eq!(clocks.newest().map(|clock| clock.device), Some(other));
    }
}

/// Two writers at once: no edit is lost, and neither a clock nor a number is given twice.
#[test]
fn two_writers_never_issue_twins() {
    const WRITES: usize = 150;
    let (_files, histories) = two();
    let issued: Vec<_> = thread::scope(|scope| {
        let writers: Vec<_> = histories
            .into_iter()
            .zip(1..)
            .map(|(mut history, n)| {
                scope.spawn(move || {
                    start(&mut history, n, 1);
                    let write = |count| {
                        let write = history.write(at(1), |tx| {
                            tx.set_note(id(n), Some(&format!("note {count}")))?;
                            let row =
                                tx.reader().tx().row(&RowKey::Execution(id(n)), executions::ALL);
                            let row = row?.ok_or(HistoryError::NotFound { id: id(n) })?;
                            Ok((row.clocks.of(executions::NOTE), row.change))
                        });
                        write.expect("it waits for the other writer")
                    };
                    (0..WRITES).map(write).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("it wrote")).collect()
    });
    let clocks: BTreeSet<_> = issued.iter().map(|(clock, _)| *clock).collect();
    let numbers: BTreeSet<_> = issued.iter().map(|(_, number)| *number).collect();
    assert_eq!((clocks.len(), numbers.len()), (2 * WRITES, 2 * WRITES));
    let by_number: BTreeSet<_> = issued.iter().map(|(clock, number)| (*number, *clock)).collect();
    assert!(by_number.iter().map(|(_, clock)| clock).is_sorted(), "numbers and clocks go together");
}
