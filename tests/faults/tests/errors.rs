//! The disk refuses a call with an error, once or from then on, and the process goes on.

use std::collections::BTreeSet;

use runlog_faults::{Fault, arm, struck, sweep};
use script::Journal;

mod script;

/// Sweeps over both journals. The process lives on, so what it was told must be exactly what is
/// found, but for one case that SQLite leaves open: in a WAL a commit whose sync failed is
/// answered with an error, while its frames may stay and be recovered.
fn survive(fault: Fault, sticky: bool) {
    for journal in [Journal::Wal, Journal::Rollback] {
        let outcome_may_be_open = (journal, fault, sticky) == (Journal::Wal, Fault::IoError, true);
        let points = sweep(fault, sticky, |plan| {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("runs.db");
            arm(&path, plan);
            let mut acknowledged = BTreeSet::new();
            script::run(&path, journal, |number| {
                acknowledged.insert(number);
            });
            let found = script::found(&path);
            if outcome_may_be_open {
                script::assert_kept(&found, &acknowledged, &format!("{journal:?} {plan}"));
            } else {
                assert_eq!(found, acknowledged, "{journal:?} {plan}");
            }
            struck(&path) > 0
        });
        assert!(points > script::POINTS_MIN, "{journal:?}: only {points} fault points");
    }
}

#[test]
fn one_io_error_at_each_call() {
    survive(Fault::IoError, false);
}

#[test]
fn a_disk_that_stays_broken_from_each_call() {
    survive(Fault::IoError, true);
}

#[test]
fn a_disk_full_at_one_write() {
    survive(Fault::DiskFull, false);
}

#[test]
fn a_disk_that_stays_full_from_each_write() {
    survive(Fault::DiskFull, true);
}
