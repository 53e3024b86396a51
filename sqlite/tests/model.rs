//! The store against the in-memory reference, by random scripts.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use std::fmt::Write;

use proptest::prelude::*;
use runlog_core::clock::{Clock, ClockTime, ColumnId};
use runlog_core::id::{DeviceId, ExecutionId, IdPattern};
use runlog_core::log::{Gap, GapReason, Level, LineRef, Lines, LogKey, PieceHead, Stream};
use runlog_core::model::{Kind, NewExecution, Status, Tag};
use runlog_core::query::{Filter, ListQuery, Order};
use runlog_core::schema::{RowKey, Table, executions};
use runlog_core::store::{
    Backend, BackendId, ChangeNumber, Counters, KeptCell, Lease, MemoryStore, OwnerId, ReadTx,
    Rejection, Row, Store, StoreError, StoreResult,
};
use runlog_core::time::Timestamp;
use runlog_core::value::Value;
use support::{in_memory, put};

const EXECUTIONS: u8 = 5;
const TAGS: [&str; 3] = ["ci", "nightly", "ä"];

/// One step of a script: what to do, to which execution, and numbers that each step reads its way.
type Step = (u8, u8, [u8; 4]);

fn execution(number: u8) -> ExecutionId {
    // Two of them share their tail, all share their head.
    let number = u128::from(number % EXECUTIONS);
    ExecutionId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number << 40 | (number / 2))
}

fn device(number: u8) -> DeviceId {
    DeviceId::from_u128(u128::from(number % 3) + 1)
}

fn backend(number: u8) -> BackendId {
    BackendId(u128::from(number % 3) << 100)
}

fn tag(number: u8) -> Tag {
    Tag::new(TAGS[usize::from(number) % TAGS.len()]).unwrap()
}

fn log(step: &Step) -> LogKey {
    LogKey { execution: execution(step.1), device: device(step.2[3]) }
}

fn whole(step: &Step) -> Vec<(ColumnId, Value)> {
    let [a, b, c, d] = step.2;
    let at = Timestamp::from_millis(i64::from(a % 8) * 100);
    let kind = Kind::ALL[usize::from(b) % Kind::ALL.len()];
    let workflow = if c % 2 == 0 { "build" } else { "test" };
    let mut new = NewExecution::new(execution(step.1), kind, workflow, at).unwrap();
    if d % 4 == 0 {
        new.started_at = None;
    }
    new.params.set("env", if c % 3 == 0 { "prod" } else { "test" }).unwrap();
    let long = format!("{}{}", "ö".repeat(127 + usize::from(d % 3)), d % 2);
    new.params.set("long", long).unwrap();
    new.to_cells(device(d)).unwrap()
}

/// A value for a column: of its type as a rule, and as it may be shown in most cases.
fn any_cell(number: u8, choice: u8) -> (ColumnId, Value) {
    let column = &Table::Executions.columns()[usize::from(number) % executions::ALL.len()];
    let texts = ["completed", "failed", "job", "{}", "[]", "", "{\"env\":\"prod\"}", "x"];
    let value = match choice % 16 {
        0 => Value::Null,
        1 => Value::Text("12".into()),
        2 => Value::Real(3.0),
        3 => Value::Real(-0.0),
        4 => Value::Blob(vec![7; 3]),
        5 => Value::Integer(i64::MIN),
        6 => Value::Integer(i64::MAX),
        other => match column.column_type {
            runlog_core::schema::ColumnType::Integer => Value::Integer(i64::from(other % 3)),
            runlog_core::schema::ColumnType::Text => {
                Value::Text(texts[usize::from(choice / 16) % texts.len()].into())
            }
            runlog_core::schema::ColumnType::Blob => Value::Blob(vec![other; 16]),
        },
    };
    (column.id, value)
}

fn ending(step: &Step) -> Vec<(ColumnId, Value)> {
    let [a, b, c, _] = step.2;
    let code = Value::Integer(i64::from(b % 3));
    vec![
        (executions::OUTCOME, Value::from(["completed", "failed"][usize::from(a % 2)])),
        (executions::ENDED_AT, Value::Integer(i64::from(c) * 10)),
        (executions::EXIT_CODE, code),
        (executions::SIGNAL, Value::Null),
    ]
}

fn lines(step: &Step) -> Lines {
    let mut lines = Lines::new();
    for number in 0..=step.2[1] % 5 {
        lines.push(LineRef {
            time: Timestamp::from_millis(i64::from(number) * 7),
            stream: Stream::ALL[usize::from(number) % 2],
            level: Some(Level::ALL[usize::from(step.2[2]) % 5]),
            continued: false,
            bytes: format!("line {number}\n of {:?}", step.2).as_bytes(),
        });
    }
    lines
}

fn head(step: &Step, lines: &Lines, change: u64) -> PieceHead {
    let first = u64::from(step.2[0] % 4) * 10 + 1;
    let sealed = step.2[2].is_multiple_of(2);
    PieceHead {
        log: log(step),
        first,
        last: first + lines.len() as u64 - 1,
        bytes: lines.bytes() as u64,
        last_at: lines.last_at(),
        contents: lines.contents(),
        sealed,
        change: ChangeNumber::new(if sealed { change } else { 0 }),
    }
}

fn clock_of(step: &Step, change: u64) -> Clock {
    Clock { time: ClockTime::new(change / 2, 0), device: device(step.2[3]) }
}

fn apply<S: Store>(store: &mut S, step: &Step, change: u64) -> StoreResult<()> {
    match step.0 {
        0..=12 => apply_to_row(store, step, change),
        13..=15 => apply_to_kept(store, step, change),
        16..=20 => apply_to_log(store, step, change),
        21..=27 => apply_to_state(store, step, change),
        _ => fail(store, step, change),
    }
}

fn apply_to_row<S: Store>(store: &mut S, step: &Step, change: u64) -> StoreResult<()> {
    let (operation, number, [a, b, c, d]) = *step;
    let id = execution(number);
    let key = RowKey::Execution(id);
    let clock = clock_of(step, change);
    match operation {
        0..=3 => put(store, &key, clock, change, &whole(step)),
        4 | 5 => put(store, &key, clock, change, &ending(step)),
        6..=8 => put(store, &key, clock, change, &[any_cell(a, b), any_cell(c, d)]),
        9 => {
            let deleted = Value::Integer(i64::from(a % 2));
            put(store, &key, clock, change, &[(executions::DELETED, deleted)])
        }
        _ => {
            let value = any_cell(executions::DELETED.index() as u8, b);
            let deleted = if b % 4 == 0 { value.1 } else { Value::Integer(i64::from(b % 2)) };
            let cells = [(runlog_core::schema::tags::DELETED, deleted)];
            put(store, &RowKey::Tag(id, tag(a)), clock, change, &cells)
        }
    }
}

fn apply_to_kept<S: Store>(store: &mut S, step: &Step, change: u64) -> StoreResult<()> {
    let (operation, number, [a, b, c, d]) = *step;
    let id = execution(number);
    let key = RowKey::Execution(id);
    let clock = clock_of(step, change);
    let number_of_change = ChangeNumber::new(change);
    match operation {
        13 => store.write(|tx| tx.purge(id, clock, ChangeNumber::ZERO)),
        14 => store.write(|tx| {
            let value = [Value::Real(f64::NAN), Value::Null, any_cell(c, d).1];
            let cell = KeptCell {
                column: ["new", "newer"][usize::from(a % 2)].into(),
                clock,
                value: value[usize::from(b) % 3].clone(),
            };
            let table = ["executions", "tags", "later"][usize::from(c) % 3];
            let key = if table == "tags" { RowKey::Tag(id, tag(d)) } else { key };
            tx.keep(table, &key.to_bytes(), &cell, number_of_change)
        }),
        _ => store.write(|tx| {
            let table = ["executions", "tags", "later"][usize::from(c) % 3];
            let key = if table == "tags" { RowKey::Tag(id, tag(d)) } else { key };
            tx.unkeep(table, &key.to_bytes(), ["new", "newer"][usize::from(a % 2)])
        }),
    }
}

fn apply_to_log<S: Store>(store: &mut S, step: &Step, change: u64) -> StoreResult<()> {
    let (operation, _, [a, b, c, _]) = *step;
    let number_of_change = ChangeNumber::new(change);
    match operation {
        16 | 17 => store.write(|tx| {
            let lines = lines(step);
            tx.put_piece(&head(step, &lines, change), &lines)
        }),
        18 => store.write(|tx| {
            let first = u64::from(a % 4) * 10 + 1;
            tx.renumber_piece(log(step), first, number_of_change)
        }),
        19 => store.write(|tx| {
            let first = u64::from(a % 3) * 10;
            tx.remove_pieces(log(step), first..=first + u64::from(b % 20))
        }),
        _ => store.write(|tx| {
            let first = u64::from(a % 3);
            tx.put_gap(&Gap {
                log: log(step),
                first,
                last: first + u64::from(b),
                bytes: u64::from(c),
                reason: [GapReason::Limit, GapReason::Queue][usize::from(c % 2)],
                pieces: vec![first, first + u64::from(b % 4), u64::MAX],
                change: number_of_change,
            })
        }),
    }
}

fn apply_to_state<S: Store>(store: &mut S, step: &Step, change: u64) -> StoreResult<()> {
    let (operation, number, [a, b, c, d]) = *step;
    let id = execution(number);
    let key = RowKey::Execution(id);
    let number_of_change = ChangeNumber::new(change);
    match operation {
        21 => store.write(|tx| {
            let heartbeat_at = Timestamp::from_millis(i64::from(b));
            tx.put_lease(&Lease { execution: id, owner: OwnerId(a.into()), heartbeat_at })
        }),
        22 => store.write(|tx| tx.remove_lease(id)),
        23 => store.write(|tx| {
            let sent = ChangeNumber::new(u64::from(b));
            let position = vec![c; usize::from(d % 3)];
            tx.put_backend(&Backend {
                id: backend(a),
                name: format!("backend {b}"),
                settings: vec![d; usize::from(b % 3)],
                added_at: Timestamp::from_millis(c.into()),
                enabled: b % 2 == 0,
                sent,
                position,
            })
        }),
        24 => store.write(|tx| tx.remove_backend(backend(a))),
        25 => store.write(|tx| {
            let up_to = ChangeNumber::new(u64::from(b % 32));
            tx.put_mark(backend(a), up_to, Timestamp::from_millis(i64::from(c)))
        }),
        26 => store.write(|tx| {
            let key = if b % 2 == 0 { key } else { RowKey::Tag(id, tag(c)) };
            let change = ChangeNumber::new(change.saturating_sub(u64::from(d % 4)));
            let reason = format!("reason {b}");
            tx.put_rejection(&Rejection {
                backend: backend(a),
                item: (&key).into(),
                change,
                code: format!("code {c}"),
                reason,
                at: Timestamp::from_millis(d.into()),
            })
        }),
        _ => store.write(|tx| {
            let clock = ClockTime::from_packed(u64::MAX - u64::from(a));
            tx.set_counters(Counters { clock, change: number_of_change })?;
            tx.set_device(device(b))
        }),
    }
}

/// What a failed transaction did is undone, devices that it numbered included.
fn fail<S: Store>(store: &mut S, step: &Step, change: u64) -> StoreResult<()> {
    store.write(|tx| {
        let lines = lines(step);
        let mut head = head(step, &lines, change);
        head.log.device = DeviceId::from_u128(u128::from(step.2[0]) + 1_000);
        tx.put_piece(&head, &lines)?;
        tx.purge(execution(step.1), clock_of(step, change), ChangeNumber::ZERO)?;
        Err(StoreError::Full)
    })
}

fn filters() -> Vec<Filter> {
    let set = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter
    };
    let mut filters = vec![
        set(|_| ()),
        set(|f| f.workflow_id = Some("build".into())),
        set(|f| f.kind = Some(Kind::Job)),
        set(|f| f.status = Some(Status::Running)),
        set(|f| f.status = Some(Status::Failed)),
        set(|f| f.device_id = Some(device(0))),
        set(|f| f.tag = Some("ci".into())),
        set(|f| f.tag = Some("\u{1}".into())),
        set(|f| f.param = Some(("env".into(), "prod".into()))),
        set(|f| f.param = Some(("long".into(), format!("{}1", "ö".repeat(127))))),
        set(|f| f.param = Some(("long".into(), format!("{}0", "ö".repeat(129))))),
        set(|f| f.exit_code = Some(0)),
        set(|f| f.since = Some(Timestamp::from_millis(200))),
        set(|f| f.until = Some(Timestamp::from_millis(500))),
        set(|f| f.duration_ms_min = Some(100)),
        set(|f| f.duration_ms_max = Some(1_000)),
        set(|f| {
            f.since = Some(Timestamp::from_millis(100));
            f.duration_ms_max = Some(2_000);
            f.tag = Some("nightly".into());
            f.param = Some(("env".into(), "test".into()));
        }),
        set(|f| {
            f.workflow_id = Some("test".into());
            f.status = Some(Status::Completed);
            f.until = Some(Timestamp::from_millis(600));
            f.duration_ms_min = Some(u64::MAX);
        }),
    ];
    let mut trash = filters.clone();
    trash.iter_mut().for_each(|filter| filter.deleted = true);
    filters.append(&mut trash);
    filters
}

fn show(into: &mut String, row: &Row) {
    let Row { cells, clocks, change, visibility } = row;
    writeln!(into, "{cells:?} {:?} {change:?} {visibility:?}", clocks.groups()).unwrap();
}

/// Everything that can be read, as text.
fn observe(tx: &dyn ReadTx) -> StoreResult<String> {
    let mut seen = String::new();
    let out = &mut seen;
    writeln!(out, "{:?} {:?} {:?}", tx.device()?, tx.counters()?, tx.leases()?).unwrap();
    for number in 0..EXECUTIONS {
        observe_execution(tx, execution(number), out)?;
    }
    writeln!(out, "{:?} {:?}", tx.hidden(2)?, tx.hidden(100)?).unwrap();
    for after in [0, 3, 10] {
        for limit in [2, 1_000] {
            let changes = tx.changes(ChangeNumber::new(after), limit)?;
            writeln!(out, "{changes:?}").unwrap();
        }
    }
    writeln!(out, "{:?} {:?}", tx.kept_rows(1)?, tx.kept_rows(100)?).unwrap();
    writeln!(out, "{:?}", tx.backends()?).unwrap();
    for number in 0..3 {
        for change in [0, 5, 31] {
            let at = tx.acknowledged_at(backend(number), ChangeNumber::new(change))?;
            write!(out, "{at:?} ").unwrap();
        }
    }
    for filter in filters() {
        observe_lists(tx, &filter, out)?;
    }
    Ok(seen)
}

fn observe_execution(tx: &dyn ReadTx, id: ExecutionId, out: &mut String) -> StoreResult<()> {
    writeln!(out, "\n{id}").unwrap();
    let key = RowKey::Execution(id);
    for columns in [executions::ALL, executions::ENDING] {
        if let Some(row) = tx.row(&key, columns)? {
            show(out, &row);
        }
    }
    for (tag, row) in tx.tags(id)? {
        write!(out, "{tag} ").unwrap();
        show(out, &row);
    }
    let mut keys = vec![key];
    keys.extend((0..3).map(|number| RowKey::Tag(id, tag(number))));
    for key in &keys {
        for table in ["executions", "tags", "later"] {
            write!(out, "{:?} ", tx.kept(table, &key.to_bytes())?).unwrap();
        }
        for number in 0..3 {
            write!(out, "{:?} ", tx.rejection(backend(number), &key.into())?).unwrap();
        }
        write!(out, "{:?} ", tx.purged(key)?).unwrap();
    }
    for range in [0..=u64::MAX, 11..=12, 25..=i64::MAX as u64, 0..=0] {
        writeln!(out, "{:?}", tx.pieces(id, range)?).unwrap();
    }
    for number in 0..4 {
        for first in [1, 11, 21] {
            let log = LogKey { execution: id, device: device(number) };
            writeln!(out, "{:?}", tx.piece_lines(log, first)?).unwrap();
        }
    }
    writeln!(out, "{} {:?}", tx.last_sequence(id)?, tx.gaps(id)?).unwrap();
    let text = id.to_string();
    for pattern in [&text[..], &text[..4], &text[..14], &text[text.len() - 8..]] {
        let pattern: IdPattern = pattern.parse().unwrap();
        write!(out, "{:?} {:?} ", tx.find(&pattern, 1)?, tx.find(&pattern, 9)?).unwrap();
    }
    Ok(())
}

fn observe_lists(tx: &dyn ReadTx, filter: &Filter, out: &mut String) -> StoreResult<()> {
    let orders =
        [Order::NewestFirst, Order::OldestFirst, Order::LongestFirst, Order::ShortestFirst];
    for order in orders {
        for (limit, offset) in [(100, 0), (0, 0), (2, 1), (1, 0)] {
            let mut query = ListQuery::newest(limit);
            query.filter = filter.clone();
            query.order = order;
            query.offset = offset;
            for _ in 0..4 {
                let page = tx.list(&query)?;
                writeln!(out, "{order:?} {limit} {page:?} {}", tx.count(&query)?).unwrap();
                let Some(next) = page.next else { break };
                query.after = Some(next);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_script_gives_what_the_reference_gives(
        script in proptest::collection::vec((0..29u8, 0..EXECUTIONS, any::<[u8; 4]>()), 1..40),
    ) {
        let (mut sqlite, mut memory) = (in_memory(), MemoryStore::new());
        for (step, number) in script.iter().zip(1..) {
            let (found, expected) =
                (apply(&mut sqlite, step, number), apply(&mut memory, step, number));
            prop_assert_eq!(found, expected, "step {:?}", step);
        }
        let expected = memory.read(observe).unwrap();
        let found = sqlite.read(observe).unwrap();
        for (found, expected) in found.lines().zip(expected.lines()) {
            prop_assert_eq!(found, expected);
        }
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(sqlite.check().unwrap(), []);
        sqlite.rebuild_derived().unwrap();
        prop_assert_eq!(sqlite.read(observe).unwrap(), expected);
    }
}
