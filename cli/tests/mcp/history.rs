//! `list_execution_history` and `get_status`.

use runlog::NewRun;
use runlog::history::HistoryWriter;
use runlog::id::DeviceId;
use runlog::model::{Kind, NewExecution};
use runlog_core::clock::{Clock, ClockTime};
use runlog_core::schema::RowKey;
use serde_json::{Value as Json, json};

use crate::assistant::{Assistant, Home};

fn handles(answer: &Json) -> Vec<&str> {
    let executions = answer["executions"].as_array().unwrap();
    executions.iter().map(|execution| execution["handle_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_ran_before_a_restart_of_everything_is_there() {
    let home = Home::new();
    let made = home.record("build", "echo made").to_string();
    let failed = home.record("deploy", "echo refused >&2; exit 3").to_string();
    let assistant = Assistant::start(&home).await;

    let listed = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!(handles(&listed), [&failed, &made]);
    assert_eq!(listed["total"], 2);
    assert_eq!((&listed["has_more"], &listed["next_offset"]), (&json!(false), &Json::Null));
    let deploy = &listed["executions"][0];
    assert_eq!(deploy["workflow_id"], "deploy");
    assert_eq!(deploy["kind"], "command");
    assert_eq!(deploy["status"], "failed");
    assert_eq!(deploy["exit_code"], 3);
    assert!(deploy["duration_ms"].is_u64());

    let status = assistant.ask("get_status", json!({ "handle_id": failed })).await;
    for field in ["handle_id", "status", "started_at", "ended_at", "duration_ms", "exit_code"] {
        assert_eq!(status[field], deploy[field], "{field}");
    }
    assert_eq!((&status["last_seq"], &status["signal"]), (&json!(1), &Json::Null));
    assert_eq!(status["ended_at_approximate"], false);
    assistant.stop().await;
}

#[tokio::test]
async fn pages_hold_every_execution_once() {
    let home = Home::new();
    let runlog = home.open();
    let recorder = runlog.recorder().unwrap();
    let mut recorded = Vec::new();
    for number in 0..25 {
        let workflow = if number % 5 == 0 { "nightly" } else { "build" };
        let run = recorder.start(NewRun::new(Kind::Job, workflow).unwrap()).unwrap();
        recorded.push(run.id().to_string());
        run.finish_completed().unwrap();
    }
    drop((recorder, runlog));
    let assistant = Assistant::start(&home).await;

    let first = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!(handles(&first).len(), 10, "the default limit");
    let (mut seen, mut offset) = (Vec::new(), json!(0));
    while !offset.is_null() {
        let arguments = json!({ "limit": 7, "offset": offset });
        let page = assistant.ask("list_execution_history", arguments).await;
        assert_eq!(page["total"], 25);
        assert_eq!(page["has_more"], !page["next_offset"].is_null());
        seen.extend(handles(&page).iter().map(|id| (*id).to_owned()));
        offset = page["next_offset"].clone();
    }
    seen.sort();
    recorded.sort();
    assert_eq!(seen, recorded);

    let arguments = json!({ "workflow_id": "nightly", "limit": 2 });
    let nightly = assistant.ask("list_execution_history", arguments).await;
    assert_eq!((&nightly["total"], &nightly["next_offset"]), (&json!(5), &json!(2)));
    let beyond =
        assistant.ask("list_execution_history", json!({ "offset": 4_000_000_000_u32 })).await;
    assert_eq!((handles(&beyond).len(), &beyond["has_more"]), (0, &json!(false)));
    let none = assistant.ask("list_execution_history", json!({ "workflow_id": "none" })).await;
    assert_eq!(none["total"], 0);
    assistant.stop().await;
}

#[tokio::test]
async fn signals_and_deaths_are_told() {
    let home = Home::new();
    let killed = home.record("build", "kill -9 $$");
    let runlog = home.open();
    let recorder = runlog.recorder().unwrap();
    let running = recorder.start(NewRun::new(Kind::Workflow, "long").unwrap()).unwrap();
    let dropped = recorder.start(NewRun::new(Kind::Workflow, "died").unwrap()).unwrap();
    let lost = dropped.id();
    dropped.stdout("the last line");
    drop(dropped);
    recorder.flush().unwrap();
    let assistant = Assistant::start(&home).await;

    let status = assistant.ask("get_status", json!({ "handle_id": killed })).await;
    assert_eq!((&status["status"], &status["signal"]), (&json!("failed"), &json!(9)));
    assert_eq!(status["exit_code"], Json::Null);
    let status = assistant.ask("get_status", json!({ "handle_id": lost })).await;
    assert_eq!(
        (&status["status"], &status["ended_at_approximate"]),
        (&json!("lost"), &json!(true))
    );
    assert!(status["ended_at"].is_string());
    let status = assistant.ask("get_status", json!({ "handle_id": running.id() })).await;
    assert_eq!((&status["status"], &status["ended_at"]), (&json!("running"), &Json::Null));
    running.finish_completed().unwrap();
    let status = assistant.ask("get_status", json!({ "handle_id": status["handle_id"] })).await;
    assert_eq!(status["status"], "completed");
    assistant.stop().await;
}

/// Such an execution is never judged here: nobody but its device knows whether it goes on.
#[tokio::test]
async fn a_running_execution_of_another_device_tells_when_that_was_heard_from() {
    let home = Home::new();
    home.record("build", "true");
    let (id, other) = (runlog::new_execution_id(), DeviceId::from_u128(7));
    let began = runlog::now().plus_millis(-3 * 3_600_000);
    let cells = NewExecution::new(id, Kind::Job, "elsewhere", began).unwrap();
    let cells = cells.to_cells(other).unwrap();
    let clock = Clock { time: ClockTime::new(began.as_millis() as u64, 0), device: other };
    let merge = |tx: &mut HistoryWriter<'_>| tx.merge_row(&RowKey::Execution(id), clock, cells);
    home.open().write(merge).unwrap();
    let assistant = Assistant::start(&home).await;

    let status = assistant.ask("get_status", json!({ "handle_id": id })).await;
    assert_eq!(status["status"], "running");
    assert!(status["device_heard_at"].is_string());
    assert_eq!(status["device_heard_at"], status["started_at"]);
    let listed = assistant.ask("list_execution_history", json!({})).await;
    let heard = |n: usize| &listed["executions"][n]["device_heard_at"];
    assert_eq!((heard(0), heard(1)), (&Json::Null, &status["device_heard_at"]));
    assistant.stop().await;
}

#[tokio::test]
async fn an_execution_is_found_by_its_beginning_and_by_its_short_id() {
    let home = Home::new();
    let id = home.record("build", "true");
    let whole = id.to_string();
    let assistant = Assistant::start(&home).await;
    for handle in [whole.clone(), whole[..20].to_owned(), id.short(), whole.to_uppercase()] {
        let status = assistant.ask("get_status", json!({ "handle_id": handle })).await;
        assert_eq!(status["handle_id"], json!(whole), "{handle}");
    }
    home.runlog(&["delete", &id.short()]);
    let status = assistant.ask("get_status", json!({ "handle_id": whole })).await;
    assert_eq!(status["deleted"], true);
    let listed = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!(listed["total"], 0);
    assistant.stop().await;
}

#[tokio::test]
async fn a_history_that_appears_while_the_server_runs_is_seen() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    let listed = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!((&listed["total"], &listed["executions"]), (&json!(0), &json!([])));
    assert!(!home.directory().exists(), "a question makes no history");

    let id = home.record("build", "true").to_string();
    let listed = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!(handles(&listed), [&id]);

    std::fs::remove_dir_all(home.directory()).unwrap();
    let other = home.record("other", "true").to_string();
    let listed = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!(handles(&listed), [&other], "the history was replaced");
    assistant.stop().await;
}
