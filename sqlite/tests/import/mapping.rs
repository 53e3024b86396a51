//! What the golden databases become.

use runlog_core::history::device_of_name;
use runlog_core::model::{Kind, Status};
use serde_json::json;

use crate::driver::{Device, golden, id};

const LAPTOP: &str = "5d1f0c3e-1111-4222-8333-444455556666";
const INJECTION: &str = "Robert'); DROP TABLE executions;--";

fn statuses(device: &mut Device, count: u32) -> Vec<Status> {
    (1..=count).map(|number| device.run(id(number)).status()).collect()
}

#[test]
fn seed_0_in_its_old_form() {
    let mut device = Device::new(1);
    let done = device.import(&golden("seed0-old.db"));
    assert_eq!((done.added, done.known, done.lines), (7, 0, 0));
    let expected = [
        Status::Completed,
        Status::Failed,
        Status::Completed,
        Status::Lost,
        Status::Lost,
        Status::Lost,
        Status::Cancelled,
    ];
    assert_eq!(statuses(&mut device, 7), expected);

    let run = device.run(id(1));
    assert_eq!(run.summary.kind, Kind::Prompt);
    assert_eq!(run.summary.engine_id.as_deref(), Some("gpt-x"));
    assert_eq!(run.compiled_prompt.as_deref(), Some("Say hello"));
    assert_eq!(run.summary.used_fallback, Some(false));
    assert_eq!(run.summary.device_id.to_string(), LAPTOP);
    assert_eq!(run.summary.started_at.unwrap().to_string(), "2023-11-14T22:13:20.000Z");
    assert_eq!(run.summary.updated_at.to_string(), "2023-11-14T22:14:20.000Z");
    let attributes = json!({
        "Rating": 5, "imported_ended_at_approximate": true, "imported_status": "Success",
    });
    assert_eq!(json!(run.attributes), attributes);

    let run = device.run(id(2));
    assert_eq!(run.compiled_prompt.as_deref(), Some("Grüße 🦀"));
    assert_eq!(run.summary.device_id, device_of_name("LAPTOP-7"));
    assert_eq!(run.attributes.get("imported_device"), Some(&json!("LAPTOP-7")));
    assert!(device.run(id(3)).summary.deleted, "deleted rows arrive in the trash");
    let run = device.run(id(5));
    assert_eq!(run.summary.workflow_id.as_str(), INJECTION);
    assert_eq!(run.attributes.get("imported_status"), Some(&json!("Exported?")));
    let run = device.run(id(7));
    assert_eq!(run.summary.workflow_id.as_str(), "a b");
    assert_eq!(run.attributes.get("imported_workflow_id"), Some(&json!("a\nb")));
    assert_eq!(run.attributes.get("imported_prompt"), Some(&json!({"hex": "fffe"})));
    assert_eq!(run.attributes.get("imported_is_deleted"), Some(&json!("maybe")));
}

#[test]
fn seed_0_reports_what_it_cannot_take() {
    let done = Device::new(1).import(&golden("seed0-old.db"));
    let places: Vec<_> = done
        .skipped
        .iter()
        .map(|skipped| (skipped.rowid.unwrap(), skipped.id.as_deref().unwrap(), &*skipped.reason))
        .collect();
    let (no_id, no_time) = (
        "its id is no UUID, or the empty one",
        "it has no time: neither ExecutedAt nor UpdatedAt can be read as one",
    );
    let expected = [
        (8, "not an id", no_id),
        (9, "00000000-0000-0000-0000-000000000000", no_id),
        (10, "0b5e7a10-0000-4000-8000-000000000008", no_time),
    ];
    assert_eq!(places, expected);
    assert_eq!(done.refused.len(), 1, "a row of year 9575 must not move the clock");
    assert!(done.refused[0].contains("ahead of this device's clock"), "{}", done.refused[0]);
}

/// No sync history is invented, and being marked as uploaded is no edit.
#[test]
fn seed_0_in_its_new_form() {
    let mut device = Device::new(1);
    let done = device.import(&golden("seed0-new.db"));
    assert_eq!((done.added, done.skipped.len()), (5, 0));
    let updated =
        |device: &mut Device, number| device.run(id(number)).summary.updated_at.to_string();
    assert_eq!(updated(&mut device, 1), "2023-11-14T22:14:20.000Z");
    assert_eq!(updated(&mut device, 2), "2023-11-14T22:13:20.000Z");
    assert!(device.run(id(3)).summary.deleted);
    assert_eq!(device.run(id(4)).status(), Status::Lost);
    let run = device.run(id(5));
    assert_eq!(run.status(), Status::NotStarted);
    assert_eq!(run.summary.created_at.to_string(), "2023-11-14T22:13:20.000Z");
    assert!(!device.dump().contains("Synced"));
}

#[test]
fn seed_0_is_one_history_in_both_forms() {
    let (mut old, mut new) = (Device::new(1), Device::new(2));
    old.import(&golden("seed0-old.db"));
    new.import(&golden("seed0-new.db"));
    let (left, right) = (old.run(id(1)).summary, new.run(id(1)).summary);
    assert_eq!(left, right);
}

#[test]
fn seed_1_runs() {
    let mut device = Device::new(1);
    let done = device.import(&golden("seed1.db"));
    assert_eq!(done.added, 9);
    let expected = [
        Status::Completed,
        Status::Failed,
        Status::Lost,
        Status::NotStarted,
        Status::Completed,
        Status::Failed,
        Status::Lost,
        Status::Completed,
        Status::Cancelled,
    ];
    assert_eq!(statuses(&mut device, 9), expected);

    let run = device.run(id(1));
    assert_eq!(run.summary.kind, Kind::Workflow);
    assert_eq!(run.summary.workflow_name.as_deref(), Some("Deploy"));
    assert_eq!(run.summary.binary_path.as_deref(), Some("/opt/deploy"));
    assert_eq!(run.summary.started_at.unwrap().to_string(), "2023-11-14T22:13:20.250Z");
    assert_eq!(run.summary.ended_at().unwrap().to_string(), "2023-11-14T22:15:00.000Z");
    assert_eq!(run.summary.ending.unwrap().exit.code(), Some(0));
    assert_eq!(json!(run.params), json!({"env": "prod", "naïve 🦀": INJECTION}));
    assert!(run.attributes.is_empty());
    assert_eq!(device.run(id(2)).summary.ending.unwrap().exit.code(), Some(3));
    // The last that was heard of it.
    let run = device.run(id(3));
    assert_eq!(run.summary.lost_at.unwrap().to_string(), "2023-11-14T22:14:00.500Z");
    assert_eq!(json!(run.attributes), json!({"imported_status": "Running"}));
    assert_eq!(device.run(id(4)).summary.started_at, None);
    assert_eq!(device.run(id(5)).attributes.get("imported_status"), Some(&json!("Exploded")));
    let attributes = json!({
        "imported_end_time": "soon", "imported_exit_code": "many",
        "imported_ended_at_approximate": true,
    });
    assert_eq!(json!(device.run(id(8)).attributes), attributes);
    assert_eq!(device.run(id(9)).summary.workflow_id.as_str(), "workflow");
}

#[test]
fn seed_1_logs() {
    let mut device = Device::new(1);
    let done = device.import(&golden("seed1.db"));
    let expected = [
        r#"event - {"name":"build 🦀","phase":0,"type":"phase_started"}"#,
        "stderr error ERROR two",
        "stderr - lines",
        r#"stdout - {"TaskProgress":"#,
        r#"event error {"error":"no","task_id":"t","type":"task_failed"}"#,
    ];
    assert_eq!(device.log(id(1)), expected);
    assert_eq!(device.log(id(3)), ["stdout - last words"]);
    assert_eq!(done.lines, 6);
}

#[test]
fn seed_1_reports_what_it_cannot_take() {
    let done = Device::new(1).import(&golden("seed1.db"));
    let (no_id, orphan) =
        ("its id is no UUID, or the empty one", "belong to no execution that can be imported");
    let expected = [
        ("executions", None, no_id),
        ("execution_params", Some(1), "params: a name is empty"),
        ("execution_logs", Some(1), "its log_data is no text"),
        ("execution_params", Some(2), "its name or its value is no text"),
        ("executions", Some(10), "it has no time"),
        ("execution_params", Some(99), orphan),
        ("execution_logs", Some(99), orphan),
        ("executions", Some(0), no_id),
    ];
    assert_eq!(done.skipped.len(), expected.len(), "{:#?}", done.skipped);
    for (skipped, (table, number, reason)) in done.skipped.iter().zip(expected) {
        assert_eq!(skipped.table, table);
        assert!(skipped.reason.contains(reason), "{}", skipped.reason);
        let shown = match number {
            None => None,
            Some(0) => Some("no id".to_owned()),
            Some(number) => Some(id(number).to_string()),
        };
        assert_eq!(skipped.id, shown);
    }
}
