use std::ops::ControlFlow;

use super::*;
use crate::history::History;
use crate::log::{LineRef, LogEntry, LogFilter, LogRange, PIECE_LINES, Stream};
use crate::model::{Attributes, Exit, Kind, Outcome, Status, Tag};
use crate::store::{MemoryStore, ReadTx, Store};

const ID: ExecutionId = ExecutionId::from_u128(0x77);
const CHANGED: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const KEY: RowKey = RowKey::Execution(ID);

fn history(device: u128) -> History<MemoryStore> {
    History::open(MemoryStore::new(), DeviceId::from_u128(device)).unwrap()
}

fn imported() -> Imported {
    let mut execution = NewExecution::new(ID, Kind::Workflow, "deploy", CHANGED).unwrap();
    execution.params.set("env", "prod").unwrap();
    execution.tags = vec![Tag::new("old").unwrap()];
    Imported {
        execution,
        device: device_of_name("LAPTOP-7"),
        end: Some(ImportedEnd::Reported(Ending {
            outcome: Outcome::Failed,
            ended_at: CHANGED,
            exit: Exit::Code(2),
        })),
        deleted: false,
        changed_at: CHANGED,
        log: lines(PIECE_LINES + 10),
    }
}

fn lines(count: usize) -> Lines {
    let mut lines = Lines::new();
    for number in 0..count {
        let text = format!("line {number}");
        let bytes = text.as_bytes();
        let line =
            LineRef { time: CHANGED, stream: Stream::Stdout, level: None, continued: false, bytes };
        lines.push(line);
    }
    lines
}

fn import(history: &mut History<MemoryStore>, imported: &Imported) -> ImportedInto {
    history.write(NOW, |tx| tx.import(imported)).unwrap()
}

fn row_of(history: &mut History<MemoryStore>, key: &RowKey) -> crate::store::Row {
    let columns = key.table().all_columns();
    history.read(|reader| Ok(reader.tx().row(key, columns)?)).unwrap().unwrap()
}

fn log_of(history: &mut History<MemoryStore>) -> Vec<String> {
    let mut texts = Vec::new();
    let mut visit = |entry: LogEntry<'_>| {
        if let LogEntry::Line(_, line) = entry {
            texts.push(String::from_utf8_lossy(line.bytes).into_owned());
        }
        ControlFlow::Continue(())
    };
    let (range, filter) = (LogRange::ALL, LogFilter::default());
    history.read(|reader| reader.log(ID, range, &filter, &mut visit)).unwrap();
    texts
}

/// SYNC 7: equal content gives equal rows, clocks and pieces, whoever imports it and when.
#[test]
fn two_devices_hold_the_same() {
    let (mut one, mut two) = (history(1), history(2));
    import(&mut one, &imported());
    let later = NOW.plus_millis(86_400_000);
    two.write(later, |tx| tx.import(&imported())).unwrap();
    for key in [KEY, RowKey::Tag(ID, Tag::new("old").unwrap())] {
        let (left, right) = (row_of(&mut one, &key), row_of(&mut two, &key));
        assert_eq!(left, right);
    }
    let pieces = |history: &mut History<MemoryStore>| {
        history.read(|reader| Ok(reader.tx().pieces(ID, 0..=u64::MAX)?)).unwrap()
    };
    assert_eq!(pieces(&mut one), pieces(&mut two));
    assert_eq!(pieces(&mut one).len(), 2);
}

#[test]
fn twice_adds_nothing_and_gives_no_change_number() {
    let mut history = history(1);
    let first = import(&mut history, &imported());
    assert_eq!(first.row, Merged::Created);
    assert_eq!(first.log_lines_added, PIECE_LINES as u64 + 10);
    let before = format!("{:?}", history.store());
    let second = import(&mut history, &imported());
    assert_eq!(second, ImportedInto { row: Merged::Unchanged, log_lines_added: 0 });
    assert_eq!(format!("{:?}", history.store()), before);
}

/// A person's edits stay, also where the source changed after them.
#[test]
fn edits_survive_another_import_even_of_a_changed_source() {
    let mut history = history(1);
    import(&mut history, &imported());
    let tag = Tag::new("old").unwrap();
    history
        .write(NOW, |tx| {
            tx.set_note(ID, Some("mine"))?;
            tx.set_pinned(ID, true)?;
            tx.untag(ID, &tag)
        })
        .unwrap();
    let mut changed = imported();
    changed.changed_at = NOW.plus_millis(30_000);
    changed.execution.workflow_name = Some("Deploy".into());
    for source in [imported(), changed] {
        import(&mut history, &source);
        let run = history.read(|reader| reader.execution(ID)).unwrap().unwrap();
        assert_eq!(run.summary.note.as_deref(), Some("mine"));
        assert!(run.summary.pinned);
        assert!(run.summary.tags.is_empty());
    }
    let run = history.read(|reader| reader.execution(ID)).unwrap().unwrap();
    assert_eq!(run.summary.workflow_name.as_deref(), Some("Deploy"));
    history.write(NOW, |tx| tx.delete(ID)).unwrap();
    let mut changed = imported();
    changed.changed_at = NOW.plus_millis(50_000);
    import(&mut history, &changed);
    let run = history.read(|reader| reader.execution(ID)).unwrap().unwrap();
    assert!(run.summary.deleted, "an import is no restore");
}

#[test]
fn the_next_edit_is_newer_than_what_was_imported() {
    let mut history = history(1);
    let mut source = imported();
    source.changed_at = NOW.plus_millis(59_000);
    import(&mut history, &source);
    history.write(NOW, |tx| tx.set_note(ID, Some("late"))).unwrap();
    let row = row_of(&mut history, &KEY);
    assert!(row.clocks.of(column::NOTE) > row.clocks.of(column::WORKFLOW_ID));
}

#[test]
fn a_purged_run_stays_away() {
    let mut history = history(1);
    import(&mut history, &imported());
    history.write(NOW, |tx| tx.delete(ID)).unwrap();
    history.write(NOW, |tx| tx.purge(ID)).unwrap();
    let again = import(&mut history, &imported());
    assert_eq!(again, ImportedInto { row: Merged::Purged, log_lines_added: 0 });
    let refused = history.write(NOW, |tx| tx.import_log(ID, DeviceId::NIL, 1, &lines(2)));
    assert_eq!(refused, Ok(0));
    assert!(log_of(&mut history).is_empty());
}

/// A source that was copied while a run was going, and again when it had ended.
#[test]
fn a_lost_run_that_ended_after_all_and_its_longer_log() {
    let mut history = history(1);
    let mut early = imported();
    early.end = Some(ImportedEnd::Lost(CHANGED));
    early.execution.attributes.set("imported_status", "Running");
    early.log = lines(3);
    import(&mut history, &early);
    let status = |history: &mut History<MemoryStore>| {
        history.read(|reader| reader.execution(ID)).unwrap().unwrap().status()
    };
    assert_eq!(status(&mut history), Status::Lost);
    let mut late = imported();
    late.changed_at = CHANGED.plus_millis(5);
    late.log = lines(8);
    let into = import(&mut history, &late);
    assert_eq!(into, ImportedInto { row: Merged::Updated, log_lines_added: 5 });
    assert_eq!(status(&mut history), Status::Failed);
    let run = history.read(|reader| reader.execution(ID)).unwrap().unwrap();
    assert_eq!(run.attributes, Attributes::new());
    assert_eq!(log_of(&mut history), (0..8).map(|n| format!("line {n}")).collect::<Vec<_>>());
    // The early copy once more takes nothing back.
    import(&mut history, &early);
    assert_eq!(status(&mut history), Status::Failed);
}

/// C7: one row with a wrong time would move the clock of the device, and lock it out of syncing.
#[test]
fn a_row_from_the_future_is_refused_and_moves_no_clock() {
    let mut history = history(1);
    let mut source = imported();
    source.changed_at = Timestamp::from_millis(i64::MAX);
    let refused = history.write(NOW, |tx| {
        let refused = tx.import(&source).unwrap_err();
        tx.import(&imported())?;
        Ok(refused)
    });
    assert!(refused.unwrap().to_string().contains("ahead of this device's clock"));
    let counters = history.read(|reader| Ok(reader.tx().counters()?)).unwrap();
    assert_eq!(counters.clock.timestamp(), CHANGED);
}

#[test]
fn deleted_rows_arrive_in_the_trash_and_old_times_are_kept() {
    let mut history = history(1);
    let mut source = imported();
    source.deleted = true;
    source.changed_at = Timestamp::from_millis(-5);
    import(&mut history, &source);
    let run = history.read(|reader| reader.execution(ID)).unwrap().unwrap();
    assert!(run.summary.deleted);
    assert_eq!(run.summary.started_at, Some(CHANGED));
}

#[test]
fn a_log_in_parts_goes_on_where_it_ended() {
    let mut history = history(1);
    let mut source = imported();
    source.log = lines(4);
    import(&mut history, &source);
    let device = source.device;
    let more = |history: &mut History<MemoryStore>| {
        history.write(NOW, |tx| tx.import_log(ID, device, 5, &lines(2))).unwrap()
    };
    assert_eq!(more(&mut history), 2);
    assert_eq!(more(&mut history), 0);
    assert_eq!(log_of(&mut history).len(), 6);
    let last = history.store_mut().read(|tx: &dyn ReadTx| tx.last_sequence(ID)).unwrap();
    assert_eq!(last, 6);
}
