//! The recorder: batching, durability, what it drops, and what becomes of runs that nobody ends.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use runlog::log::{GapReason, LogEntry, LogFilter, LogRange};
use runlog::model::{Kind, Status};
use runlog::{NewRun, Options, Overflow, Runlog};

fn new_run() -> NewRun {
    NewRun::new(Kind::Job, "nightly").unwrap()
}

fn texts(runlog: &Runlog, run: runlog::id::ExecutionId) -> Vec<String> {
    let mut texts = Vec::new();
    runlog
        .read(|history| {
            history.log(run, LogRange::ALL, &LogFilter::default(), &mut |entry| {
                texts.push(match entry {
                    LogEntry::Line(_, line) => String::from_utf8_lossy(line.bytes).into_owned(),
                    LogEntry::Gap(gap) => format!("gap {} {:?}", gap.lines(), gap.reason),
                });
                ControlFlow::Continue(())
            })
        })
        .unwrap();
    texts
}

fn open(directory: &Path) -> Runlog {
    Runlog::open(directory.join("history.db")).unwrap()
}

#[test]
fn what_a_flush_confirmed_is_there_for_everybody() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = open(directory.path());
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(new_run().param("env", "prod").unwrap()).unwrap();
    run.stdout("one\ntwo\n");
    run.event(&serde_json::json!({"type": "task_failed", "task": "x"})).unwrap();
    run.flush().unwrap();

    let other = open(directory.path());
    assert_eq!(texts(&other, run.id())[..2], ["one", "two"]);
    let seen = other.get(run.id()).unwrap().unwrap();
    assert_eq!(seen.status(), Status::Running);
    assert_eq!(seen.params.get("env"), Some("prod"));
    let id = run.id();
    run.finish_failed().unwrap();
    assert_eq!(other.get(id).unwrap().unwrap().status(), Status::Failed);
}

#[test]
fn the_recording_process_reads_its_own_unflushed_lines() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.recorder.batch_delay = Duration::from_secs(3600);
    let runlog = Runlog::open_with(directory.path().join("history.db"), options).unwrap();
    let run = runlog.recorder().unwrap().start(new_run()).unwrap();
    run.stdout("only queued");
    let mut seen = Vec::new();
    run.read_log(LogRange::Tail(5), &LogFilter::default(), &mut |entry| {
        if let LogEntry::Line(sequence, line) = entry {
            seen.push((sequence, line.bytes.to_vec()));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, [(1, b"only queued".to_vec())]);
}

#[test]
fn a_run_that_nobody_ends_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = open(directory.path());
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(new_run()).unwrap();
    let id = run.id();
    drop(run);
    recorder.flush().unwrap();
    let lost = runlog.get(id).unwrap().unwrap();
    assert_eq!(lost.status(), Status::Lost);
    assert!(lost.summary.ended_at().is_some());
}

/// R3: somebody else's open judges no run whose process lives.
#[test]
fn a_living_run_is_not_judged() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = open(directory.path());
    let run = runlog.recorder().unwrap().start(new_run()).unwrap();
    run.flush().unwrap();
    let other = open(directory.path());
    assert_eq!(other.get(run.id()).unwrap().unwrap().status(), Status::Running);
}

/// T9: a run that never had a heartbeat has no owner, so it is judged as well.
#[test]
fn a_run_without_a_lease_is_lost_at_the_next_open() {
    let directory = tempfile::tempdir().unwrap();
    let id = runlog::new_execution_id();
    let at = runlog::now();
    let runlog = open(directory.path());
    runlog
        .write(|tx| tx.start(&runlog::model::NewExecution::new(id, Kind::Command, "orphan", at)?))
        .unwrap();
    assert_eq!(runlog.get(id).unwrap().unwrap().status(), Status::Running);
    drop(runlog);
    assert_eq!(open(directory.path()).get(id).unwrap().unwrap().status(), Status::Lost);
}

#[test]
fn a_full_queue_drops_counts_and_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.recorder.queue_bytes = 1_000;
    options.recorder.batch_delay = Duration::from_secs(3600);
    options.recorder.batch_bytes = usize::MAX;
    options.recorder.batch_lines = usize::MAX;
    let runlog = Runlog::open_with(directory.path().join("history.db"), options).unwrap();
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(new_run()).unwrap();
    recorder.flush().unwrap();
    for number in 0..20 {
        run.stdout(format!("{number:0>100}"));
    }
    run.flush().unwrap();
    run.stdout("after");
    let id = run.id();
    run.finish_completed().unwrap();

    let dropped = recorder.stats().dropped_lines;
    assert!((1..20).contains(&dropped), "{dropped}");
    let texts = texts(&runlog, id);
    let kept = 20 - dropped as usize;
    assert_eq!(texts[kept], format!("gap {dropped} {:?}", GapReason::Queue));
    assert_eq!(texts.last().unwrap(), "after");
    assert_eq!(texts.len(), kept + 2);
}

#[test]
fn a_recorder_that_waits_drops_nothing() {
    for overflow in [Overflow::Wait, Overflow::WaitAtMost(Duration::from_secs(3600))] {
        nothing_is_dropped(overflow);
    }
}

fn nothing_is_dropped(overflow: Overflow) {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.recorder.queue_bytes = 10_000;
    options.recorder.overflow = overflow;
    let runlog = Runlog::open_with(directory.path().join("history.db"), options).unwrap();
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(new_run()).unwrap();
    let lines = 20_000;
    for number in 0..lines {
        run.stdout(format!("line {number} of a program that prints faster than disks write"));
    }
    let id = run.id();
    run.finish_completed().unwrap();
    assert_eq!(recorder.stats().dropped_lines, 0);
    assert_eq!(texts(&runlog, id).len(), lines);
}

#[test]
fn a_recorder_that_cannot_write_holds_a_program_up_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let all = Duration::from_millis(200);
    let mut options = Options::default();
    options.busy_timeout = Duration::from_millis(10);
    options.recorder.retry_delay = Duration::from_millis(10);
    options.recorder.queue_bytes = 1_000;
    options.recorder.overflow = Overflow::WaitAtMost(all);
    let runlog = Runlog::open_with(&path, options).unwrap();
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(new_run()).unwrap();
    run.flush().unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    for number in 0..1_000 {
        run.stdout(format!("{number:0>100}"));
    }
    // Waiting at each of the lines would take minutes.
    let took = began.elapsed();
    assert!((all..all * 50).contains(&took), "{took:?}");
    assert!(recorder.stats().dropped_lines > 900);
    other.execute_batch("COMMIT").unwrap();
    let id = run.id();
    // A flush is told of the tries that failed before.
    while run.flush().is_err() {}
    run.finish_completed().unwrap();
    assert!(texts(&runlog, id).iter().any(|text| text.starts_with("gap 9")));
}

#[test]
fn limits_keep_head_and_tail() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.log_limits.lines = 20_000;
    options.recorder.overflow = Overflow::Wait;
    let runlog = Runlog::open_with(directory.path().join("history.db"), options).unwrap();
    let run = runlog.recorder().unwrap().start(new_run()).unwrap();
    for number in 1..=50_000 {
        run.stdout(number.to_string());
    }
    let id = run.id();
    run.finish_completed().unwrap();
    let texts = texts(&runlog, id);
    let gaps: Vec<&String> = texts.iter().filter(|text| text.starts_with("gap")).collect();
    assert_eq!((texts[0].as_str(), texts.last().unwrap().as_str()), ("1", "50000"));
    assert_eq!(gaps.len(), 1);
    let kept = texts.len() as u64 - 1;
    assert!((10_000..=20_000).contains(&kept), "{kept}");
    assert_eq!(*gaps[0], format!("gap {} {:?}", 50_000 - kept, GapReason::Limit));
}

#[test]
fn an_id_that_is_taken_is_told_and_harms_no_other_run() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = open(directory.path());
    let recorder = runlog.recorder().unwrap();
    let twin = new_run();
    let first = recorder.start(twin.clone()).unwrap();
    first.flush().unwrap();
    let second = recorder.start(twin).unwrap();
    let other = recorder.start(new_run()).unwrap();
    other.stdout("goes on");
    let id = other.id();
    // Whoever flushes with the refused start in the same batch is told.
    let told = other.flush().is_err();
    assert_eq!(recorder.stats().refused, 1, "told: {told}");
    other.finish_completed().unwrap();
    assert_eq!(texts(&runlog, id), ["goes on"]);
    drop(second);
}

#[test]
fn a_flush_is_a_future_too() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = open(directory.path());
    let run = runlog.recorder().unwrap().start(new_run()).unwrap();
    run.stdout("awaited");
    block_on(run.flush_async()).unwrap();
    assert_eq!(texts(&runlog, run.id()), ["awaited"]);
}

/// The smallest executor: parks the thread until the future wakes it.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
