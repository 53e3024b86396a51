//! Backups and restores.

use runlog::Runlog;
use runlog::sync::Cancel;

use crate::relay::{Device, Relay, home, names, record};

#[test]
fn a_backup_comes_back_as_another_device_and_syncs_without_loss() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let b = a.beside(&relay);
    a.record("synced before");
    a.synced();
    a.record("never synced before the backup");
    let backup = a.home.path().join("backup.db");
    let made = a.runlog.backup(&backup).unwrap();
    assert_eq!(made.bytes, std::fs::metadata(&backup).unwrap().len());
    assert!(a.runlog.backup(&backup).is_err(), "a backup replaces nothing");
    a.record("synced after");
    a.synced();

    let (database, device) = (a.runlog.path().to_owned(), a.runlog.device());
    let Device { home, runlog, open } = a;
    drop(runlog);
    let restored = Runlog::restore(&database, &backup, &Cancel::new()).unwrap();
    assert_eq!(restored.made_at, Some(made.at));
    assert!(restored.paused.is_empty());
    let runlog = Runlog::open(&database).unwrap();
    let a = Device { home, runlog, open };
    assert_ne!(a.runlog.device(), device);
    assert_eq!(a.names().len(), 2);
    a.synced();
    b.synced();
    let all = ["never synced before the backup", "synced after", "synced before"];
    assert_eq!(
        (a.names(), b.names()),
        (all.map(str::to_owned).to_vec(), all.map(str::to_owned).to_vec())
    );

    let replaced = Runlog::open(restored.replaced.unwrap()).unwrap();
    assert_eq!(names(&replaced).len(), 3);
}

/// Whoever opens a copy as it is goes on as another device, too.
#[test]
fn a_backup_that_is_opened_is_another_device() {
    let (directory, runlog) = home();
    record(&runlog, "one");
    let backup = directory.path().join("backup.db");
    runlog.backup(&backup).unwrap();
    let opened = Runlog::open(&backup).unwrap();
    assert_ne!(opened.device(), runlog.device());
    let again = Runlog::open(&backup).unwrap();
    assert_eq!(again.device(), opened.device());
    assert_eq!(names(&opened), ["one"]);
}

#[test]
fn what_is_no_backup_or_in_use_is_refused_and_nothing_changes() {
    let (directory, runlog) = home();
    record(&runlog, "one");
    let database = runlog.path().to_owned();
    let backup = directory.path().join("backup.db");
    runlog.backup(&backup).unwrap();
    let restore = |from: &std::path::Path| Runlog::restore(&database, from, &Cancel::new());

    let in_use = restore(&backup).unwrap_err();
    assert!(in_use.to_string().contains("another process"), "{in_use}");
    let recorder = runlog.recorder().unwrap();
    assert!(restore(&backup).is_err());
    drop((recorder, runlog));

    let text = directory.path().join("notes.txt");
    std::fs::write(&text, "not a database").unwrap();
    assert!(restore(&text).is_err());
    assert!(restore(&directory.path().join("nothing")).is_err());
    let damaged = directory.path().join("damaged.db");
    let mut bytes = std::fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(&damaged, bytes).unwrap();
    assert!(restore(&damaged).is_err());
    assert_eq!(names(&Runlog::open(&database).unwrap()), ["one"]);
}
