//! Killed at any moment: every line that a flush confirmed is there, and nothing stays `running`.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};

use runlog::id::ExecutionId;
use runlog::log::{LogEntry, LogFilter, LogRange};
use runlog::model::{Kind, Status};
use runlog::query::ListQuery;
use runlog::{NewRun, Runlog};

const HOME: &str = "RUNLOG_KILL_TEST_HOME";
const KILLS: u64 = 200;

/// The program that is killed: records runs, and says on stdout what was confirmed.
#[test]
fn recording_until_killed() {
    let Some(home) = std::env::var_os(HOME) else { return };
    let runlog = Runlog::open(Path::new(&home).join("history.db")).unwrap();
    let recorder = runlog.recorder().unwrap();
    let mut stdout = std::io::stdout().lock();
    for number in 0.. {
        let run = recorder.start(NewRun::new(Kind::Job, "killed").unwrap()).unwrap();
        for lines in 1..40u64 {
            run.stdout(format!("run {number} line {lines} {}", "x".repeat(number % 97 * 20)));
            run.flush().unwrap();
            writeln!(stdout, "confirmed {} {lines}", run.id()).unwrap();
            stdout.flush().unwrap();
        }
        if number % 2 == 0 {
            run.finish_completed().unwrap();
        }
    }
}

/// Starts the program, kills it after a number of confirmations, and returns what was confirmed.
fn record_and_kill(home: &Path, confirmations: u64) -> BTreeMap<ExecutionId, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["recording_until_killed", "--exact", "--nocapture"])
        .env(HOME, home)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut confirmed = BTreeMap::new();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test harness prints its own words before the first of ours, on the same line.
        let Some(at) = line.find("confirmed ") else { continue };
        let mut words = line[at..].split(' ').skip(1);
        let id: ExecutionId = words.next().unwrap().parse().unwrap();
        confirmed.insert(id, words.next().unwrap().parse().unwrap());
        seen += 1;
        if seen == confirmations {
            // SIGKILL, at whatever the program has gone on to do meanwhile.
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    confirmed
}

fn lines_of(runlog: &Runlog, id: ExecutionId) -> u64 {
    let mut last = 0;
    let visit = &mut |entry: LogEntry<'_>| {
        if let LogEntry::Line(sequence, line) = entry {
            assert_eq!(sequence, last + 1);
            let text = String::from_utf8_lossy(line.bytes);
            assert!(text.contains(&format!(" line {sequence} ")), "{text}");
            last = sequence;
        }
        ControlFlow::Continue(())
    };
    runlog.read(|h| h.log(id, LogRange::ALL, &LogFilter::default(), visit)).unwrap();
    last
}

#[test]
fn killed_at_random_moments_loses_nothing_confirmed() {
    let home = tempfile::tempdir().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for kill in 0..KILLS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(kill | 1);
        let confirmed = record_and_kill(home.path(), 1 + (state >> 33) % 60);
        let runlog = Runlog::open(home.path().join("history.db")).unwrap();
        for (id, lines) in &confirmed {
            assert!(lines_of(&runlog, *id) >= *lines, "kill {kill}: {id} lost confirmed lines");
        }
        let mut running = ListQuery::newest(1);
        running.filter.status = Some(Status::Running);
        assert_eq!(runlog.read(|h| h.count(&running)).unwrap(), 0, "kill {kill}");
    }
    let runlog = Runlog::open(home.path().join("history.db")).unwrap();
    assert_eq!(runlog.with_store(|store| store.check()).unwrap(), []);
    let mut lost = ListQuery::newest(1);
    lost.filter.status = Some(Status::Lost);
    assert!(runlog.read(|h| h.count(&lost)).unwrap() >= KILLS / 4);
}
