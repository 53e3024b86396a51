//! What must hold.

use std::collections::BTreeMap;
use std::fmt::Debug;

use runlog_core::sync::digests::Digests;
use runlog_core::sync::run::{RunStatus, SyncRun};

use crate::contents::{of_relay, seen_by_relays};
use crate::world::World;

/// After a job of a device.
pub fn after_job(world: &mut World, number: usize) -> Result<(), String> {
    if !world.plan.faults.take_from_relays() {
        // A repair would cover up that something was not sent.
        for run in &world.devices[number].runs {
            if let Some(unequal) = run.verification.iter().find(|table| table.equal == Some(false))
            {
                let unequal = format!("{unequal:?}");
                let keys = world.vault.keys();
                let relay = world.devices[number].links.get(&run.backend);
                let held = relay.map(|relay| of_relay(keys, &world.relays[*relay].relay));
                let own = seen_by_relays(keys, &world.devices[number].shadow);
                let mut differing = Vec::new();
                for cell in world.model.cells() {
                    let name = crate::contents::opaque_name(keys, cell);
                    let there = held.as_ref().and_then(|held| held.get(&name));
                    if own.get(&name) != there {
                        differing.push(format!("{cell:?}: {:?}, {there:?}", own.get(&name)));
                    }
                }
                differing.sort_by_key(|text| text.contains("executions"));
                differing.truncate(4);
                return Err(format!(
                    "device {number}: a verification finds {unequal}; {}",
                    differing.join("\n    ")
                ));
            }
        }
    }
    Ok(())
}

/// At a quiet point: all are equal, nothing is lost, digests tell the truth.
pub fn at_rest(world: &mut World) -> Result<(), String> {
    let contents: Vec<_> = world.devices.iter_mut().map(|device| device.contents()).collect();
    for (number, held) in contents.iter().enumerate() {
        world.model.check(held).map_err(|error| format!("device {number}: {error}"))?;
        equal(&contents[0], held).map_err(|e| format!("devices 0 and {number} differ: {e}"))?;
    }
    let opaque = seen_by_relays(world.vault.keys(), &contents[0]);
    for (number, relay) in world.relays.iter().enumerate() {
        let held = of_relay(world.vault.keys(), &relay.relay);
        equal(&opaque, &held).map_err(|e| format!("devices and relay {number} differ: {e}"))?;
        let told = relay.relay.state(runlog_core::time::Timestamp::default()).digests;
        if told != relay.relay.recomputed_digests() {
            return Err(format!("the digests of relay {number} are not those of its records"));
        }
    }
    for device in &world.devices {
        completed(&device.runs)?;
    }
    let mut digests = Vec::new();
    for device in &mut world.devices {
        digests.push(device.history.read(|reader| Digests::read(reader.tx())).unwrap().tables);
    }
    for (number, held) in digests.iter().enumerate() {
        equal(&digests[0], held).map_err(|e| format!("digests of 0 and {number} differ: {e}"))?;
    }
    Ok(())
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
