//! What holds when the faults have stopped.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::device::{Device, Ended};
use crate::ledger::{Cell, Ledger, unedited};

/// How often everybody syncs until nothing waits. What one device pushes last, all pull in the next.
const ROUNDS_MAX: usize = 6;

/// What differs from device to device, as it tells of this device's syncing.
const OF_THE_DEVICE: [&str; 4] = ["is_synced", "synced_at", "sync", "device_heard_at"];

/// An execution with its log, as every device shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) fields: Value,
    pub(crate) log: String,
}

/// By id.
pub(crate) type Executions = BTreeMap<String, Shown>;

/// Everybody syncs until nothing waits anywhere.
pub(crate) fn settle(devices: &[Device]) {
    let mut left = Vec::new();
    for _ in 0..ROUNDS_MAX {
        left = devices.iter().map(|device| device.run(&["sync", "now"], None)).collect::<Vec<_>>();
        // A round behind it, in which nobody has anything to push, shows that all have all.
        let quiet = devices
            .iter()
            .all(|device| device.json(&["sync", "status", "--json"])["state"] == "up_to_date");
        if quiet && left.iter().all(Ended::is_done) && nobody_pulls(devices) {
            return;
        }
    }
    let status = devices.iter().map(|device| device.stdout(&["sync", "status"]));
    panic!("it does not come to rest: {left:?}\n{}", status.collect::<String>());
}

/// Whether a further sync moves nothing.
fn nobody_pulls(devices: &[Device]) -> bool {
    devices.iter().all(|device| {
        let runs = device.json(&["sync", "now", "--json"]);
        runs.as_array()
            .unwrap()
            .iter()
            .all(|run| run["status"] == "completed" && run["rows_done"] == 0)
    })
}

/// Reads every execution on every device, each by its own process.
pub(crate) fn all_hold_the_same(devices: &[Device]) -> Executions {
    let mut held: Vec<Executions> = std::thread::scope(|scope| {
        let reading: Vec<_> = devices.iter().map(|device| scope.spawn(|| shown(device))).collect();
        reading.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let first = held.remove(0);
    for (number, other) in held.iter().enumerate() {
        let ids = |executions: &Executions| executions.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&first), ids(other), "devices 0 and {}", number + 1);
        for (id, shown) in &first {
            assert_eq!(shown, &other[id], "{id} on devices 0 and {}", number + 1);
        }
    }
    first
}

fn shown(device: &Device) -> Executions {
    let listed = device.executions();
    let ids = listed.iter().map(|listed| listed["id"].as_str().unwrap().to_owned());
    let shown = ids.map(|id| {
        let mut fields = device.json(&["show", "--json", &id]);
        OF_THE_DEVICE.iter().for_each(|name| {
            fields.as_object_mut().unwrap().remove(*name);
        });
        let log = device.stdout(&["logs", "--json", &id]);
        (id, Shown { fields, log })
    });
    shown.collect()
}

/// Every recording and every edit whose command left with 0 is there, unless another edit of the same
/// cell is the newer one.
pub(crate) fn nothing_confirmed_is_lost(executions: &Executions, ledger: &Ledger) {
    let name = |shown: &Shown| shown.fields["argv"][3].as_str().unwrap_or_default().to_owned();
    let by_name: BTreeMap<String, &Shown> =
        executions.values().map(|shown| (name(shown), shown)).collect();
    for (name, recorded) in ledger.recorded() {
        let shown = by_name.get(name);
        if !recorded.is_confirmed {
            let status = shown.map(|shown| shown.fields["status"].clone());
            assert_ne!(status, Some("running".into()), "{name}: its recorder was killed");
            continue;
        }
        let shown = shown.unwrap_or_else(|| panic!("{name} was confirmed and is gone"));
        assert_eq!(shown.fields["status"], "completed", "{name}");
        let printed = (1..=recorded.lines).map(|line| format!("{name} {line}"));
        let (found, printed): (Vec<_>, Vec<_>) = (texts(&shown.log).collect(), printed.collect());
        let differs = found.iter().zip(&printed).position(|(found, printed)| found != printed);
        assert!(
            found == printed,
            "{name}, on which its recorder said '{}': {} lines, {} printed; the first that differs is \
             {differs:?}: {:?} in {}",
            recorded.said,
            found.len(),
            printed.len(),
            differs.map(|at| shown.log.lines().skip(at).take(3).collect::<Vec<_>>()),
            shown.fields,
        );
    }
    for (id, cell, allowed) in ledger.allowed() {
        let found = executions
            .get(id)
            .map_or_else(|| unedited(cell).to_owned(), |shown| value(&shown.fields, cell));
        assert!(allowed.contains(&&*found), "{id}: {cell:?} is '{found}', not one of {allowed:?}");
    }
}

fn texts(log: &str) -> impl Iterator<Item = String> {
    log.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["text"].as_str().unwrap_or_default().to_owned()
    })
}

fn value(fields: &Value, cell: &Cell) -> String {
    match cell {
        Cell::Note => fields["note"].as_str().unwrap_or_default().to_owned(),
        Cell::Pinned => fields["pinned"].to_string(),
        Cell::Deleted => fields["deleted"].to_string(),
        Cell::Tag(tag) => {
            let tags = fields["tags"].as_array().unwrap();
            tags.iter().any(|held| held == tag).to_string()
        }
    }
}

/// Digests agree, databases are whole, no run of syncing is left open, and nobody was taken for a copy.
pub(crate) fn all_are_sound(devices: &[Device]) {
    for device in devices {
        let number = device.number;
        let verified = device.json(&["sync", "verify", "--json"]);
        for run in verified.as_array().unwrap() {
            assert_eq!(run["status"], "completed", "device {number}: {run}");
            let tables = run["verification"].as_array().unwrap();
            assert!(!tables.is_empty(), "device {number}: {run}");
            for table in tables {
                assert_eq!(table["equal"], true, "device {number}: {run}");
            }
        }
        let doctor = device.output(&["doctor", "--json"]);
        let doctor: Value = serde_json::from_slice(&doctor.stdout).unwrap();
        // Of a recorder that was killed before it recorded anything, its lock file is left for a while.
        let is_left = |finding: &Value| finding["kind"] == "lock";
        let sound = doctor["findings"].as_array().unwrap().iter().all(is_left);
        assert!(sound, "device {number}: {doctor}");
        // Nobody was copied or set back, so nobody took a new identity.
        let known = device.json(&["device", "list", "--json"]);
        assert_eq!(known.as_array().unwrap().len(), devices.len(), "device {number}: {known}");
        let open = device.json(&["sync", "history", "--status", "running", "--json"]);
        assert_eq!(open, Value::Array(Vec::new()), "device {number}");
    }
}
