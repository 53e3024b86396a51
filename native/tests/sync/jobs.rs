//! One job at a time.

use runlog::sync::{Cancel, Direction, Phase, RunStatus, SyncError, SyncOptions, SyncType};

use crate::relay::{Device, Relay};

#[test]
fn what_one_device_records_another_has_and_both_edits_stay() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let id = a.record("nightly");
    let report = a.synced();
    assert!(report.runs[0].bytes_up > 0 && report.runs[0].bytes_down > 0, "{report:?}");
    let b = a.beside(&relay);
    b.synced();
    assert_eq!(b.names(), ["nightly"]);

    a.runlog.write(|history| history.set_note(id, Some("from a"))).unwrap();
    b.runlog.write(|history| history.set_pinned(id, true)).unwrap();
    b.synced();
    a.synced();
    b.synced();
    for device in [&a, &b] {
        let run = device.runlog.get(id).unwrap().unwrap();
        assert_eq!(run.summary.note.as_deref(), Some("from a"));
        assert!(run.summary.pinned);
    }
    let lines = b.runlog.read(|history| Ok(history.tx().last_sequence(id)?)).unwrap();
    assert_eq!(lines, 1);
}

#[test]
fn directions_move_one_way_only() {
    let relay = Relay::new();
    let (a, options) = (Device::first(&relay), |direction| {
        let mut options = SyncOptions::default();
        options.direction = direction;
        options
    });
    let b = a.beside(&relay);
    a.record("of a");
    b.record("of b");
    a.sync_with(&options(Direction::LocalToRemote));
    b.sync_with(&options(Direction::RemoteToLocal));
    assert_eq!(b.names(), ["of a", "of b"]);
    a.synced();
    assert_eq!(a.names(), ["of a"]);
}

#[test]
fn progress_is_told_and_a_cancelled_sync_goes_on_later() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    for number in 0..20 {
        a.record(&format!("job {number}"));
    }
    let cancel = Cancel::new();
    let mut phases = Vec::new();
    let mut progress = |run: &runlog::sync::SyncRun| {
        if phases.last() != Some(&run.phase) {
            phases.push(run.phase);
        }
        if run.phase == Phase::Export {
            cancel.cancel();
        }
    };
    let options = SyncOptions::default();
    let report = a.runlog.sync_now(&a.open, &options, &mut progress, &cancel).unwrap();
    assert!(report.is_cancelled(), "{report:?}");
    assert_eq!(phases, [Phase::Validation, Phase::Import, Phase::Export]);
    a.synced();
    let b = a.beside(&relay);
    b.synced();
    assert_eq!(b.names().len(), 20);
}

#[test]
fn two_at_once_are_one_too_many() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let lock = std::fs::File::create(a.home.path().join("history.db.sync-lock")).unwrap();
    lock.lock().unwrap();
    let mut options = SyncOptions::default();
    options.lock_wait = std::time::Duration::ZERO;
    let refused = a.runlog.sync_now(&a.open, &options, &mut |_| {}, &Cancel::new());
    assert!(matches!(refused, Err(SyncError::Busy { .. })), "{refused:?}");
    drop(lock);
    a.synced();
}

#[test]
fn a_run_that_a_crash_cut_off_is_closed_when_the_history_is_opened() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let crash = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut progress = |run: &runlog::sync::SyncRun| {
            if run.phase == Phase::Import {
                std::panic::resume_unwind(Box::new(()));
            }
        };
        let options = SyncOptions::default();
        let _ = a.runlog.sync_now(&a.open, &options, &mut progress, &Cancel::new());
    }));
    assert!(crash.is_err());
    let runs = |runlog: &runlog::Runlog| {
        runlog.read(|history| Ok(history.tx().sync_runs(&Default::default(), None, 10)?)).unwrap()
    };
    assert_eq!(runs(&a.runlog)[0].status, RunStatus::Running);
    let again = runlog::Runlog::open(a.runlog.path()).unwrap();
    let run = runs(&again).remove(0);
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error_details.unwrap()["code"], "interrupted");
    a.synced();
}

/// The history of syncing is kept for 90 days (SPEC H4).
#[test]
fn a_job_removes_what_is_too_old_of_the_history_of_syncing() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let [old, recent] = [(); 2].map(|()| a.synced().runs[0].id);
    let day_ms = 24 * 60 * 60 * 1000_i64;
    let connection = rusqlite::Connection::open(a.runlog.path()).unwrap();
    for (run, days) in [(old, 91), (recent, 89)] {
        let sql = "UPDATE sync_history SET started_at = started_at - ?1,
                     completed_at = completed_at - ?1 WHERE id = ?2";
        let changed = connection.execute(sql, (days * day_ms, run.0.as_bytes())).unwrap();
        assert_eq!(changed, 1);
    }
    let newest = a.synced().runs[0].id;
    let runs = a.runlog.sync_runs(&Default::default(), None, 10).unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [newest, recent]);
}

/// Two copies of one device: the relay notices, and one goes on as another device.
#[test]
fn a_copied_history_becomes_a_device_of_its_own() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    a.record("before");
    a.synced();
    let copied = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(a.home.path()).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), copied.path().join(file.file_name())).unwrap();
        }
    }
    let runlog = runlog::Runlog::open(copied.path().join("history.db")).unwrap();
    let was = runlog.device();
    assert_eq!(was, a.runlog.device());
    let b = Device { open: runlog.unlock_vault(None).unwrap(), home: copied, runlog };
    // Opened before the sync makes it another device, this writes as the new one afterwards.
    let other = runlog::Runlog::open(b.runlog.path()).unwrap();

    a.record("of a");
    a.synced();
    b.record("of b");
    b.synced();
    assert_ne!(b.runlog.device(), was);
    let id = crate::relay::record(&other, "of another handle");
    let written = other.get(id).unwrap().unwrap();
    assert_eq!(written.summary.device_id, b.runlog.device());

    b.synced();
    a.synced();
    b.synced();
    let all = ["before", "of a", "of another handle", "of b"];
    assert_eq!(
        (a.names(), b.names()),
        (all.map(str::to_owned).to_vec(), all.map(str::to_owned).to_vec())
    );
}

#[test]
fn a_full_pull_makes_a_backup_first() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    a.record("kept");
    a.synced();
    let mut options = SyncOptions::default();
    (options.direction, options.sync_type) = (Direction::RemoteToLocal, SyncType::Full);
    let report = a.sync_with(&options);
    assert!(report.is_complete(), "{report:?}");
    let path = report.runs[0].backup_path.clone().unwrap();
    assert!(std::path::Path::new(&path).exists());
    a.record("written since");

    let database = a.runlog.path().to_owned();
    let (device, home) = (a.runlog.device(), a.home);
    drop(a.runlog);
    let restored = runlog::Runlog::restore(&database, &path, &Cancel::new()).unwrap();
    assert_eq!(restored.paused.len(), 1);
    let runlog = runlog::Runlog::open(&database).unwrap();
    assert_ne!(runlog.device(), device);
    assert!(!runlog.backends().unwrap()[0].enabled);
    assert!(restored.carried_over > 0);
    assert_eq!(crate::relay::names(&runlog), ["kept", "written since"]);
    drop(home);
}
