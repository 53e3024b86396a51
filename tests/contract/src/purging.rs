//! K5: a purge removes everything of a run, leaves its key, and touches nobody else.

use runlog_core::clock::{ColumnId, ColumnSet};
use runlog_core::codec::RowRecord;
use runlog_core::history::{History, Merged, Older};
use runlog_core::log::GapReason;
use runlog_core::query::{ListQuery, Order};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{
    Change, ChangeNumber, ChangedItem, ItemKey, Lease, OwnerId, Rejection, Room, Store,
    StoreResult, WriteTx, decode_items,
};
use runlog_core::value::Value;

use crate::Factory;
use crate::dump::{Dump, records};
use crate::sample::{
    DEVICE, OTHER, at, backend, change_number, clock, gap, history, id, job, kept_cell, lines,
    log_key, piece, put_job, put_row, put_tag, read, refusal, start, tag, write,
};

/// A run with everything that a run can have, numbered from `change` on.
fn put_rich_run(tx: &mut dyn WriteTx, n: u64, change: u64) -> StoreResult<()> {
    let mut new = job(n, 1);
    new.params.set("env", "prod").unwrap();
    let key = RowKey::Execution(id(n));
    put_row(tx, &key, &new.to_cells(DEVICE).unwrap(), clock(1, DEVICE), change)?;
    put_tag(tx, n, "a", change + 1)?;
    put_tag(tx, n, "b", change + 2)?;
    let text = lines(&["one", "two", "three"]);
    tx.put_piece(&piece(log_key(n), 1, &text, change + 3), &text)?;
    tx.put_piece(&piece(log_key(n), 4, &text, 0), &text)?;
    tx.put_gap(&gap(log_key(n), 7, 9, change + 4))?;
    tx.put_lease(&Lease { execution: id(n), owner: OwnerId(1), heartbeat_at: at(1) })?;
    let cell = kept_cell("mood", "good", clock(1, OTHER));
    tx.keep("executions", &key.to_bytes(), &cell, change_number(change + 5))?;
    for (more, name) in (6..).zip(["a", "without a row"]) {
        let key = RowKey::Tag(id(n), tag(name)).to_bytes();
        tx.keep("tags", &key, &cell, change_number(change + more))?;
    }
    let refused = refusal(0, &key, change + 2, "full");
    let others = [
        ItemKey::from(&RowKey::Tag(id(n), tag("a"))),
        ItemKey::from(&RowKey::Tag(id(n), tag("without a row"))),
        ItemKey::piece(log_key(n), 1),
        ItemKey::gap(log_key(n), 7, GapReason::Limit),
    ];
    for item in others {
        tx.put_rejection(&Rejection { item, ..refused.clone() })?;
    }
    tx.put_rejection(&refused)
}

/// Nothing of a purged run is left but its key with the clock of the purge: a store that never had
/// it answers the same in all else.
pub fn a_purge_leaves_nothing_but_the_key<F: Factory>(factory: &mut F) {
    let (mut purged, mut without) = (factory.create(), factory.create());
    for (store, has_it) in [(&mut purged, true), (&mut without, false)] {
        write(store, |tx| {
            tx.put_backend(&backend(0, 0))?;
            put_rich_run(tx, 1, 1)?;
            if has_it {
                put_rich_run(tx, 2, 101)?;
            }
            put_rich_run(tx, 3, 201)
        });
    }
    let key = RowKey::Execution(id(2));
    assert_eq!(read(&mut purged, |tx| tx.purged(&key)), None);
    write(&mut purged, |tx| tx.purge(id(2), clock(77, OTHER), change_number(0)));
    assert_eq!(read(&mut purged, |tx| tx.purged(&key)), Some(clock(77, OTHER)));
    write(&mut without, |tx| tx.purge(id(2), clock(77, OTHER), change_number(0)));
    Dump::of(&mut purged).assert_eq(&Dump::of(&mut without), "after the purge");
    let mut purged = factory.reopen(purged);
    Dump::of(&mut purged).assert_eq(&Dump::of(&mut without), "after the purge, reopened");
}

/// Of a purged run neither its params nor its tags are found any more, by any order or filter.
pub fn no_listing_finds_a_purged_run<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| put_rich_run(tx, 1, 1));
    write(&mut store, |tx| tx.purge(id(1), clock(9, DEVICE), change_number(0)));
    for order in [Order::NewestFirst, Order::ShortestFirst] {
        for deleted in [false, true] {
            let mut plain = ListQuery::newest(9);
            plain.order = order;
            plain.filter.deleted = deleted;
            let (mut by_tag, mut by_param) = (plain.clone(), plain.clone());
            by_tag.filter.tag = Some("a".into());
            by_param.filter.param = Some(("env".into(), "prod".into()));
            for query in [plain, by_tag, by_param] {
                assert_eq!(read(&mut store, |tx| tx.list(&query)).rows, []);
                assert_eq!(read(&mut store, |tx| tx.count(&query)), 0);
            }
        }
    }
    let pattern = id(1).short().parse().unwrap();
    assert_eq!(read(&mut store, |tx| tx.find(&pattern, 9)), []);
}

/// A row that an execution never had (its tags came first) is purged with it as well.
pub fn tags_without_their_run_are_purged<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| {
        put_tag(tx, 1, "early", 1)?;
        put_tag(tx, 2, "early", 2)?;
        tx.purge(id(1), clock(5, OTHER), change_number(0))
    });
    assert_eq!(read(&mut store, |tx| tx.tags(id(1))), []);
    assert_eq!(read(&mut store, |tx| tx.tags(id(2))).len(), 1);
    assert_eq!(read(&mut store, |tx| tx.changes(change_number(0), 9)).len(), 1);
}

/// A later purge of the same key moves its clock.
pub fn the_last_purge_gives_the_clock<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    for seconds in [5, 8] {
        write(&mut store, |tx| tx.purge(id(1), clock(seconds, OTHER), change_number(0)));
    }
    let key = RowKey::Execution(id(1));
    assert_eq!(read(&mut store, |tx| tx.purged(&key)), Some(clock(8, OTHER)));
}

/// A purge goes through the trash.
pub fn only_the_trash_is_purged<F: Factory>(factory: &mut F) {
    use runlog_core::history::HistoryError::{NotFound, NotInTrash};
    let mut history = history(factory);
    let run = start(&mut history, 1, 1);
    assert_eq!(history.write(at(2), |tx| tx.purge(run)), Err(NotInTrash { id: run }));
    assert_eq!(history.write(at(2), |tx| tx.purge(id(2))), Err(NotFound { id: id(2) }));
    history.write(at(3), |tx| tx.delete(run)).unwrap();
    history.write(at(4), |tx| tx.purge(run)).unwrap();
    assert_eq!(history.write(at(5), |tx| tx.purge(run)), Err(NotFound { id: run }));
    assert_eq!(history.read(|tx| tx.execution(run)), Ok(None));
}

/// SYNC 23: older records of a purged run stay out, whatever they are of. What the purge did not know
/// of is added to what it names, so that relays let go of it too.
pub fn records_of_a_purged_run_stay_out<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let run = start(&mut history, 1, 1);
    start(&mut history, 2, 1);
    history
        .write(at(2), |tx| {
            tx.tag(run, &tag("a"))?;
            tx.set_note(run, Some("noted"))
        })
        .unwrap();
    let mut late = records(history.store_mut());
    late.retain(|record| record.key.starts_with(run.as_bytes()));
    let unknown = |table: &str, key: RowKey| RowRecord {
        table: table.to_owned(),
        key: key.to_bytes(),
        clock: clock(1, OTHER),
        cells: vec![("mood".to_owned(), "good".into())],
    };
    late.push(unknown("executions", RowKey::Execution(run)));
    late.push(unknown("tags", RowKey::Tag(run, tag("new"))));
    history.write(at(3), |tx| tx.delete(run)).unwrap();
    history.write(at(4), |tx| tx.purge(run)).unwrap();
    let before = Dump::of(history.store_mut());
    assert!(late.len() >= 5);
    for record in late {
        let merged = history.write(at(5), |tx| tx.merge(vec![record.clone()])).unwrap();
        assert_eq!(merged, [Merged::Purged], "{record:?}");
        let news = record.key == RowKey::Tag(run, tag("new")).to_bytes();
        let after = Dump::of(history.store_mut());
        if news {
            let newest = history.read(|tx| Ok(tx.tx().changes(ChangeNumber::ZERO, 100)?)).unwrap();
            let purge = ChangedItem::Purge { execution: run };
            assert_eq!(newest.last().map(|change| &change.item), Some(&purge));
        } else {
            after.assert_eq(&before, format!("after {record:?}"));
        }
        assert_eq!(history.read(|tx| tx.execution(run)), Ok(None));
    }
}

/// A program that does not know the table of tags keeps none of a run that it purged but what was
/// written after the purge.
pub fn an_older_program_keeps_nothing_of_a_purged_run<F: Factory>(factory: &mut F) {
    let older = Older { tables: &[ItemKey::TAGS], columns: &[] };
    let mut history = History::open_as(factory.create(), DEVICE, older).unwrap();
    let run = start(&mut history, 1, 1);
    let named = RowRecord {
        table: ItemKey::TAGS.to_owned(),
        key: RowKey::Tag(run, tag("a")).to_bytes(),
        clock: clock(1, OTHER),
        cells: vec![("deleted".to_owned(), Value::Integer(0))],
    };
    let unnamed = RowRecord { key: RowKey::Tag(run, tag("b")).to_bytes(), ..named.clone() };
    let newer = RowRecord { clock: clock(50, OTHER), ..named.clone() };
    let merge = |history: &mut History<F::Store>, record: &RowRecord| {
        history.write(at(5), |tx| tx.merge(vec![record.clone()])).unwrap()[0]
    };
    assert_eq!(merge(&mut history, &named), Merged::Updated);
    history.write(at(3), |tx| tx.delete(run)).unwrap();
    history.write(at(4), |tx| tx.purge(run)).unwrap();
    for record in [&named, &unnamed] {
        assert_eq!(merge(&mut history, record), Merged::Purged, "{record:?}");
        assert_eq!(read(history.store_mut(), |tx| tx.kept_rows(9)), []);
    }
    assert_eq!(merge(&mut history, &newer), Merged::Updated);
    assert_eq!(read(history.store_mut(), |tx| tx.kept(ItemKey::TAGS, &newer.key)).len(), 1);
}

/// A restore elsewhere that is newer than the purge brings the run back, and only what it re-stated:
/// older records stay out, before it and after it.
pub fn a_newer_restore_outlives_a_purge<F: Factory>(factory: &mut F) {
    let key = RowKey::Execution(id(1));
    let restated = |columns: &[ColumnId], millis| {
        let cells: Vec<_> = columns.iter().map(|column| (*column, Value::from("told"))).collect();
        (clock(millis, OTHER), cells)
    };
    let newer = restated(&[executions::WORKFLOW_NAME], 9_000_000_000_000);
    let older = restated(&[executions::WORKFLOW_NAME, executions::HOST_NAME], 1);
    let mut dumps = Vec::new();
    for order in [[&older, &newer], [&newer, &older]] {
        let mut history = history(factory);
        let run = start(&mut history, 1, 1);
        history.write(at(2), |tx| tx.delete(run)).unwrap();
        history.write(at(3), |tx| tx.purge(run)).unwrap();
        for (clock, cells) in order {
            history.write(at(4), |tx| tx.merge_row(&key, *clock, cells.clone())).unwrap();
        }
        let row = read(history.store_mut(), |tx| tx.row(&key, executions::ALL)).unwrap();
        assert_eq!(row.clocks.covered(), ColumnSet::of(&[executions::WORKFLOW_NAME]));
        dumps.push(row.cells);
    }
    assert_eq!(dumps[0], dumps[1]);
}

/// The key's clock lets nothing of the store's other answers change: a purged id can be purged and
/// asked for without the run having been there.
pub fn an_unknown_run_can_be_purged<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| put_job(tx, 2, 1));
    write(&mut store, |tx| tx.purge(id(1), clock(5, OTHER), change_number(0)));
    let key = RowKey::Execution(id(1));
    assert_eq!(read(&mut store, |tx| tx.row(&key, executions::ALL)), None);
    assert_eq!(read(&mut store, |tx| tx.count(&ListQuery::newest(1))), 1);
    assert_eq!(read(&mut store, |tx| tx.purged(&RowKey::Execution(id(2)))), None);
    let _: Result<(), _> = store.write(|tx| tx.purge(id(2), clock(6, OTHER), change_number(0)));
    assert_eq!(read(&mut store, |tx| tx.count(&ListQuery::newest(1))), 0);
}

/// SYNC 23: a purge is a change like any other, under its newest number; with zero it does not
/// travel.
pub fn a_purge_travels<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let changes = |store: &mut F::Store| {
        let changes = read(store, |tx| tx.changes(change_number(0), 9)).into_iter();
        changes.map(|change| (change.number.get(), change.item)).collect::<Vec<_>>()
    };
    let purge = |n| ChangedItem::Purge { execution: id(n) };
    let row = |n| ChangedItem::Row(RowKey::Execution(id(n)));
    write(&mut store, |tx| {
        put_job(tx, 1, 1)?;
        put_job(tx, 2, 2)?;
        put_job(tx, 3, 4)?;
        tx.purge(id(1), clock(5, OTHER), change_number(3))?;
        tx.purge(id(2), clock(5, OTHER), change_number(0))
    });
    assert_eq!(changes(&mut store), [(3, purge(1)), (4, row(3))]);
    write(&mut store, |tx| {
        tx.purge(id(1), clock(6, OTHER), change_number(5))?;
        tx.purge(id(4), clock(6, OTHER), change_number(6))
    });
    let mut store = factory.reopen(store);
    assert_eq!(changes(&mut store), [(4, row(3)), (5, purge(1)), (6, purge(4))]);
    let after = read(&mut store, |tx| tx.changes(change_number(4), 1));
    assert_eq!(after, [Change { number: change_number(5), item: purge(1) }]);
    write(&mut store, |tx| tx.purge(id(1), clock(7, OTHER), change_number(0)));
    assert_eq!(changes(&mut store), [(4, row(3)), (6, purge(4))]);
}

/// Everything of a run that can have been sent, each once and in order, whether its row is here or
/// not; nothing of other runs.
pub fn a_run_knows_what_goes_with_it<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| {
        (1..=3).try_for_each(|n| put_rich_run(tx, n, n * 100))?;
        put_tag(tx, 4, "early", 401)?;
        tx.keep("moods", id(2).as_bytes(), &kept_cell("mood", 1, clock(1, OTHER)), {
            change_number(402)
        })?;
        tx.purge(id(5), clock(9, OTHER), change_number(403))
    });
    let tagged = |n, text| ItemKey::from(&RowKey::Tag(id(n), tag(text)));
    let wanted = [
        ItemKey::from(&RowKey::Execution(id(2))),
        ItemKey::piece(log_key(2), 1),
        ItemKey::gap(log_key(2), 7, GapReason::Limit),
        tagged(2, "a"),
        tagged(2, "b"),
        tagged(2, "without a row"),
    ];
    assert_eq!(read(&mut store, |tx| tx.execution_items(id(2))), wanted);
    assert_eq!(read(&mut store, |tx| tx.execution_items(id(4))), [tagged(4, "early")]);
    write(&mut store, |tx| tx.purge(id(2), clock(9, OTHER), change_number(404)));
    for n in [2, 5, 6] {
        assert_eq!(read(&mut store, |tx| tx.execution_items(id(n))), []);
    }
}

/// A purge by hand travels, and remembers what went with the run.
pub fn a_purge_notes_what_went<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let run = start(&mut history, 1, 1);
    history.write(at(2), |tx| tx.tag(run, &tag("a"))).unwrap();
    history.write(at(3), |tx| tx.delete(run)).unwrap();
    let items = read(history.store_mut(), |tx| tx.execution_items(run));
    assert_eq!(items.len(), 2);
    let before = read(history.store_mut(), |tx| tx.counters()).change;
    history.write(at(4), |tx| tx.purge(run)).unwrap();
    let store = history.store_mut();
    let note = read(store, |tx| tx.note(Room::Purge, run.as_bytes())).unwrap();
    assert_eq!(decode_items(&note), Ok(items));
    let purge = Change { number: before.next(), item: ChangedItem::Purge { execution: run } };
    assert_eq!(read(store, |tx| tx.changes(change_number(0), 9)), [purge]);
    assert_eq!(read(store, |tx| tx.counters()).change, before.next());
}
