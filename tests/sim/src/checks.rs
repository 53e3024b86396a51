//! What must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use runlog_core::clock::ClockTime;
use runlog_core::history::HistoryError;
use runlog_core::id::DeviceId;
use runlog_core::model::Status;
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::schema::{RowKey, Table};
use runlog_core::sealed::PushId;
use runlog_core::store::{Backend, BackendId, ChangeNumber, ItemKey};
use runlog_core::sync::connection::Connection;
use runlog_core::sync::digests::Digests;
use runlog_core::sync::engine::{Job, JobOptions, Want};
use runlog_core::sync::message::{Push, Request, Standing};
use runlog_core::sync::run::{Direction, RunStatus, SyncRun};
use runlog_core::time::Timestamp;

use crate::contents::{Contents, of_relay, opaque_name, seen_by_relays};
use crate::device::Device;
use crate::store::SimStore;
use crate::watching;
use crate::world::{HOUR_MS, World};

/// After a job of a device.
///
/// A verification finds a difference only where the relay has lost something since all were last at
/// rest: a repair would cover up that something was not sent.
///
/// # Errors
/// What does not hold, for people.
pub fn after_job(world: &mut World, number: usize) -> Result<(), String> {
    statuses_move_forward(world, number)?;
    clock_is_earned(world, number)?;
    watching::digests(world, number)?;
    for run in &world.devices[number].runs {
        let relay = world.devices[number].links.get(&run.backend);
        if relay.is_none_or(|relay| world.relays[*relay].took) {
            continue;
        }
        if let Some(unequal) = run.verification.iter().find(|table| table.equal == Some(false)) {
            let differing = differing(world, number, run.backend);
            return Err(format!("device {number}: a verification finds {unequal:?}; {differing}"));
        }
    }
    Ok(())
}

/// A device's clock stands at what somebody wrote, or at what its own wall clock has shown: a record
/// that did not open has not moved it.
fn clock_is_earned(world: &mut World, number: usize) -> Result<(), String> {
    const SLACK_MS: u64 = 1_000;
    let device = &mut world.devices[number];
    let clock = device.history.read(|reader| Ok(reader.tx().counters()?.clock)).unwrap();
    let wall = u64::try_from(device.latest.as_millis()).unwrap_or(0);
    let newest = world.model.newest().millis().max(wall);
    if clock.millis() > newest + SLACK_MS {
        let ahead = clock.millis() - newest;
        return Err(format!("device {number}: its clock is {ahead} ms ahead of all that there is"));
    }
    Ok(())
}

/// A run that has ended on a device never runs again there, whatever happens to others. Excepted are
/// runs that were purged, which may be recorded anew by whoever had not heard of it, and a device that
/// was itself set back or lost power: it begins to watch anew.
fn statuses_move_forward(world: &mut World, number: usize) -> Result<(), String> {
    let runs = world.runs.clone();
    let device = &mut world.devices[number];
    for id in runs {
        let found = device.history.read(|reader| {
            let purged = reader.tx().purged(&RowKey::Execution(id))?.is_some();
            Ok((purged, reader.execution(id)?.map(|run| run.status())))
        });
        let (purged, status) = found.map_err(|error| error.to_string())?;
        let rank = match status {
            None | Some(Status::NotStarted) => 0,
            Some(Status::Running) => 1,
            Some(Status::Lost) => 2,
            Some(_) => 3,
        };
        let before = device.ranks.insert(id, rank).unwrap_or(0);
        if rank < before && !purged {
            return Err(format!("device {number}: run {id} goes back to {status:?}"));
        }
    }
    Ok(())
}

/// Some cells that a device and a relay hold differently, for people.
fn differing(world: &World, number: usize, backend: BackendId) -> String {
    let keys = world.vault.keys();
    let device = &world.devices[number];
    let Some(relay) = device.links.get(&backend) else { return String::new() };
    let there = of_relay(keys, &world.relays[*relay].relay);
    let here = seen_by_relays(keys, &device.shadow);
    let mut texts = Vec::new();
    for cell in world.model.cells() {
        let name = opaque_name(keys, cell);
        if here.get(&name) != there.get(&name) {
            texts.push(format!("{cell:?}: {:?}, {:?}", here.get(&name), there.get(&name)));
        }
    }
    texts.truncate(4);
    texts.join("\n    ")
}

/// At a quiet point: all are equal, nothing is lost, digests tell the truth.
pub fn at_rest(world: &mut World) -> Result<(), String> {
    let excused = world.model.excused.clone();
    let mut contents: Vec<_> = world.devices.iter_mut().map(|device| device.contents()).collect();
    contents.iter_mut().for_each(|held| held.retain(|(item, _), _| !excused.contains(item)));
    let vault = world.vault.clone();
    let keys = vault.keys();
    for (number, held) in contents.iter().enumerate() {
        world.model.check(keys, held).map_err(|error| format!("device {number}: {error}"))?;
        equal(&contents[0], held).map_err(|e| format!("devices 0 and {number} differ: {e}"))?;
    }
    let opaque = seen_by_relays(world.vault.keys(), &contents[0]);
    for (number, relay) in world.relays.iter().enumerate() {
        let mut held = of_relay(world.vault.keys(), &relay.relay);
        held.retain(|(row, _), _| !world.altered.contains(row));
        equal(&opaque, &held).map_err(|e| format!("devices and relay {number} differ: {e}"))?;
        let told = relay.relay.state(Timestamp::default()).digests;
        if told != relay.relay.recomputed_digests() {
            return Err(format!("the digests of relay {number} are not those of its records"));
        }
    }
    for number in 0..world.devices.len() {
        everything_is_acknowledged(world, number)?;
        nothing_known_is_kept(world, number)?;
        if !world.has_set_aside(number)? {
            completed(&world.devices[number].runs)?;
        }
    }
    let number = world.random.below(world.relays.len() as u64) as usize;
    readers_agree(world, number, &contents[0])?;
    if !excused.is_empty() {
        return Ok(());
    }
    let mut digests = Vec::new();
    for device in &mut world.devices {
        let tables = device.history.read(|reader| Digests::read(reader.tx())).unwrap().tables;
        digests.push(tables.into_iter().collect());
    }
    for (number, held) in digests.iter().enumerate() {
        equal(&digests[0], held).map_err(|e| format!("digests of 0 and {number} differ: {e}"))?;
    }
    Ok(())
}

/// While something waits that a relay finds ahead of its clock: C7 lets wait only what is not newer than
/// what some relay has accepted, as others may have moved on from there, and what follows that as
/// closely as clocks can. All else must have been stamped anew by now, as all clocks are right.
///
/// # Errors
/// What does not hold, for people.
pub fn only_what_was_accepted_waits(world: &mut World) -> Result<(), String> {
    let now = u64::try_from(world.now_ms).unwrap_or(0);
    let accepted = world.accepted;
    // Each edit takes the next clock, and may have been overwritten since.
    let closest = ClockTime::from_packed(accepted.packed() + world.model.edits() as u64);
    for (number, device) in world.devices.iter_mut().enumerate() {
        let refused = device.history.read(|reader| {
            let tx = reader.tx();
            let mut items = Vec::new();
            for backend in tx.backends()? {
                items.extend(tx.rejections(backend.id, None, usize::MAX)?);
            }
            Ok(items)
        });
        let refused = refused.map_err(|error: HistoryError| error.to_string())?;
        let waits: BTreeSet<_> = refused
            .into_iter()
            .filter(|refused| refused.code == "clock_ahead")
            .map(|refused| refused.item)
            .collect();
        let waiting = device.shadow.iter().filter(|((item, _), _)| waits.contains(item));
        let ahead: BTreeSet<ClockTime> = waiting
            .map(|(_, (clock, _))| clock.time)
            .filter(|time| time.millis() > now && *time > accepted)
            .collect();
        if let Some(time) = ahead.into_iter().find(|time| *time > closest) {
            let text = format!("device {number} does not stamp {time:?} anew");
            return Err(format!("{text}; the newest accepted is {accepted:?}"));
        }
    }
    Ok(())
}

/// Whoever reads a relay from the beginning gets what all have, whether the relay lets go of what
/// nothing needs or keeps all that it ever accepted.
fn readers_agree(world: &mut World, number: usize, contents: &Contents) -> Result<(), String> {
    let now = Timestamp::from_millis(world.now_ms + 400 * HOUR_MS);
    let limits = RelayLimits { quota_bytes: 1 << 40, ..RelayLimits::default() };
    let mut keeps = MemoryRelay::that_keeps_covered(limits);
    let records = world.relays[number].accepted.clone();
    let mut next = 0_u8;
    let mut entropy = |bytes: &mut [u8]| {
        next = next.wrapping_add(1);
        bytes.fill(next);
    };
    let push = Request::Push(Push { standing: Standing::default(), id: PushId([9; 16]), records });
    keeps.handle(DeviceId::from_u128(0xfffe), push, now, &mut entropy);
    for mut relay in [keeps, world.relays[number].relay.clone()] {
        let mut reader = Device::new(SimStore::new(false, None), DeviceId::from_u128(0xffff));
        let backend = Backend {
            id: BackendId(1),
            name: "relay".to_owned(),
            settings: Vec::new(),
            added_at: now,
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        reader.history.write(now, |writer| writer.put_backend(&backend)).unwrap();
        let direction = Direction::RemoteToLocal;
        let options = JobOptions { direction, ..JobOptions::default() };
        let mut job = Job::new(world.vault.clone(), options);
        loop {
            match job.poll(&mut reader.history, now, &mut entropy).map_err(|e| e.to_string())? {
                Want::Continue => {}
                Want::Done => break,
                Want::Send(errand) => {
                    job.answer(Ok(relay.handle(errand.device, errand.request, now, &mut entropy)));
                }
            }
        }
        let mut held = reader.contents();
        held.retain(|(item, _), _| !world.model.excused.contains(item));
        equal(contents, &held).map_err(|e| format!("a new reader differs: {e}"))?;
    }
    Ok(())
}

/// The newest program keeps no cell that it could apply.
fn nothing_known_is_kept(world: &mut World, number: usize) -> Result<(), String> {
    if world.devices[number].older {
        return Ok(());
    }
    let found = world.devices[number].history.read(|reader| {
        // By the list of changes: that of what is kept is what tells a program to apply it.
        let changes = reader.tx().changes(ChangeNumber::ZERO, usize::MAX)?;
        for change in changes {
            let item = ItemKey::from(&change.item);
            let Some(table) = Table::by_name(&item.table) else { continue };
            let kept = reader.tx().kept(&item.table, &item.key)?;
            if let Some(cell) = kept.into_iter().find(|cell| table.column(&cell.column).is_some()) {
                return Ok(Some(cell));
            }
        }
        Ok(None)
    });
    match found.map_err(|error| error.to_string())? {
        Some(cell) => Err(format!("device {number} keeps {cell:?} and could apply it")),
        None => Ok(()),
    }
}

/// No backend of a device lacks a change, has refused one, or was handed one without an answer.
fn everything_is_acknowledged(world: &mut World, number: usize) -> Result<(), String> {
    let found = world.devices[number].history.read(|reader| {
        let (tx, mut lacking) = (reader.tx(), Vec::new());
        let newest = tx.counters()?.change;
        for backend in tx.backends()? {
            let connection = Connection::decode(&backend.position).unwrap_or_default();
            let refused = tx.rejections(backend.id, None, 1)?;
            if backend.sent < newest || connection.pending.is_some() || !refused.is_empty() {
                lacking.push(format!("{} at {newest:?}: {connection:?} {refused:?}", backend.name));
            }
        }
        Ok(lacking)
    });
    let lacking = found.map_err(|error| error.to_string())?;
    if lacking.is_empty() { Ok(()) } else { Err(format!("device {number}: waits for {lacking:?}")) }
}

/// The runs of the last job of a settled world have nothing to complain of.
pub fn completed(runs: &[SyncRun]) -> Result<(), String> {
    for run in runs {
        let unequal = run.verification.iter().find(|table| table.equal != Some(true));
        if run.status != RunStatus::Completed || unequal.is_some() {
            return Err(format!("a run at rest is {}: {:?} {unequal:?}", run.status, run.error));
        }
    }
    Ok(())
}

fn equal<K: Debug + Ord, V: Debug + PartialEq>(
    a: &BTreeMap<K, V>,
    b: &BTreeMap<K, V>,
) -> Result<(), String> {
    for key in a.keys().chain(b.keys()) {
        if a.get(key) != b.get(key) {
            return Err(format!("{key:?}: {:?} and {:?}", a.get(key), b.get(key)));
        }
    }
    Ok(())
}
