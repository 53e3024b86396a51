//! Requests that have no answer: the assistant is told what to do.

use runlog::NewRun;
use runlog::id::ExecutionId;
use runlog::model::Kind;
use serde_json::json;

use crate::assistant::{Assistant, Home};

#[tokio::test]
async fn an_id_that_nothing_has() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    let unknown = json!({ "handle_id": "0123456789abcdef" });
    let without_history = assistant.refused("get_status", unknown.clone()).await;
    home.record("build", "true");
    insta::assert_snapshot!(assistant.refused("get_status", unknown.clone()).await, @"
    no execution has an id that begins or ends with '0123456789abcdef'
    hint: call list_execution_history: it gives the handle_id of each execution
    ");
    assert_eq!(assistant.refused("get_logs", unknown.clone()).await, without_history);
    let no_id = json!({ "handle_id": "the last one" });
    insta::assert_snapshot!(assistant.refused("get_logs", no_id).await, @"
    'the last one' is not an execution id
    hint: take a handle_id of list_execution_history, or 4 to 32 hexadecimal digits of one
    ");
    assistant.stop().await;
}

#[tokio::test]
async fn an_ambiguous_id_comes_with_what_it_may_mean() {
    let home = Home::new();
    let runlog = home.open();
    let recorder = runlog.recorder().unwrap();
    for (number, workflow) in [(1, "build"), (2, "deploy")] {
        let mut new = NewRun::new(Kind::Job, workflow).unwrap();
        new.execution_mut().id = ExecutionId::from_u128(0xabcd << 112 | number);
        recorder.start(new).unwrap().finish_completed().unwrap();
    }
    let assistant = Assistant::start(&home).await;
    let ambiguous = json!({ "handle_id": "abcd-00" });
    let told = assistant.refused("get_status", ambiguous).await;
    let time = regex::Regex::new(r"started \S+Z").unwrap();
    insta::assert_snapshot!(time.replace_all(&told, "started [time]"), @"
    'abcd00' is ambiguous; it may mean
      abcd0000-0000-0000-0000-000000000001  build, completed, started [time]
      abcd0000-0000-0000-0000-000000000002  deploy, completed, started [time]
    hint: call again with one of these as handle_id
    ");
    assistant.stop().await;
}

#[tokio::test]
async fn arguments_that_make_no_sense() {
    let home = Home::new();
    let id = home.record("build", "seq 20");
    let assistant = Assistant::start(&home).await;
    let mut told = String::new();
    let cases = [
        ("list_execution_history", json!({ "limit": 0 })),
        ("list_execution_history", json!({ "limit": 1001 })),
        ("list_execution_history", json!({ "limit": "ten" })),
        ("list_execution_history", json!({ "offset": -1 })),
        ("list_execution_history", json!({ "state": "failed" })),
        ("get_status", json!({})),
        ("get_logs", json!({ "handle_id": id, "last": 0 })),
        ("get_logs", json!({ "handle_id": id, "from": 0 })),
        ("get_logs", json!({ "handle_id": id, "level": "fatal" })),
        ("get_logs", json!({ "handle_id": id, "stream": "stdin" })),
        ("get_logs", json!({ "handle_id": id, "max_bytes": 10 })),
        ("get_logs", json!({ "handle_id": id, "around": 5, "context": 5000 })),
    ];
    for (tool, arguments) in cases {
        assert!(!assistant.admits(tool, &arguments), "the schema admits {arguments}");
        let refusal = assistant.refused(tool, arguments).await;
        told.push_str(&format!("{refusal}\n"));
    }
    insta::assert_snapshot!("arguments", told);
    assistant.stop().await;
}

#[tokio::test]
async fn parts_of_a_log_that_make_no_sense() {
    let home = Home::new();
    let id = home.record("build", "seq 20");
    let assistant = Assistant::start(&home).await;
    let mut told = String::new();
    let cases = [
        json!({ "handle_id": id, "from": 9, "to": 3 }),
        json!({ "handle_id": id, "last": 5, "from": 3 }),
        json!({ "handle_id": id, "around": 5, "to": 3 }),
        json!({ "handle_id": id, "around": 21 }),
        json!({ "handle_id": id, "context": 3 }),
    ];
    for arguments in cases {
        told.push_str(&format!("{}\n", assistant.refused("get_logs", arguments).await));
    }
    insta::assert_snapshot!("parts", told);
    assistant.stop().await;
}

#[tokio::test]
async fn a_history_that_cannot_be_opened_fails_the_call_and_not_the_server() {
    let home = Home::new();
    std::fs::create_dir(home.directory()).unwrap();
    std::fs::write(home.database(), "these are my notes, and no database at all").unwrap();
    let assistant = Assistant::start(&home).await;
    for (tool, arguments) in [
        ("list_execution_history", json!({})),
        ("get_status", json!({ "handle_id": "abcd" })),
        ("get_logs", json!({ "handle_id": "abcd" })),
    ] {
        let told = assistant.refused(tool, arguments).await;
        assert!(told.contains("not a database") && told.contains("hint: "), "{told}");
    }
    std::fs::remove_file(home.database()).unwrap();
    home.record("build", "true");
    let listed = assistant.ask("list_execution_history", json!({})).await;
    assert_eq!(listed["total"], 1);
    assistant.stop().await;
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_an_error_of_the_protocol() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    let error = assistant.try_call("delete_everything", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("list_execution_history, get_status, get_logs"), "{error}");
    assistant.stop().await;
}
