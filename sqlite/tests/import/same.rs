//! Equal on every device, nothing twice, nobody's edit lost.

use runlog_core::model::Tag;
use runlog_core::store::{BackendId, ReadTx, Store};

use crate::driver::{Device, NOW, golden, id};

const FILES: [&str; 3] = ["seed0-old.db", "seed0-new.db", "seed1.db"];

/// SYNC 7.
#[test]
fn two_devices_hold_equal_rows_clocks_and_pieces() {
    for file in FILES {
        let (mut one, mut two) = (Device::new(0xa1), Device::new(0xb2));
        assert_eq!(one.import(&golden(file)), two.import(&golden(file)));
        assert_eq!(one.dump(), two.dump(), "{file}");
    }
}

#[test]
fn in_whatever_order_files_come_the_rows_are_the_same() {
    let (mut one, mut two) = (Device::new(1), Device::new(2));
    FILES.iter().for_each(|file| drop(one.import(&golden(file))));
    FILES.iter().rev().for_each(|file| drop(two.import(&golden(file))));
    for number in 1..=9 {
        assert_eq!(one.run(id(number)), two.run(id(number)));
    }
}

#[test]
fn twice_adds_nothing() {
    for file in FILES {
        let mut device = Device::new(1);
        let first = device.import(&golden(file));
        let before = device.dump();
        let second = device.import(&golden(file));
        assert_eq!((second.added, second.lines), (0, 0));
        assert_eq!(second.known, first.added);
        assert_eq!((second.skipped, second.refused), (first.skipped, first.refused));
        assert_eq!(device.dump(), before, "{file}");
    }
}

#[test]
fn edits_and_purges_survive_another_import() {
    let mut device = Device::new(1);
    device.import(&golden("seed1.db"));
    let tag = Tag::new("kept").unwrap();
    let edited = device.history.write(NOW, |tx| {
        tx.set_note(id(1), Some("mine"))?;
        tx.set_pinned(id(1), true)?;
        tx.tag(id(1), &tag)?;
        tx.delete(id(2))?;
        tx.delete(id(3))?;
        tx.purge(id(3))
    });
    edited.unwrap();
    let before = device.dump();
    let done = device.import(&golden("seed1.db"));
    assert_eq!((done.added, done.lines), (0, 0));
    assert_eq!(device.dump(), before);
    let run = device.run(id(1)).summary;
    assert_eq!((run.note.as_deref(), run.pinned, run.tags), (Some("mine"), true, vec![tag]));
    assert!(device.run(id(2)).summary.deleted);
}

/// What was imported waits for backends like anything else: no sync history is invented.
#[test]
fn everything_imported_waits_to_be_sent() {
    let mut device = Device::new(1);
    device.import(&golden("seed0-new.db"));
    let store = device.history.store_mut();
    let backends = store.read(|tx: &dyn ReadTx| tx.backends()).unwrap();
    assert!(backends.is_empty());
    let changes = store.read(|tx: &dyn ReadTx| tx.changes(Default::default(), 100)).unwrap();
    assert_eq!(changes.len(), 5);
    let mark = store.read(|tx: &dyn ReadTx| tx.acknowledged_at(BackendId(1), changes[0].number));
    assert_eq!(mark.unwrap(), None);
}
