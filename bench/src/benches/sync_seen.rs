//! How long it takes until an edit on one device is seen on another that is connected.

use std::time::{Duration, Instant};

use runlog::Runlog;
use runlog::sync::{RunStatus, Syncer, SyncerOptions};
use runlog_core::id::ExecutionId;

use crate::Failed;
use crate::measure::Samples;
use crate::relay::{Device, Relay};
use crate::report::{Finding, Target};
use crate::setup::Setup;
use crate::workload::{ending, execution, mix};

/// How long to wait before it is called lost.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let scratch = setup.scratch()?;
    let path = |name: &str| scratch.path().join(name);
    let relay = Relay::on_sqlite(setup, &path("relay.db"))?;
    let one = Device::first(&path("one.db"), &relay)?;
    let other = one.beside(&path("other.db"), &relay)?;
    let new = execution(0)?;
    one.runlog.write(|history| {
        history.start(&new)?;
        history.finish(new.id, &ending(&new))
    })?;
    one.sync()?;
    let syncers = [
        one.runlog.syncer(SyncerOptions::default())?,
        other.runlog.syncer(SyncerOptions::default())?,
    ];
    syncers.iter().try_for_each(until_synced)?;
    let edits = setup.size(60, 2);
    let mut seconds = Samples::default();
    for edit in 0..edits {
        // Both syncers look every 100 ms: edits come at every moment of that.
        std::thread::sleep(Duration::from_millis(mix(edit) % 150));
        let note = format!("edit {edit}");
        let began = Instant::now();
        one.runlog.write(|history| history.set_note(new.id, Some(&note)))?;
        until_seen(&other.runlog, new.id, &note, began)?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    let mut p99 = Samples::default();
    p99.push(seconds.percentile(99));
    let notes = format!(
        "{edits} edits; median {:.2} s, {:.2} to {:.2} s",
        seconds.median(),
        seconds.least(),
        seconds.most()
    );
    Ok(vec![
        Finding::new("an edit until it is seen elsewhere, p99", Target::AtMost(2.0), p99)
            .unit(" s")
            .notes(notes),
    ])
}

fn until_synced(syncer: &Syncer) -> Result<(), Failed> {
    let deadline = Instant::now() + PATIENCE;
    let mut status = syncer.status();
    while !status.last.iter().any(|run| run.status == RunStatus::Completed) {
        if Instant::now() > deadline {
            return Err(format!("the first sync does not end: {status:?}").into());
        }
        status = syncer.wait_for_change(status.version, PATIENCE);
    }
    Ok(())
}

/// As an application that shows the run would notice it.
fn until_seen(runlog: &Runlog, id: ExecutionId, note: &str, began: Instant) -> Result<(), Failed> {
    while runlog.get(id)?.is_none_or(|held| held.summary.note.as_deref() != Some(note)) {
        if began.elapsed() > PATIENCE {
            return Err(format!("{note} was not seen").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
