//! A sync in a history of a million executions: with nothing to do beside one of an empty history,
//! and with one changed execution, whose bytes on the wire are counted.

use std::path::PathBuf;

use runlog_core::id::ExecutionId;
use runlog_sqlite::SCHEMA_VERSION;

use crate::Failed;
use crate::measure::{Compared, Samples, Timed};
use crate::relay::{Device, Relay, Wire};
use crate::report::{Finding, Target};
use crate::setup::Setup;
use crate::stored::{self, SMALL};
use crate::workload::{ending, execution, mix};

/// Bytes of the large prompt.
const PROMPT: usize = 100_000;
/// Goes with every change of what is kept for the next run: form of the wire, rows of a relay.
const BUILD: u32 = 1;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let large = Synced::built(setup, setup.size(1_000_000, 3_000))?;
    let small = Synced::built(setup, SMALL)?;
    let empty = Synced::built(setup, 0)?;
    let mut findings = vec![unchanged(setup, &large, &empty)?];
    findings.extend(changed(setup, &large, &small)?);
    Ok(findings)
}

/// `sync now` where nothing changed, turn by turn with an empty history.
fn unchanged(setup: &Setup, large: &Synced, empty: &Synced) -> Result<Finding, Failed> {
    let calls = setup.size(50, 3);
    let mut compared = Compared::default();
    for round in 0..=setup.rounds() {
        let [mut by_large, mut by_empty] = [Timed::default(); 2];
        for _ in 0..calls {
            by_large.add(|| large.device.sync())?;
            by_empty.add(|| empty.device.sync())?;
        }
        // The first round warms up.
        if round > 0 {
            compared.push(by_empty, by_large, calls);
        }
    }
    let millis = |rate: f64| 1e3 / rate;
    let notes = format!(
        "{:.1} ms and {:.1} ms, the whole job",
        millis(compared.baseline.median()),
        millis(compared.product.median())
    );
    let name = "sync of a million unchanged, of one of none";
    Ok(Finding::new(name, Target::AtMost(1.5), compared.wall).notes(notes))
}

/// One execution is pinned or unpinned, and synced.
fn changed(setup: &Setup, large: &Synced, small: &Synced) -> Result<Vec<Finding>, Failed> {
    let [mut of_large, mut of_small, mut of_prompt, mut more] =
        [(); 4].map(|()| Samples::default());
    let prompted = large.with_prompt(setup)?;
    for round in 0..setup.rounds() as u64 {
        let any = |synced: &Synced| execution(mix(round) % synced.rows).map(|new| new.id);
        let plain = large.bytes_of_pin(any(large)?)?;
        let with_prompt = large.bytes_of_pin(prompted)?;
        of_large.push(plain);
        of_small.push(small.bytes_of_pin(any(small)?)?);
        of_prompt.push(with_prompt);
        more.push(with_prompt - plain);
    }
    let notes = format!(
        "all requests and answers of the sync, with HTTP's headers; {:.0} B at {SMALL}",
        of_small.median()
    );
    let of_prompt = format!("{:.0} B in all", of_prompt.median());
    Ok(vec![
        Finding::new(
            "one changed of a million, bytes on the wire",
            Target::AtMost(8192.0),
            of_large,
        )
        .unit(" B")
        .notes(notes),
        Finding::new(
            "the same of a run with a prompt of 100 KB, more",
            Target::AtMost(2048.0),
            more,
        )
        .unit(" B")
        .notes(of_prompt),
    ])
}

/// A history that was synced with a relay of its own; both are kept for the next run.
struct Synced {
    rows: u64,
    device: Device,
    relay: Relay,
}

impl Synced {
    fn built(setup: &Setup, rows: u64) -> Result<Self, Failed> {
        let kept = stored::BUILD;
        let name = format!("sync-{rows}-schema-{SCHEMA_VERSION}-build-{kept}-{BUILD}");
        let directory = setup.cache("synced")?.join(name);
        if !directory.exists() {
            eprintln!("  syncing {rows} executions, once");
            let unfinished = directory.with_extension("unfinished");
            if unfinished.exists() {
                std::fs::remove_dir_all(&unfinished)?;
            }
            std::fs::create_dir_all(&unfinished)?;
            build(setup, &unfinished, rows)?;
            std::fs::rename(&unfinished, &directory)?;
        }
        let relay = Relay::on_sqlite(setup, &directory.join("relay.db"))?;
        let device = Device::again(&directory.join("history.db"), relay.url())?;
        let synced = Self { rows, device, relay };
        // What an earlier run left waiting.
        synced.device.sync()?;
        Ok(synced)
    }

    /// An execution with a large prompt, synced.
    fn with_prompt(&self, setup: &Setup) -> Result<ExecutionId, Failed> {
        let mut new = execution(setup.size(1_000_000, 3_000) + u64::from(std::process::id()))?;
        new.id = runlog::new_execution_id();
        // Text that does not compress to nothing.
        let words = (0..PROMPT as u64 / 17).map(|at| format!("{:016x} ", mix(at)));
        new.compiled_prompt = Some(words.collect());
        let runlog = &self.device.runlog;
        runlog.write(|history| {
            history.start(&new)?;
            history.finish(new.id, &ending(&new))
        })?;
        self.device.sync()?;
        Ok(new.id)
    }

    /// Bytes that pass until a changed pin is at the relay.
    fn bytes_of_pin(&self, id: ExecutionId) -> Result<f64, Failed> {
        let held = self.device.runlog.get(id)?.ok_or("an execution is missing")?;
        let pinned = !held.summary.pinned;
        self.device.runlog.write(|history| history.set_pinned(id, pinned))?;
        let wire = Wire::to(&self.relay)?;
        self.device.reach(wire.url())?;
        let (run, bytes) = wire.count(|| self.device.sync())?;
        self.device.reach(self.relay.url())?;
        if run.counts.updated != 1 {
            return Err(format!("not one execution was sent: {:?}", run.counts).into());
        }
        Ok(bytes as f64)
    }
}

fn build(setup: &Setup, directory: &std::path::Path, rows: u64) -> Result<(), Failed> {
    let path: PathBuf = directory.join("history.db");
    if rows > 0 {
        std::fs::copy(stored::history(setup, rows)?, &path)?;
    }
    let relay = Relay::on_sqlite(setup, &directory.join("relay.db"))?;
    Device::first(&path, &relay)?.sync()?;
    Ok(())
}
