//! What the program tells of syncing: `sync`, `why`, and how an execution stands.

use runlog_core::model::{Kind, NewExecution};
use runlog_core::sync::engine::JobOptions;
use runlog_core::sync::run::SyncType;

use crate::session::Session;
use crate::synced::Synced;

#[test]
fn without_a_backend_nothing_waits_and_nothing_warns() {
    let session = Session::new();
    session.stdout("runlog run -- true");
    insta::assert_snapshot!(session.see("runlog sync status --check"), @"
    ! there is no backend: nothing waits
    ! hint: this history stays on this device until a backend is added
    ");
    insta::assert_snapshot!(session.see("runlog sync history"), @"! nothing was synced yet");
    insta::assert_snapshot!(session.see("runlog sync log"), @"! nothing was synced yet");
    insta::assert_snapshot!(session.see("runlog sync stats"), @"
    Runs          0
    Success rate  0 %
    Average  [took]
    Moved         0 records, [size]
    ");
    assert_eq!(session.json("runlog sync status --json")["state"], "no_backend");
    assert_eq!(session.json("runlog sync stats --json")["per_day"].as_array().unwrap().len(), 7);
    let listed = session.newest();
    assert_eq!((&listed["is_synced"], &listed["synced_at"]), (&false.into(), &().into()));
}

#[test]
fn the_state_of_syncing() {
    let session = Session::new();
    session.stdout("runlog run -- true");
    let mut synced = Synced::new(&session);
    insta::assert_snapshot!(session.see("runlog sync status --check"), @"
    Not up to date since [time] (just now).

    BACKEND  STATE             HEARD FROM  WAITING
    relay    never heard from  never             1

    relay
        never heard from; 1 to hand over, since [time] (just now)
    [exit 1]
    ");
    synced.sync();
    insta::assert_snapshot!(session.see("runlog sync status --check"), @"
    Up to date.

    BACKEND  STATE       HEARD FROM  LAST SYNC
    relay    up to date  just now  completed

    relay
        [size] of 4.0 GiB used there
    ");
    session.stdout("runlog run -- true");
    insta::assert_snapshot!(session.see("runlog sync status"), @"
    Not up to date since [time] (just now).

    BACKEND  STATE    HEARD FROM  LAST SYNC  WAITING
    relay    waiting  just now  completed        1

    relay
        1 to hand over, since [time] (just now)
        [size] of 4.0 GiB used there
    ");
    synced.reachable = false;
    synced.sync();
    insta::assert_snapshot!(session.see("runlog sync status --check"), @"
    Not up to date since [time] (just now).

    BACKEND  STATE    HEARD FROM  LAST SYNC  WAITING
    relay    failing  just now  failed           1

    relay
        the last sync failed: connection refused; 1 to hand over, since [time] (just now)
        [size] of 4.0 GiB used there
    [exit 1]
    ");
    let status = session.json("runlog sync status --json");
    assert_eq!(status["state"], "not_up_to_date");
    let backend = &status["backends"][0];
    assert_eq!((&backend["name"], &backend["state"]), (&"relay".into(), &"failing".into()));
    assert_eq!(backend["waiting"]["count"], 1);
    assert_eq!(backend["last_run"]["error"], "connection refused");
    insta::assert_snapshot!(session.see("runlog sync history"), @"
    RUN       STATUS     STARTED    TOOK  BACKEND  WAY        TYPE         CAUSE   ROWS  WHAT WENT WRONG
    id-00001  failed     just now  [took]  relay    both ways  incremental  manual     0  connection refused
    id-00002  completed  just now  [took]  relay    both ways  incremental  manual     2
    ");
    insta::assert_snapshot!(session.see("runlog sync history --status failed --backend relay"), @"
    RUN       STATUS  STARTED    TOOK  BACKEND  WAY        TYPE         CAUSE   ROWS  WHAT WENT WRONG
    id-00001  failed  just now  [took]  relay    both ways  incremental  manual     0  connection refused
    ");
    insta::assert_snapshot!(session.see("runlog sync history --backend nas"), @"
    ! error: there is no backend 'nas'
    ! hint: one of relay
    [exit 1]
    ");
    let runs = session.json("runlog sync history --json --since 1h -n 1");
    assert_eq!((runs.as_array().unwrap().len(), &runs[0]["status"]), (1, &"failed".into()));
    let seen = session.see("runlog sync stats");
    assert!(
        seen.starts_with("Runs          2 (1 completed, 1 failed)\nSuccess rate  50 %"),
        "{seen}"
    );
    assert_eq!(session.json("runlog sync stats --days 1 --json")["failures"], 1);
}

#[test]
fn executions_that_wait_are_told_from_those_that_are_synced() {
    let session = Session::new();
    session.stdout("runlog run --workflow first -- true");
    let mut synced = Synced::new(&session);
    synced.sync();
    session.stdout("runlog run --workflow second -- true");
    let listed = |state: &str| {
        let listed = session.json(&format!("runlog list --json --sync {state}"));
        let listed = listed.as_array().unwrap().iter();
        listed.map(|run| run["workflow_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("synced"), ["first"]);
    assert_eq!(listed("waiting"), ["second"]);
    assert!(listed("rejected").is_empty());
    let all = session.json("runlog list --json");
    assert_eq!((&all[0]["is_synced"], &all[1]["is_synced"]), (&false.into(), &true.into()));
    assert!(all[1]["synced_at"].is_string() && all[0]["synced_at"].is_null());
    let id = session.newest_id();
    let shown = session.stdout(&format!("runlog show {id}"));
    assert!(shown.ends_with("Sync        relay: waiting\n"), "{shown}");
    synced.sync();
    let shown = session.see(&format!("runlog show {id}"));
    assert!(shown.ends_with("Sync        relay: synced [time]  (just now)\n"), "{shown}");
    let shown = session.json(&format!("runlog show {id} --json"));
    assert_eq!(shown["is_synced"], true);
    let standing = &shown["sync"][0];
    assert_eq!((&standing["backend"], &standing["state"]), (&"relay".into(), &"synced".into()));
    assert_eq!(standing["at"], shown["synced_at"]);
}

#[test]
fn what_syncing_did_to_an_execution_and_why_a_value_is_here() {
    let session = Session::new();
    session.stdout("runlog run --workflow build -- true");
    let mut synced = Synced::new(&session);
    synced.sync();
    let id = session.newest_id();
    session.stdout(&format!("runlog note {id} mine"));
    synced.other_edits(|tx, id| tx.set_note(id, Some("theirs")).unwrap());
    synced.sync();
    insta::assert_snapshot!(session.see(&format!("runlog sync log --entity {id}")), @"
    WHEN      EXECUTION  OF          WAY   RESULT   WHY           RUN       TYPE         BACKEND
    just now  id-00001   executions  push  updated  acknowledged  id-00002  incremental  relay
    just now  id-00001   executions  pull  updated  applied       id-00002  incremental  relay
    just now  id-00001   executions  push  created  acknowledged  id-00003  incremental  relay
    ");
    insta::assert_snapshot!(session.see(&format!("runlog why {id} note")), @"
    Field      note
    Value      theirs
    Written    [time] (just now), device full-id-00001
    Arrived    [time] (just now) from relay, in the sync id-00002
    Displaced  mine
               written [time] (just now), this device
               displaced [time] (just now)
    ");
    insta::assert_snapshot!(session.see(&format!("runlog why {id} status")), @"
    Field      status
    Value      completed
    Written    [time] (just now), this device
    ");
    insta::assert_snapshot!(session.see(&format!("runlog why {id} colour")), @"
    ! error: field: there is no 'colour'; there are status, outcome, ended_at, exit_code, signal, lost_at, started_at, deleted, pinned, kind, workflow_id, workflow_name, created_at, device_id, host_name, user, working_directory, binary_path, parent_id, retry_of, engine_id, used_fallback, note, argv, params, attributes, compiled_prompt and tag:NAME
    [exit 1]
    ");
    let all = session.see(&format!("runlog why {id}"));
    assert!(all.starts_with("FIELD") && all.contains("\nnote "), "{all}");

    let why = session.json(&format!("runlog why {id} note --json"));
    assert_eq!((&why["value"], &why["displaced"]["value"]), (&"theirs".into(), &"mine".into()));
    assert_eq!(why["arrived"]["certain"], true);
    let run = why["arrived"]["sync_id"].as_str().unwrap().to_owned();
    let rows = session.json(&format!("runlog sync log --run {} --json", &run[28..]));
    assert!(rows.as_array().unwrap().iter().all(|row| row["run"]["sync_id"] == run.as_str()));
    assert!(session.json(&format!("runlog why {id} --json")).is_array());

    // A full run touches every execution: its rows belong to the answer.
    synced.sync_as(JobOptions { sync_type: SyncType::Full, ..JobOptions::default() });
    let rows = session.json(&format!("runlog sync log --entity {id} --json"));
    let whole = |row: &serde_json::Value| row["entity_id"].is_null();
    assert_eq!(rows.as_array().unwrap().iter().filter(|row| whole(row)).count(), 1);
    let page = session.output(&format!("runlog sync log --entity {id} -n 1"));
    let stderr = String::from_utf8(page.stderr).unwrap();
    let cursor = stderr.split_whitespace().last().unwrap();
    let next = session.json(&format!("runlog sync log --entity {id} --json --cursor {cursor}"));
    assert_eq!(next.as_array().unwrap().len() + 1, rows.as_array().unwrap().len());
    insta::assert_snapshot!(session.see("runlog sync log --errors --changes"), @"! no row matches");
    insta::assert_snapshot!(session.see("runlog sync log --cursor c1"), @"
    ! error: 'c1' is not a cursor of the sync log
    ! hint: use the one that the page before has printed
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog sync log --run 00000000"), @"
    ! error: no run's id ends with 'id-00001'
    ! hint: `runlog sync history` prints the ids
    [exit 3]
    ");
}

/// Such a run is never judged here: nobody but its device knows whether it goes on.
#[test]
fn a_run_of_a_device_that_was_not_heard_from() {
    let session = Session::new();
    session.stdout("runlog run -- true");
    let mut synced = Synced::new(&session);
    let began = runlog::now().plus_millis(-3 * 3_600_000);
    let id = runlog::new_execution_id();
    synced.other_starts(&NewExecution::new(id, Kind::Job, "nightly", began).unwrap());
    synced.sync();
    let listed = session.see("runlog list --workflow nightly");
    assert!(listed.contains("running, not heard from since 3 h ago"), "{listed}");
    let shown = session.see(&format!("runlog show {id}"));
    assert!(shown.contains("device not heard from since [time]  (3 h ago)"), "{shown}");
    let shown = session.json(&format!("runlog show --json {id}"));
    assert_eq!(shown["device_heard_at"], shown["started_at"]);
    let listed = session.json("runlog list --json");
    assert_eq!(
        listed.as_array().unwrap().iter().filter(|run| run["device_heard_at"].is_string()).count(),
        1
    );

    // It edits another run: it lives, and so may its run.
    synced.other_edits(|tx, id| tx.set_pinned(id, true).unwrap());
    synced.sync();
    let listed = session.see("runlog list --workflow nightly");
    assert!(!listed.contains("not heard from"), "{listed}");
}
