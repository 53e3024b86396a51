//! The JSON of reading commands: what programs may rely on. See docs/cli.md.

use crate::session::Session;

fn with_run() -> (Session, String) {
    let session = Session::new();
    let event = r#"{\"type\":\"task_progress\",\"task\":\"build\",\"percent\":40}"#;
    session.output(&format!(
        "runlog run --workflow deploy --param env=prod --tag ci --no-pty -- \
         sh -c 'echo out; sleep 0.05; echo \"warning: err\" >&2; sleep 0.05; echo \"@runlog {event}\" >&2; exit 3'"
    ));
    let id = session.newest_id();
    (session, id)
}

#[test]
fn an_execution() {
    let (session, id) = with_run();
    insta::assert_snapshot!(session.see(&format!("runlog show --json {id}")), @r#"
    {
      "id": "full-id-00001",
      "kind": "command",
      "workflow_id": "deploy",
      "workflow_name": null,
      "status": "failed",
      "started_at": "[time]",
      "ended_at": "[time]",
      "ended_at_approximate": false,
      "duration_ms": [number],
      "exit_code": 3,
      "signal": null,
      "argv": [
        "sh",
        "-c",
        "echo out; sleep 0.05; echo \"warning: err\" >&2; sleep 0.05; echo \"@runlog {\\\"type\\\":\\\"task_progress\\\",\\\"task\\\":\\\"build\\\",\\\"percent\\\":40}\" >&2; exit 3"
      ],
      "binary_path": "/usr/bin/sh",
      "working_directory": "[dir]",
      "user": "ada",
      "device_id": "[device]",
      "host_name": "[host]",
      "parent_id": null,
      "retry_of": null,
      "engine_id": null,
      "used_fallback": null,
      "tags": [
        "ci"
      ],
      "note": null,
      "pinned": false,
      "created_at": "[time]",
      "updated_at": "[time]",
      "deleted": false,
      "compiled_prompt": null,
      "params": {
        "env": "prod"
      },
      "attributes": {},
      "is_synced": false,
      "synced_at": null,
      "sync": [],
      "device_heard_at": null
    }
    "#);
}

#[test]
fn a_listing() {
    let (session, _) = with_run();
    insta::assert_snapshot!(session.see("runlog list --json"), @r#"
    [
    {"id":"full-id-00001","kind":"command","workflow_id":"deploy","workflow_name":null,"status":"failed","started_at":"[time]","ended_at":"[time]","ended_at_approximate":false,"duration_ms": [number],"exit_code":3,"signal":null,"argv":["sh","-c","echo out; sleep 0.05; echo \"warning: err\" >&2; sleep 0.05; echo \"@runlog {\\\"type\\\":\\\"task_progress\\\",\\\"task\\\":\\\"build\\\",\\\"percent\\\":40}\" >&2; exit 3"],"binary_path":"/usr/bin/sh","working_directory":"[dir]","user":"ada","device_id":"[device]","host_name":"[host]","parent_id":null,"retry_of":null,"engine_id":null,"used_fallback":null,"tags":["ci"],"note":null,"pinned":false,"created_at":"[time]","updated_at":"[time]","deleted":false,"is_synced":false,"synced_at":null,"device_heard_at":null}
    ]
    "#);
}

#[test]
fn a_log() {
    let (session, id) = with_run();
    insta::assert_snapshot!(session.see(&format!("runlog logs --json {id}")), @r#"
    {"seq":1,"time":"[time]","stream":"stdout","level":null,"text":"out"}
    {"seq":2,"time":"[time]","stream":"stderr","level":"warn","text":"warning: err"}
    {"seq":3,"time":"[time]","stream":"event","level":null,"event":{"type":"task_progress","task":"build","percent":40}}
    "#);
}

#[test]
fn the_state_of_the_history() {
    let (session, _) = with_run();
    insta::assert_snapshot!(session.see("runlog doctor --json"), @r#"
    {
      "healthy": true,
      "program_version": "0.1.0",
      "database": "[dir]/history/history.db",
      "schema_version": 4,
      "device_id": "[device]",
      "executions": {
        "live": 1,
        "trash": 0,
        "hidden": 0,
        "running": 0
      },
      "bytes": {
        "database": [number],
        "wal": [number],
        "backups": 0
      },
      "recorders": 0,
      "masking": {
        "on": true,
        "patterns": 0
      },
      "findings": []
    }
    "#);
    std::fs::write(session.database(), "something else").unwrap();
    insta::assert_snapshot!(session.see("runlog doctor --json"), @r#"
    {
      "healthy": false,
      "program_version": "0.1.0",
      "database": "[dir]/history/history.db",
      "findings": [
        {
          "kind": "open",
          "detail": "[dir]/history/history.db: not a database: the file holds something else",
          "hint": "restore a backup, move the file away, or name another directory with --home"
        }
      ]
    }
    [exit 4]
    "#);
}
