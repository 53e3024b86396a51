//! Many devices at once: how long each waits for its relay, and what memory that takes.

use std::sync::Barrier;
use std::time::Instant;

use runlog_cluster::Cluster;
use runlog_core::sealed::SealedRecord;

use crate::Failed;
use crate::measure::Samples;
use crate::relay::{Member, Relay, sealed_record};
use crate::report::{Finding, Target};
use crate::setup::Setup;

/// Records in a push: what a few runs leave.
const RECORDS: u64 = 20;

/// Which devices there are.
#[derive(Clone, Copy)]
enum Crowd {
    /// So many, each of a vault of its own.
    Vaults(u64),
    /// So many of one vault.
    Devices(u64),
}

#[derive(Default)]
struct Found {
    p99: Samples,
    median: Samples,
    most: Samples,
    rate: Samples,
    peak_mib: Samples,
}

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let crowds = [
        ("200 devices of 200 vaults", Crowd::Vaults(setup.size(200, 4))),
        ("50 devices of one vault", Crowd::Devices(setup.size(50, 3))),
    ];
    let mut findings = Vec::new();
    for database in ["SQLite", "PostgreSQL"] {
        let (mut peak_mib, mut all) = (Samples::default(), Vec::new());
        for (name, crowd) in crowds {
            let mut found = Found::default();
            for _ in 0..setup.rounds().min(3) {
                round(setup, database, crowd, &mut found)?;
            }
            peak_mib.push(found.peak_mib.most());
            all.push(finding(&format!("{name}, {database}, p99"), found));
        }
        findings.extend(all);
        let name = format!("memory of the relay meanwhile, {database}");
        findings.push(Finding::new(name, Target::AtMost(256.0), peak_mib).unit(" MiB"));
    }
    Ok(findings)
}

fn finding(name: &str, found: Found) -> Finding {
    let notes = format!(
        "of a request, no error; median {:.2} s, most {:.2} s; {:.0} requests/s",
        found.median.median(),
        found.most.most(),
        found.rate.median(),
    );
    Finding::new(name, Target::AtMost(1.0), found.p99).unit(" s").notes(notes)
}

fn round(setup: &Setup, database: &str, crowd: Crowd, found: &mut Found) -> Result<(), Failed> {
    let scratch = setup.scratch()?;
    let (cluster, relay);
    match database {
        "SQLite" => relay = Relay::on_sqlite(setup, &scratch.path().join("relay.db"))?,
        _ => {
            cluster = Cluster::start_durable();
            relay = Relay::start(setup, &cluster.url("relay"))?;
        }
    }
    let members = members(&relay, crowd)?;
    let turns = setup.size(10, 2);
    let barrier = Barrier::new(members.len());
    let began = Instant::now();
    let waits = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(members)
            .map(|(number, member)| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    take_turns(member, number, turns).map_err(|error| error.to_string())
                })
            })
            .collect();
        let waits = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err("a device's thread died".to_owned()))
        });
        waits.collect::<Result<Vec<_>, String>>()
    })?;
    let took = began.elapsed().as_secs_f64();
    let mut all = Samples::default();
    waits.into_iter().flatten().for_each(|wait| all.push(wait));
    found.p99.push(all.percentile(99));
    found.median.push(all.median());
    found.most.push(all.most());
    found.rate.push(all.count() as f64 / took);
    found.peak_mib.push(relay.peak_mib()?);
    Ok(())
}

fn members(relay: &Relay, crowd: Crowd) -> Result<Vec<Member>, Failed> {
    match crowd {
        Crowd::Vaults(count) => {
            (1..=count).map(|vault| Member::first(relay, vault, vault.into())).collect()
        }
        Crowd::Devices(count) => {
            let first = Member::first(relay, 1, 1)?;
            let others = (2..=count).map(|device| Member::of(relay.url(), 1, device.into()));
            std::iter::once(Ok(first)).chain(others).collect()
        }
    }
}

/// Pushes and pulls without a pause. Gives how long each request took, in seconds.
fn take_turns(mut member: Member, number: u64, turns: u64) -> Result<Vec<f64>, Failed> {
    let mut waits = Vec::new();
    let mut timed = |asked: &mut dyn FnMut() -> Result<(), Failed>| -> Result<(), Failed> {
        let began = Instant::now();
        asked()?;
        waits.push(began.elapsed().as_secs_f64());
        Ok(())
    };
    for turn in 0..turns {
        let records = records(number, turn, &member);
        let request = member.push_of(records);
        timed(&mut || member.push(&request).map(drop))?;
        let mut more = true;
        while more {
            timed(&mut || {
                more = member.pull()?.more;
                Ok(())
            })?;
        }
    }
    Ok(waits)
}

/// Half of them of new rows, half of them newer ones.
fn records(number: u64, turn: u64, member: &Member) -> Vec<SealedRecord> {
    let first = (number << 32) + turn * RECORDS / 2;
    let now = runlog::now().as_millis().cast_unsigned();
    (first..first + RECORDS).map(|row| sealed_record(row, now + turn, member.device)).collect()
}
