//! C4, K5, SYNC 6: delete is a column like any other; the trash, restoring, and what a purge spares.

use runlog_core::clock::ColumnSet;
use runlog_core::codec::RowRecord;
use runlog_core::history::{History, HistoryError, HistoryWriter};
use runlog_core::log::LogLimits;
use runlog_core::model::{Params, Status};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{Row, Store};

use crate::Factory;
use crate::dump::{Dump, records};
use crate::sample::{
    DEVICE, OTHER, at, change_number, clock, completed, history, history_of, id, job, kept_cell,
    many_lines, read, start, tag, write,
};

type Edit = fn(&mut HistoryWriter<'_>) -> Result<(), HistoryError>;

fn row<S: Store>(history: &mut History<S>) -> Row {
    let key = RowKey::Execution(id(1));
    read(history.store_mut(), |tx| tx.row(&key, executions::ALL)).unwrap()
}

/// Two devices that both have the first run, whole or waiting.
fn two<F: Factory>(factory: &mut F, waiting: bool) -> [History<F::Store>; 2] {
    let (mut first, mut second) = (history(factory), history_of(factory, OTHER));
    let mut new = job(1, 1);
    new.started_at = (!waiting).then_some(at(1));
    first.write(at(1), |tx| tx.start(&new)).unwrap();
    exchange(&mut first, &mut second);
    [first, second]
}

/// Each merges what the other has, and both hold the same afterwards.
fn exchange<S: Store>(first: &mut History<S>, second: &mut History<S>) {
    let both: [Vec<RowRecord>; 2] = [records(first.store_mut()), records(second.store_mut())];
    let [from_first, from_second] = both;
    first.write(at(2), |tx| tx.merge(from_second)).unwrap();
    second.write(at(2), |tx| tx.merge(from_first)).unwrap();
    Dump::of_shared(first.store_mut())
        .assert_eq(&Dump::of_shared(second.store_mut()), "after an exchange");
}

/// What is in the trash takes no edits but the ending of a run that still goes; it is found there,
/// and comes back as it was.
pub fn the_trash_takes_no_edits<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    history.write(at(2), |tx| tx.tag(id(1), &tag("t"))).unwrap();
    let mut before = history.read(|tx| tx.execution(id(1))).unwrap().unwrap();
    history.write(at(3), |tx| tx.delete(id(1))).unwrap();
    let edits: [Edit; 7] = [
        |tx| tx.set_note(id(1), Some("n")),
        |tx| tx.set_pinned(id(1), true),
        |tx| tx.set_params(id(1), &Params::new()),
        |tx| tx.tag(id(1), &tag("u")),
        |tx| tx.untag(id(1), &tag("t")),
        |tx| tx.begin_running(id(1), at(4)),
        |tx| tx.delete(id(1)),
    ];
    let in_trash = Dump::of(history.store_mut());
    for edit in edits {
        assert_eq!(history.write(at(4), edit), Err(HistoryError::InTrash { id: id(1) }));
    }
    Dump::of(history.store_mut()).assert_eq(&in_trash, "after the refused edits");
    history.write(at(5), |tx| tx.finish(id(1), &completed(5))).unwrap();
    let trashed = history.read(|tx| tx.execution(id(1))).unwrap().unwrap();
    assert!(trashed.summary.deleted);
    assert_eq!(trashed.status(), Status::Completed);
    history.write(at(6), |tx| tx.restore(id(1))).unwrap();
    let restored = history.read(|tx| tx.execution(id(1))).unwrap().unwrap();
    before.summary.ending = Some(completed(5));
    before.summary.updated_at = at(6);
    assert_eq!(restored, before);
    let again = history.write(at(7), |tx| tx.restore(id(1)));
    assert_eq!(again, Err(HistoryError::NotInTrash { id: id(1) }));
}

/// An edit that meets a delete, older or newer, stays and shows when the run is restored.
pub fn an_edit_that_meets_a_delete_is_kept<F: Factory>(factory: &mut F) {
    for (deleted, edited) in [(10, 20), (20, 10)] {
        let [mut first, mut second] = two(factory, false);
        first.write(at(deleted), |tx| tx.delete(id(1))).unwrap();
        second.write(at(edited), |tx| tx.set_note(id(1), Some("kept"))).unwrap();
        second.write(at(edited), |tx| tx.tag(id(1), &tag("kept"))).unwrap();
        second.write(at(edited), |tx| tx.finish(id(1), &completed(9))).unwrap();
        exchange(&mut first, &mut second);
        for history in [&mut first, &mut second] {
            assert!(history.read(|tx| tx.execution(id(1))).unwrap().unwrap().summary.deleted);
        }
        second.write(at(30), |tx| tx.restore(id(1))).unwrap();
        exchange(&mut first, &mut second);
        let found = first.read(|tx| tx.execution(id(1))).unwrap().unwrap();
        assert_eq!(found.summary.note.as_deref(), Some("kept"));
        assert_eq!((found.summary.tags, found.summary.deleted), (vec![tag("kept")], false));
        assert_eq!(found.summary.ending, Some(completed(9)));
    }
}

/// Of a delete and a restore the newer one wins, on every device.
pub fn the_newer_of_delete_and_restore_wins<F: Factory>(factory: &mut F) {
    for (deleted_again, restored) in [(40, 30), (30, 40)] {
        let [mut first, mut second] = two(factory, false);
        first.write(at(10), |tx| tx.delete(id(1))).unwrap();
        exchange(&mut first, &mut second);
        first.write(at(20), |tx| tx.restore(id(1))).unwrap();
        first.write(at(deleted_again), |tx| tx.delete(id(1))).unwrap();
        second.write(at(restored), |tx| tx.restore(id(1))).unwrap();
        exchange(&mut first, &mut second);
        let found = second.read(|tx| tx.execution(id(1))).unwrap().unwrap();
        assert_eq!(found.summary.deleted, deleted_again > restored);
    }
}

/// SYNC 6: a restore re-states the whole run: every column that was written under one new clock, the
/// tags, what is kept and the log pieces under new numbers.
pub fn a_restore_states_everything_again<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let key = RowKey::Execution(id(1));
    history
        .write(at(2), |tx| {
            tx.tag(id(1), &tag("on"))?;
            tx.tag(id(1), &tag("off"))?;
            tx.untag(id(1), &tag("off"))?;
            tx.finish(id(1), &completed(2))?;
            let mut log = tx.open_log(id(1), LogLimits::default())?;
            tx.append_log(&mut log, &many_lines(4_500, "x"))?;
            tx.seal_log(&mut log)?;
            tx.delete(id(1))
        })
        .unwrap();
    write(history.store_mut(), |tx| {
        let number = tx.counters()?.change.next();
        let cell = kept_cell("mood", "good", clock(2, OTHER));
        tx.keep("executions", &key.to_bytes(), &cell, number)?;
        tx.set_counters(runlog_core::store::Counters { change: number, ..tx.counters()? })
    });
    let (before, was) = (read(history.store_mut(), |tx| tx.counters()), row(&mut history));
    history.write(at(50), |tx| tx.restore(id(1))).unwrap();
    let restored = row(&mut history);
    let one_clock = restored.clocks.of(executions::DELETED);
    assert!(one_clock.time > before.clock);
    assert_eq!(one_clock.device, DEVICE);
    let judged = ColumnSet::of(&[executions::LOST_AT]);
    for column in was.clocks.covered().difference(judged).iter() {
        assert_eq!(restored.clocks.of(column), one_clock, "column {column:?}");
        if column != executions::DELETED {
            assert_eq!(restored.cells[column.index()], was.cells[column.index()]);
        }
    }
    let changes = read(history.store_mut(), |tx| tx.changes(before.change, usize::MAX));
    let all = read(history.store_mut(), |tx| tx.changes(change_number(0), usize::MAX));
    assert_eq!(changes, all, "everything is sent again");
    // The run, two tags, what is kept, three pieces.
    assert_eq!(changes.len(), 7);
    let numbers: std::collections::BTreeSet<_> = changes.iter().map(|c| c.number).collect();
    assert_eq!(numbers.len(), 7, "each under a number of its own");
    let tags = read(history.store_mut(), |tx| tx.tags(id(1)));
    assert!(tags.iter().all(|(_, row)| row.clocks.newest() > Some(one_clock)));
    let on: Vec<_> = tags.iter().map(|(tag, row)| (tag.as_str(), row.cells[0].clone())).collect();
    assert_eq!(on, [("off", 1.into()), ("on", 0.into())]);
    let kept = read(history.store_mut(), |tx| tx.kept("executions", &key.to_bytes()));
    assert!(kept[0].clock > one_clock);
}

/// M2: a restore takes away no ending, judgement or start that another device has reported meanwhile.
pub fn a_restore_takes_no_report_away<F: Factory>(factory: &mut F) {
    let reports: [(bool, Edit, Status); 3] = [
        (false, |tx| tx.finish(id(1), &completed(9)), Status::Completed),
        (true, |tx| tx.begin_running(id(1), at(9)), Status::Running),
        (true, |tx| tx.finish(id(1), &completed(9)), Status::Completed),
    ];
    for (waiting, report, wanted) in reports {
        let [mut first, mut second] = two(factory, waiting);
        second.write(at(10), report).unwrap();
        first.write(at(20), |tx| tx.delete(id(1))).unwrap();
        first.write(at(30), |tx| tx.restore(id(1))).unwrap();
        exchange(&mut first, &mut second);
        for history in [&mut first, &mut second] {
            let found = history.read(|tx| tx.execution(id(1))).unwrap().unwrap();
            assert_eq!(found.status(), wanted);
        }
    }
    let [mut first, mut second] = two(factory, false);
    first.write(at(10), |tx| tx.lose(id(1), at(5))).unwrap();
    second.write(at(20), |tx| tx.delete(id(1))).unwrap();
    second.write(at(30), |tx| tx.restore(id(1))).unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(second.read(|tx| tx.execution(id(1))).unwrap().unwrap().status(), Status::Lost);
}

/// SYNC 6: a purge spares a run with a pin, note or tag that is newer than its delete.
pub fn a_purge_spares_what_was_edited_after_the_delete<F: Factory>(factory: &mut F) {
    let edits: [(&str, Edit); 3] = [
        ("pin", |tx| tx.set_pinned(id(1), true)),
        ("note", |tx| tx.set_note(id(1), Some("keep this"))),
        ("tag", |tx| tx.tag(id(1), &tag("keep"))),
    ];
    for (what, edit) in edits {
        for (edited, spared) in [(20, true), (5, false)] {
            let [mut first, mut second] = two(factory, false);
            second.write(at(edited), edit).unwrap();
            first.write(at(10), |tx| tx.delete(id(1))).unwrap();
            exchange(&mut first, &mut second);
            for history in [&mut first, &mut second] {
                let before = Dump::of(history.store_mut());
                let result = history.write(at(90), |tx| tx.purge(id(1)));
                if spared {
                    assert_eq!(result, Err(HistoryError::KeptByEdit { id: id(1), what }));
                    Dump::of(history.store_mut()).assert_eq(&before, "after a purge that spared");
                } else {
                    assert_eq!(result, Ok(()), "{what}");
                    assert_eq!(history.read(|tx| tx.execution(id(1))), Ok(None));
                }
            }
        }
    }
}

/// What somebody took away after the delete, a pin, a note, a tag, keeps nothing.
pub fn a_purge_goes_on_where_the_edit_took_away<F: Factory>(factory: &mut F) {
    let [mut first, mut second] = two(factory, false);
    let marked: Edit = |tx| {
        tx.set_pinned(id(1), true)?;
        tx.set_note(id(1), Some("n"))?;
        tx.tag(id(1), &tag("t"))
    };
    first.write(at(5), marked).unwrap();
    exchange(&mut first, &mut second);
    first.write(at(10), |tx| tx.delete(id(1))).unwrap();
    let unmarked: Edit = |tx| {
        tx.set_pinned(id(1), false)?;
        tx.set_note(id(1), None)?;
        tx.untag(id(1), &tag("t"))
    };
    second.write(at(20), unmarked).unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(first.write(at(30), |tx| tx.purge(id(1))), Ok(()));
}
