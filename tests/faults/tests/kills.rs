//! The process is killed before a call, or in the middle of a write.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use runlog_faults::{ChildEnd, Fault, arm, run_in_child, sweep};
use script::Journal;

mod script;

/// Set in the child process only: the directory it works in, and what strikes it.
const DIRECTORY: &str = "RUNLOG_FAULTS_DIRECTORY";
const PLAN: &str = "RUNLOG_FAULTS_PLAN";

fn database(directory: &Path) -> PathBuf {
    directory.join("runs.db")
}

fn acknowledgements(directory: &Path) -> PathBuf {
    directory.join("acknowledged")
}

fn survive(test: &str, journal: Journal, fault: Fault) {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return work_until_killed(Path::new(&directory), journal);
    }
    let points = sweep(fault, false, |plan| {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let plan = plan.to_string();
        let env = [(DIRECTORY, directory.as_os_str()), (PLAN, plan.as_ref())];
        let end = run_in_child(test, env).expect("the child does its work");

        let acknowledged = acknowledged(directory);
        let found = script::found(&database(directory));
        script::assert_kept(&found, &acknowledged, &format!("{journal:?} {plan}"));
        end == ChildEnd::Killed
    });
    assert!(points > script::POINTS_MIN, "{journal:?}: only {points} fault points");
}

fn work_until_killed(directory: &Path, journal: Journal) {
    let plan = std::env::var(PLAN).expect("set with the directory");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(acknowledgements(directory))
        .expect("the directory can be written");
    arm(&database(directory), plan.parse().expect("a plan"));
    script::run(&database(directory), journal, |number| {
        file.write_all(format!("{number}\n").as_bytes()).expect("acknowledged");
    });
}

fn acknowledged(directory: &Path) -> BTreeSet<i64> {
    let lines = fs::read_to_string(acknowledgements(directory)).expect("the child made it");
    lines.lines().map(|line| line.parse().expect("a number")).collect()
}

#[test]
fn killed_before_each_call_in_wal_mode() {
    survive("killed_before_each_call_in_wal_mode", Journal::Wal, Fault::Kill);
}

#[test]
fn killed_before_each_call_in_rollback_mode() {
    survive("killed_before_each_call_in_rollback_mode", Journal::Rollback, Fault::Kill);
}

#[test]
fn killed_in_the_middle_of_each_write_in_wal_mode() {
    let test = "killed_in_the_middle_of_each_write_in_wal_mode";
    survive(test, Journal::Wal, Fault::TornWriteThenKill);
}

#[test]
fn killed_in_the_middle_of_each_write_in_rollback_mode() {
    let test = "killed_in_the_middle_of_each_write_in_rollback_mode";
    survive(test, Journal::Rollback, Fault::TornWriteThenKill);
}
