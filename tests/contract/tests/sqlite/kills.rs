//! Promise 1 and 3 over SQLite whose process is killed at each write of a script in turn.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use runlog_contract::dump::Dump;
use runlog_contract::sample::DEVICE;
use runlog_contract::script::{Step, script};
use runlog_contract::scripts::Expected;
use runlog_core::history::History;
use runlog_faults::{ChildEnd, Fault, arm, open, run_in_child, sweep};
use runlog_sqlite::Options;

use crate::files::{over, sound};

/// Set in the child only: the directory that it works in, and what strikes it.
const DIRECTORY: &str = "RUNLOG_CONTRACT_DIRECTORY";
const PLAN: &str = "RUNLOG_CONTRACT_PLAN";

fn steps() -> Vec<Step> {
    script(7, 14)
}

fn database(directory: &Path) -> PathBuf {
    directory.join("runs.db")
}

fn acknowledgements(directory: &Path) -> PathBuf {
    directory.join("acknowledged")
}

fn survive(test: &str, fault: Fault) {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return work_until_killed(Path::new(&directory));
    }
    let steps = steps();
    let expected = Expected::of(&steps);
    let points = sweep(fault, false, |plan| {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let plan = plan.to_string();
        let env = [(DIRECTORY, directory.as_os_str()), (PLAN, OsStr::new(&plan))];
        let end = run_in_child(test, env).expect("the child does its work");

        let acknowledged = fs::read_to_string(acknowledgements(directory)).expect("it was made");
        let store = sound(&database(directory), Options::default());
        // One that was killed before the store was a history becomes one.
        let mut history = History::open(store, DEVICE).expect("the history opens");
        let found = Dump::of(history.store_mut());
        let done = expected.steps_done(&found, acknowledged.lines().count(), &plan);
        for (number, step) in steps.iter().enumerate().skip(done) {
            let answer = step.run(&mut history);
            assert_eq!(answer, expected.answers[number], "{plan}, going on at {number}");
        }
        let found = Dump::of(history.store_mut());
        found.assert_eq(&expected.states[steps.len()], format!("{plan}, having gone on"));
        end == ChildEnd::Killed
    });
    assert!(points > 30, "only {points} fault points");
}

fn work_until_killed(directory: &Path) {
    let path = database(directory);
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(acknowledgements(directory))
        .expect("the directory can be written");
    let plan = std::env::var(PLAN).expect("set with the directory");
    arm(&path, plan.parse().expect("a plan"));
    let store = over(open(&path).expect("the file opens"), Options::default());
    let mut history =
        History::open(store.expect("the store opens"), DEVICE).expect("the history opens");
    for step in steps() {
        _ = step.run(&mut history);
        file.write_all(b"done\n").expect("acknowledged");
    }
}

#[test]
fn killed_before_each_write() {
    survive("kills::killed_before_each_write", Fault::Kill);
}

#[test]
fn killed_in_the_middle_of_each_write() {
    survive("kills::killed_in_the_middle_of_each_write", Fault::TornWriteThenKill);
}
