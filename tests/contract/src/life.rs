//! M1 to M3, R3: an execution's life, what people put on it, and what becomes of orphans.

use runlog_core::history::{History, HistoryError};
use runlog_core::model::{
    Attributes, Ending, Execution, Exit, Kind, NewExecution, Outcome, Params, Status,
};
use runlog_core::store::{OwnerId, Store};

use crate::Factory;
use crate::dump::Dump;
use crate::sample::{
    DEVICE, OTHER, at, clock, completed, exited, history, id, job, lines, read, start, tag,
};

fn run<S: Store>(history: &mut History<S>, n: u64) -> Execution {
    history.read(|tx| tx.execution(id(n))).unwrap().unwrap()
}

fn status<S: Store>(history: &mut History<S>, n: u64) -> Status {
    run(history, n).status()
}

fn full_execution() -> NewExecution {
    let mut new = NewExecution::new(id(1), Kind::Prompt, "ask \u{1f600}", at(5)).unwrap();
    let text = |text: &str| Some(text.to_owned());
    new.started_at = Some(at(6));
    new.workflow_name = text("Ask");
    new.argv = vec!["ask".into(), String::new(), "\"quoted\" \\ \u{0}".into()];
    new.binary_path = text("/usr/bin/ask");
    new.working_directory = text("");
    new.user = text("mo");
    new.host_name = text("host");
    new.parent_id = Some(id(2));
    new.retry_of = Some(id(3));
    new.engine_id = text("engine");
    new.compiled_prompt = text("line\nline");
    new.used_fallback = Some(false);
    new.note = text("note");
    new.pinned = true;
    new.tags = vec![tag("b"), tag("a"), tag("b")];
    new.params.set("env", "prod").unwrap();
    new.params.set("empty", "").unwrap();
    new.attributes.set("deep", serde_json::json!({"a": [1, null, 1.5, i64::MIN, "\u{0}"]}));
    new
}

/// M1: every field reads back, in the execution and in the listing.
pub fn every_field_reads_back<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let new = full_execution();
    history.write(at(7), |tx| tx.start(&new)).unwrap();
    let mut history = History::open(factory.reopen(history.into_store()), OTHER).unwrap();
    let found = run(&mut history, 1);
    assert_eq!(found.params, new.params);
    assert_eq!(found.attributes, new.attributes);
    assert_eq!(found.compiled_prompt, new.compiled_prompt);
    let summary = found.summary;
    assert_eq!(
        (summary.id, summary.kind, &summary.workflow_id),
        (new.id, new.kind, &new.workflow_id)
    );
    assert_eq!((summary.created_at, summary.started_at), (new.created_at, new.started_at));
    assert_eq!((summary.ending, summary.lost_at), (None, None));
    assert_eq!(summary.workflow_name, new.workflow_name);
    assert_eq!(summary.argv, new.argv);
    assert_eq!(summary.binary_path, new.binary_path);
    assert_eq!(summary.working_directory, new.working_directory);
    assert_eq!((&summary.user, &summary.host_name), (&new.user, &new.host_name));
    assert_eq!((summary.parent_id, summary.retry_of), (new.parent_id, new.retry_of));
    assert_eq!(summary.engine_id, new.engine_id);
    assert_eq!(summary.used_fallback, new.used_fallback);
    assert_eq!((&summary.note, summary.pinned), (&new.note, new.pinned));
    assert_eq!(summary.tags, [tag("a"), tag("b")]);
    assert_eq!((summary.device_id, summary.deleted), (DEVICE, false));
    assert_eq!(summary.updated_at, at(7));
    let page = history.read(|tx| tx.list(&runlog_core::query::ListQuery::newest(5))).unwrap();
    assert_eq!(page.executions, [summary]);
}

/// M2: from waiting to running to an end, each step once and none back.
pub fn a_life_goes_one_way<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let mut waiting = job(1, 1);
    waiting.started_at = None;
    history.write(at(1), |tx| tx.start(&waiting)).unwrap();
    assert_eq!(status(&mut history, 1), Status::NotStarted);
    history.write(at(2), |tx| tx.begin_running(id(1), at(2))).unwrap();
    assert_eq!(status(&mut history, 1), Status::Running);
    let begun_twice = history.write(at(3), |tx| tx.begin_running(id(1), at(3)));
    assert!(matches!(begun_twice, Err(HistoryError::Transition { status: Status::Running, .. })));
    history.write(at(4), |tx| tx.finish(id(1), &exited(3, 4))).unwrap();
    let before = Dump::of(history.store_mut());
    for result in [
        history.write(at(5), |tx| tx.finish(id(1), &completed(5))),
        history.write(at(5), |tx| tx.begin_running(id(1), at(5))),
        history.write(at(5), |tx| tx.lose(id(1), at(5))),
    ] {
        let refused =
            matches!(result, Err(HistoryError::Transition { status: Status::Failed, .. }));
        assert!(refused, "{result:?}");
    }
    Dump::of(history.store_mut()).assert_eq(&before, "after the refused steps");
    let none = history.write(at(5), |tx| tx.finish(id(9), &completed(5)));
    assert_eq!(none, Err(HistoryError::NotFound { id: id(9) }));
}

/// Each outcome reads back with its time and how the process left, from waiting or running.
pub fn endings_read_back<F: Factory>(factory: &mut F) {
    let exits = [Exit::Unknown, Exit::Code(0), Exit::Code(i32::MIN), Exit::Signal(9)];
    let mut history = history(factory);
    let mut n = 0;
    for outcome in Outcome::ALL {
        for exit in exits {
            let mut new = job(n, 1);
            new.started_at = (n % 2 == 0).then_some(at(1));
            let ending = Ending { outcome: *outcome, ended_at: at(2), exit };
            history
                .write(at(3), |tx| {
                    tx.start(&new)?;
                    tx.finish(new.id, &ending)
                })
                .unwrap();
            let found = run(&mut history, n);
            assert_eq!(found.summary.ending, Some(ending));
            assert_eq!(found.status(), Status::from(*outcome));
            n += 1;
        }
    }
}

/// An id is taken once, by whatever is there, also by a run in the trash.
pub fn an_id_is_taken_once<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    start(&mut history, 2, 1);
    history.write(at(2), |tx| tx.delete(id(2))).unwrap();
    let before = Dump::of(history.store_mut());
    for n in [1, 2] {
        let mut again = job(n, 9);
        again.tags = vec![tag("again")];
        let result = history.write(at(9), |tx| tx.start(&again));
        assert_eq!(result, Err(HistoryError::Exists { id: id(n) }));
    }
    Dump::of(history.store_mut()).assert_eq(&before, "after the refusals");
}

/// Notes, pins, params, attributes and tags are set, replaced and removed; what has the value already
/// is no change.
pub fn edits_are_made_once<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut params = Params::new();
    params.set("env", "prod").unwrap();
    let mut attributes = Attributes::new();
    attributes.set("x", 1);
    let edit = |tx: &mut runlog_core::history::HistoryWriter<'_>| {
        tx.set_note(id(1), Some("a note"))?;
        tx.set_pinned(id(1), true)?;
        tx.set_params(id(1), &params)?;
        tx.set_attributes(id(1), &attributes)?;
        tx.tag(id(1), &tag("on"))?;
        tx.untag(id(1), &tag("never on"))
    };
    history.write(at(2), edit).unwrap();
    let found = run(&mut history, 1);
    assert_eq!((found.summary.note.as_deref(), found.summary.pinned), (Some("a note"), true));
    assert_eq!((&found.params, &found.attributes), (&params, &attributes));
    assert_eq!(found.summary.tags, [tag("on")]);
    let before = Dump::of(history.store_mut());
    history.write(at(3), edit).unwrap();
    Dump::of(history.store_mut()).assert_eq(&before, "edited the same again");
    history
        .write(at(4), |tx| {
            tx.set_note(id(1), None)?;
            tx.untag(id(1), &tag("on"))
        })
        .unwrap();
    let found = run(&mut history, 1);
    assert_eq!((found.summary.note, found.summary.tags), (None, vec![]));
    let long = "x".repeat(runlog_core::model::LIMITS.note + 1);
    let result = history.write(at(5), |tx| tx.set_note(id(1), Some(&long)));
    assert!(matches!(result, Err(HistoryError::Invalid(_))));
}

/// T9: at the next start every run of this device without a living owner is lost, one that never had
/// a heartbeat too, and in the trash; runs of other devices and of living owners go on.
pub fn orphans_are_lost<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    (1..=6).for_each(|n| _ = start(&mut history, n, 10));
    let theirs = job(7, 10).to_cells(OTHER).unwrap();
    let (alive, dead) = (OwnerId(1), OwnerId(2));
    history
        .write(at(30), |tx| {
            tx.hold_lease(id(1), alive)?;
            tx.hold_lease(id(2), dead)?;
            tx.delete(id(4))?;
            tx.finish(id(5), &completed(20))?;
            let key = runlog_core::schema::RowKey::Execution(id(7));
            tx.merge_row(&key, clock(10, OTHER), theirs)?;
            let mut log = tx.open_log(id(6), runlog_core::log::LogLimits::default())?;
            tx.append_log(&mut log, &lines(&[""; 45]))
        })
        .unwrap();
    let mut history = History::open(factory.reopen(history.into_store()), OTHER).unwrap();
    let mut lost =
        history.write(at(99), |tx| tx.lose_orphans(&mut |owner| owner == alive)).unwrap();
    lost.sort();
    assert_eq!(lost, [2, 3, 4, 6].map(id));
    for (n, ended) in [(2, 30), (3, 10), (4, 10), (6, 44)] {
        let found = run(&mut history, n);
        assert_eq!(found.status(), Status::Lost, "{n}");
        assert_eq!(found.summary.ended_at(), Some(at(ended)), "{n}");
    }
    assert_eq!(
        [1, 5, 7].map(|n| status(&mut history, n)),
        [Status::Running, Status::Completed, Status::Running]
    );
    let leases = read(history.store_mut(), |tx| tx.leases());
    assert_eq!(leases.iter().map(|lease| lease.execution).collect::<Vec<_>>(), [id(1)]);
    let again = history.write(at(99), |tx| tx.lose_orphans(&mut |owner| owner == alive));
    assert_eq!(again, Ok(vec![]));
}

/// R3: a lost run was last heard of at its last line, also where what followed was dropped.
pub fn a_lost_run_was_heard_of_at_its_last_line<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    history
        .write(at(30), |tx| {
            let mut log = tx.open_log(id(1), runlog_core::log::LogLimits::default())?;
            tx.append_log(&mut log, &lines(&[""; 20]))?;
            tx.note_dropped(&mut log, 5, 50)
        })
        .unwrap();
    history.write(at(99), |tx| tx.lose_orphans(&mut |_| false)).unwrap();
    assert_eq!(run(&mut history, 1).summary.lost_at, Some(at(19)));
}

/// A run that was judged lost may still report; its outcome beats the judgement. Runs of another
/// device are not judged at all.
pub fn a_report_beats_a_judgement<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    history.write(at(5), |tx| tx.lose(id(1), at(4))).unwrap();
    assert_eq!(status(&mut history, 1), Status::Lost);
    assert_eq!(run(&mut history, 1).summary.duration_ms(), Some(3_000));
    history.write(at(6), |tx| tx.finish(id(1), &completed(6))).unwrap();
    assert_eq!(status(&mut history, 1), Status::Completed);
    assert_eq!(run(&mut history, 1).summary.ended_at(), Some(at(6)));
    let theirs = job(2, 1).to_cells(OTHER).unwrap();
    let key = runlog_core::schema::RowKey::Execution(id(2));
    history.write(at(7), |tx| tx.merge_row(&key, clock(1, OTHER), theirs)).unwrap();
    let result = history.write(at(8), |tx| tx.lose(id(2), at(8)));
    assert!(matches!(result, Err(HistoryError::Transition { .. })), "{result:?}");
    assert_eq!(status(&mut history, 2), Status::Running);
}

/// An ending gives up the lease in the same transaction.
pub fn an_ending_gives_up_the_lease<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for n in [1, 2] {
        start(&mut history, n, 1);
        history.write(at(2), |tx| tx.hold_lease(id(n), OwnerId(1))).unwrap();
    }
    history.write(at(3), |tx| tx.finish(id(1), &completed(3))).unwrap();
    let leases = read(history.store_mut(), |tx| tx.leases());
    assert_eq!(leases.len(), 1);
    assert_eq!((leases[0].execution, leases[0].heartbeat_at), (id(2), at(2)));
}
