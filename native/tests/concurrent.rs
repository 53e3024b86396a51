//! Many threads and processes on one history at once.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::sync::Barrier;

use runlog::model::{Kind, Status};
use runlog::query::ListQuery;
use runlog::{NewRun, Runlog};

const OPENERS: usize = 24;
const ROUNDS: usize = 20;

/// Whoever comes while another makes the database waits for it, and takes it for nobody else's.
#[test]
fn many_make_the_same_database_at_once() {
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.db");
        let together = Barrier::new(OPENERS);
        std::thread::scope(|scope| {
            for _ in 0..OPENERS {
                scope.spawn(|| {
                    together.wait();
                    let runlog = Runlog::open(&path).unwrap();
                    let recorder = runlog.recorder().unwrap();
                    let run = recorder.start(NewRun::new(Kind::Job, "one of many").unwrap());
                    run.unwrap().finish_completed().unwrap();
                });
            }
        });
        let runlog = Runlog::open(&path).unwrap();
        let runs = runlog.list(&ListQuery::newest(100)).unwrap().executions;
        assert_eq!(runs.len(), OPENERS);
        assert!(runs.iter().all(|run| run.status() == Status::Completed));
        assert!(runs.iter().all(|run| run.device_id == runlog.device()));
    }
}
