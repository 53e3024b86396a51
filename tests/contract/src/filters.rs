//! Q1: what each filter of a listing lets through.

use runlog_core::history::History;
use runlog_core::id::ExecutionId;
use runlog_core::model::{Kind, NewExecution, Outcome, Status};
use runlog_core::query::{Filter, ListQuery, PAGE_MAX, SyncFilter};
use runlog_core::schema::executions;
use runlog_core::store::{Backend, Rejection, Store};
use runlog_core::time::Timestamp;
use runlog_core::value::Value;

use crate::Factory;
use crate::sample::{
    DEVICE, OTHER, at, backend, completed, exited, history, id, job, put_row, read, refusal, write,
};

/// Ids that match, in ascending order, asserting that the count agrees.
fn matching<S: Store>(history: &mut History<S>, set: impl FnOnce(&mut Filter)) -> Vec<ExecutionId> {
    let mut query = ListQuery::newest(PAGE_MAX);
    set(&mut query.filter);
    let store = history.store_mut();
    let mut found: Vec<_> =
        read(store, |tx| tx.list(&query)).rows.into_iter().map(|row| row.id).collect();
    assert_eq!(read(store, |tx| tx.count(&query)), found.len() as u64, "{query:?}");
    found.sort();
    found
}

fn ids<const N: usize>(numbers: [u64; N]) -> Vec<ExecutionId> {
    numbers.map(id).to_vec()
}

fn add<S: Store>(history: &mut History<S>, n: u64, change: impl FnOnce(&mut NewExecution)) {
    let mut new = job(n, n as i64);
    change(&mut new);
    history.write(at(n as i64), |tx| tx.start(&new)).unwrap();
}

/// By workflow, exactly: not by a part of its id, nor in another case.
pub fn by_workflow<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for (n, workflow) in (1..).zip(["deploy", "Deploy", "deploy2", "deploy"]) {
        add(&mut history, n, |new| new.workflow_id = workflow.parse().unwrap());
    }
    let mut by = |workflow: &str| matching(&mut history, |f| f.workflow_id = Some(workflow.into()));
    assert_eq!(by("deploy"), ids([1, 4]));
    assert_eq!(by("Deploy"), ids([2]));
    assert_eq!(by("deploy%"), ids([]));
    assert_eq!(by(""), ids([]));
}

/// By kind.
pub fn by_kind<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for (n, kind) in (1..).zip(Kind::ALL) {
        add(&mut history, n, |new| new.kind = *kind);
    }
    for (n, kind) in (1..).zip(Kind::ALL) {
        assert_eq!(matching(&mut history, |f| f.kind = Some(*kind)), ids([n]), "{kind}");
    }
}

/// By status, which follows from what was reported and judged.
pub fn by_status<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    add(&mut history, 0, |new| new.started_at = None);
    (1..=6).for_each(|n| add(&mut history, n, |_| {}));
    history
        .write(at(9), |tx| {
            tx.finish(id(2), &completed(8))?;
            tx.finish(id(3), &exited(1, 8))?;
            let mut cancelled = completed(8);
            cancelled.outcome = Outcome::Cancelled;
            tx.finish(id(4), &cancelled)?;
            tx.lose(id(5), at(7))?;
            tx.lose(id(6), at(7))?;
            tx.finish(id(6), &completed(8))
        })
        .unwrap();
    let wanted = [
        (Status::NotStarted, ids([0])),
        (Status::Running, ids([1])),
        (Status::Completed, ids([2, 6])),
        (Status::Failed, ids([3])),
        (Status::Cancelled, ids([4])),
        (Status::Lost, ids([5])),
    ];
    assert_eq!(wanted.len(), Status::ALL.len());
    for (status, wanted) in wanted {
        assert_eq!(matching(&mut history, |f| f.status = Some(status)), wanted, "{status}");
    }
}

/// By the device that recorded.
pub fn by_device<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    add(&mut history, 1, |_| {});
    let theirs = job(2, 2).to_cells(OTHER).unwrap();
    let key = runlog_core::schema::RowKey::Execution(id(2));
    let clock = crate::sample::clock(2, OTHER);
    history.write(at(3), |tx| tx.merge_row(&key, clock, theirs)).unwrap();
    assert_eq!(matching(&mut history, |f| f.device_id = Some(DEVICE)), ids([1]));
    assert_eq!(matching(&mut history, |f| f.device_id = Some(OTHER)), ids([2]));
    let nobody = runlog_core::id::DeviceId::from_u128(7);
    assert_eq!(matching(&mut history, |f| f.device_id = Some(nobody)), ids([]));
}

/// By the run that is repeated, here or not: neither that one itself, nor what repeats its
/// repetitions.
pub fn by_retry<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    add(&mut history, 1, |_| {});
    for (n, retry_of) in [(2, 1), (3, 2), (4, 1), (5, 7), (6, 1)] {
        add(&mut history, n, |new| new.retry_of = Some(id(retry_of)));
    }
    let by = |history: &mut History<F::Store>, of: u64, deleted: bool| {
        matching(history, |f| (f.retry_of, f.deleted) = (Some(id(of)), deleted))
    };
    assert_eq!(by(&mut history, 1, false), ids([2, 4, 6]));
    assert_eq!(by(&mut history, 2, false), ids([3]));
    assert_eq!(by(&mut history, 3, false), ids([]));
    assert_eq!(by(&mut history, 7, false), ids([5]), "of a run that is not here");
    history.write(at(9), |tx| tx.delete(id(4))).unwrap();
    assert_eq!(by(&mut history, 1, false), ids([2, 6]));
    assert_eq!(by(&mut history, 1, true), ids([4]));
    // What was recorded elsewhere counts when it has arrived.
    let mut theirs = job(8, 8);
    theirs.retry_of = Some(id(1));
    let key = runlog_core::schema::RowKey::Execution(id(8));
    let clock = crate::sample::clock(8, OTHER);
    let cells = theirs.to_cells(OTHER).unwrap();
    history.write(at(10), |tx| tx.merge_row(&key, clock, cells)).unwrap();
    assert_eq!(by(&mut history, 1, false), ids([2, 6, 8]));
}

/// By a tag that is on the run now; a tag that was taken off does not count.
pub fn by_tag<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let tag = |text: &str| text.parse::<runlog_core::model::Tag>().unwrap();
    add(&mut history, 1, |new| new.tags = vec![tag("ci"), tag("nightly")]);
    add(&mut history, 2, |new| new.tags = vec![tag("ci")]);
    add(&mut history, 3, |new| new.tags = vec![tag("CI"), tag("c")]);
    history.write(at(9), |tx| tx.untag(id(2), &tag("ci"))).unwrap();
    let mut by = |text: &str| matching(&mut history, |f| f.tag = Some(text.to_owned()));
    assert_eq!(by("ci"), ids([1]));
    assert_eq!(by("CI"), ids([3]));
    assert_eq!(by("c%"), ids([]));
    assert_eq!(by(""), ids([]));
    history.write(at(10), |tx| tx.tag(id(2), &tag("ci"))).unwrap();
    assert_eq!(matching(&mut history, |f| f.tag = Some("ci".into())), ids([1, 2]));
}

/// M3: by a param's name and value, both exactly, as they are now.
pub fn by_param<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let envs = [(1, "prod"), (2, "test"), (3, "PROD"), (4, "prod"), (5, "1"), (6, "")];
    for (n, env) in envs {
        add(&mut history, n, |new| new.params.set("env", env).unwrap());
    }
    add(&mut history, 7, |new| new.params.set("prod", "env").unwrap());
    let by = |history: &mut History<F::Store>, name: &str, value: &str| {
        matching(history, |f| f.param = Some((name.to_owned(), value.to_owned())))
    };
    assert_eq!(by(&mut history, "env", "prod"), ids([1, 4]));
    assert_eq!(by(&mut history, "env", "1"), ids([5]));
    assert_eq!(by(&mut history, "env", ""), ids([6]));
    assert_eq!(by(&mut history, "env", "%"), ids([]));
    assert_eq!(by(&mut history, "env%", "prod"), ids([]));
    assert_eq!(by(&mut history, "prod", "env"), ids([7]));
    let mut params = runlog_core::model::Params::new();
    params.set("env", "test").unwrap();
    history.write(at(9), |tx| tx.set_params(id(1), &params)).unwrap();
    assert_eq!(by(&mut history, "env", "prod"), ids([4]));
    assert_eq!(by(&mut history, "env", "test"), ids([1, 2]));
}

/// By exit code; a run that a signal ended, or that is no process, has none.
pub fn by_exit_code<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    (1..=5).for_each(|n| add(&mut history, n, |_| {}));
    let signal = runlog_core::model::Ending::of_process(runlog_core::model::Exit::Signal(9), at(8));
    history
        .write(at(9), |tx| {
            tx.finish(id(1), &exited(0, 8))?;
            tx.finish(id(2), &exited(i32::MIN, 8))?;
            tx.finish(id(3), &signal)?;
            tx.finish(id(4), &completed(8))
        })
        .unwrap();
    assert_eq!(matching(&mut history, |f| f.exit_code = Some(0)), ids([1]));
    assert_eq!(matching(&mut history, |f| f.exit_code = Some(i32::MIN)), ids([2]));
    assert_eq!(matching(&mut history, |f| f.exit_code = Some(9)), ids([]));
}

/// By when it began, the first moment included and the last not; what waits counts by when it was
/// recorded.
pub fn by_time<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for n in 1..=5 {
        add(&mut history, n, |new| {
            new.started_at = (n != 3).then_some(at(n as i64));
            new.created_at = if n == 3 { at(3) } else { at(100) };
        });
    }
    let mut by = |since: Option<i64>, until: Option<i64>| {
        matching(&mut history, |f| {
            f.since = since.map(at);
            f.until = until.map(at);
        })
    };
    assert_eq!(by(Some(2), Some(4)), ids([2, 3]));
    assert_eq!(by(Some(4), None), ids([4, 5]));
    assert_eq!(by(None, Some(2)), ids([1]));
    assert_eq!(by(Some(4), Some(4)), ids([]));
    assert_eq!(by(Some(5), Some(2)), ids([]));
    let all = matching(&mut history, |f| {
        f.since = Some(Timestamp::from_millis(i64::MIN));
        f.until = Some(Timestamp::from_millis(i64::MAX));
    });
    assert_eq!(all.len(), 5);
}

/// By how long it took, both ends included; what is not over has no duration, and what ended before
/// it began took nothing.
pub fn by_duration<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    (1..=6).for_each(|n| add(&mut history, n, |new| new.started_at = Some(at(10))));
    add(&mut history, 7, |new| new.started_at = None);
    history
        .write(at(20), |tx| {
            for (n, end) in [(1, 10), (2, 11), (3, 12), (4, 9), (7, 15)] {
                tx.finish(id(n), &completed(end))?;
            }
            tx.lose(id(5), at(13))
        })
        .unwrap();
    let mut by = |min: Option<u64>, max: Option<u64>| {
        matching(&mut history, |f| (f.duration_ms_min, f.duration_ms_max) = (min, max))
    };
    assert_eq!(by(Some(0), None), ids([1, 2, 3, 4, 5]));
    assert_eq!(by(Some(1_000), Some(2_000)), ids([2, 3]));
    assert_eq!(by(None, Some(0)), ids([1, 4]));
    assert_eq!(by(Some(2_001), None), ids([5]));
    assert_eq!(by(Some(u64::MAX), None), ids([]));
    assert_eq!(by(None, Some(u64::MAX)), ids([1, 2, 3, 4, 5]));
}

/// Q1: by how the row stands toward the backends that take part.
pub fn by_sync_state<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    (1..=4).for_each(|n| add(&mut history, n, |_| {}));
    let by = |history: &mut History<F::Store>| {
        [SyncFilter::Synced, SyncFilter::Waiting, SyncFilter::Rejected]
            .map(|asked| matching(history, |f| f.sync_state = Some(asked)))
    };
    let none = || ids([]);
    assert_eq!(by(&mut history), [none(), none(), none()], "without a backend");
    let change = |history: &mut History<F::Store>, n: u64| {
        let key = runlog_core::schema::RowKey::Execution(id(n));
        let row = read(history.store_mut(), |tx| tx.row(&key, executions::ALL));
        (key, row.unwrap().change)
    };
    let (_, second) = change(&mut history, 2);
    write(history.store_mut(), |tx| {
        tx.put_backend(&Backend { sent: second, ..backend(0, 0) })?;
        tx.put_backend(&Backend { enabled: false, ..backend(1, 0) })
    });
    assert_eq!(by(&mut history), [ids([1, 2]), ids([3, 4]), none()]);
    // A refusal counts until the row changes, and where its backend takes part.
    let (key, first) = change(&mut history, 1);
    let refused = |n: usize| Rejection { change: first, ..refusal(n, &key, 0, "full") };
    write(history.store_mut(), |tx| tx.put_rejection(&refused(1)));
    assert_eq!(by(&mut history)[2], none());
    write(history.store_mut(), |tx| tx.put_rejection(&refused(0)));
    assert_eq!(by(&mut history), [ids([2]), ids([3, 4]), ids([1])]);
    // What both refused is listed once; the one that lags behind decides what waits.
    write(history.store_mut(), |tx| tx.put_backend(&backend(1, 0)));
    assert_eq!(by(&mut history), [none(), ids([1, 2, 3, 4]), ids([1])]);
    write(history.store_mut(), |tx| tx.remove_backend(backend(1, 0).id));
    history.write(at(9), |tx| tx.set_note(id(1), Some("anew"))).unwrap();
    assert_eq!(by(&mut history), [ids([2]), ids([1, 3, 4]), none()]);
}

/// K5: the trash is a listing of its own, and takes the same filters.
pub fn the_trash_is_listed_apart<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    (1..=4).for_each(|n| add(&mut history, n, |_| {}));
    history
        .write(at(9), |tx| {
            tx.finish(id(2), &completed(8))?;
            tx.delete(id(2))?;
            tx.delete(id(3))
        })
        .unwrap();
    assert_eq!(matching(&mut history, |_| {}), ids([1, 4]));
    assert_eq!(matching(&mut history, |f| f.deleted = true), ids([2, 3]));
    let running_trash = matching(&mut history, |f| {
        f.deleted = true;
        f.status = Some(Status::Running);
    });
    assert_eq!(running_trash, ids([3]));
}

/// All conditions hold at once: every pair of filters gives what both give.
pub fn filters_hold_together<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for n in 0..12 {
        add(&mut history, n, |new| {
            new.kind = if n % 2 == 0 { Kind::Job } else { Kind::Command };
            new.workflow_id = if n % 3 == 0 { "a" } else { "b" }.parse().unwrap();
            new.retry_of = (n % 5 < 3).then(|| id(n % 2));
            new.params.set("p", (n % 4).to_string()).unwrap();
            new.tags = if n % 3 == 1 { vec!["t".parse().unwrap()] } else { vec![] };
        });
    }
    let endings = |tx: &mut runlog_core::history::HistoryWriter<'_>| {
        (0..9).try_for_each(|n| tx.finish(id(n), &exited(n as i32 % 2, 20 + n as i64 % 3)))?;
        (3..6).try_for_each(|n| tx.delete(id(n)))
    };
    history.write(at(50), endings).unwrap();
    type Condition = fn(&mut Filter);
    let conditions: [Condition; 12] = [
        |f| f.kind = Some(Kind::Job),
        |f| f.workflow_id = Some("a".into()),
        |f| f.param = Some(("p".into(), "1".into())),
        |f| f.tag = Some("t".into()),
        |f| f.status = Some(Status::Failed),
        |f| f.exit_code = Some(0),
        |f| f.device_id = Some(DEVICE),
        |f| f.retry_of = Some(id(0)),
        |f| f.since = Some(at(3)),
        |f| f.until = Some(at(8)),
        |f| f.duration_ms_min = Some(15_000),
        |f| f.duration_ms_max = Some(18_000),
    ];
    for deleted in [false, true] {
        let one = |condition: &Condition| {
            let condition = *condition;
            move |f: &mut Filter| {
                f.deleted = deleted;
                condition(f);
            }
        };
        for first in &conditions {
            let of_first = matching(&mut history, one(first));
            for second in &conditions {
                let of_second = matching(&mut history, one(second));
                let both = matching(&mut history, |f| {
                    one(first)(f);
                    one(second)(f);
                });
                let wanted: Vec<_> =
                    of_first.iter().filter(|id| of_second.contains(id)).copied().collect();
                assert_eq!(both, wanted);
            }
        }
    }
}

/// A listed row has what a summary is made from, not the details, and the time of its newest clock.
pub fn listed_rows_hold_no_details<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = runlog_core::schema::RowKey::Execution(id(1));
    let mut new = job(1, 0);
    new.compiled_prompt = Some("long".into());
    new.note = Some("noted".into());
    let cells = new.to_cells(DEVICE).unwrap();
    write(&mut store, |tx| {
        put_row(tx, &key, &cells, crate::sample::clock(5, DEVICE), 1)?;
        put_row(tx, &key, &[(executions::PINNED, 1.into())], crate::sample::clock(7, OTHER), 2)
    });
    let page = read(&mut store, |tx| tx.list(&ListQuery::newest(10)));
    let wanted = read(&mut store, |tx| tx.row(&key, executions::SUMMARY)).unwrap();
    assert_eq!(page.rows[0].cells, wanted.cells);
    assert_eq!(page.rows[0].cells[executions::COMPILED_PROMPT.index()], Value::Null);
    assert_eq!(page.rows[0].cells[executions::NOTE.index()], Value::from("noted"));
    assert_eq!((page.rows[0].id, page.rows[0].updated_at), (id(1), at(7)));
}
