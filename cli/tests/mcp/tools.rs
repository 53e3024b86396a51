//! What a client is told about the server and its tools.

use serde_json::json;

use crate::assistant::{Assistant, Home};

#[tokio::test]
async fn names_descriptions_and_schemas() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    insta::assert_json_snapshot!("tools", assistant.tools);
    assistant.stop().await;
}

#[tokio::test]
async fn every_tool_says_that_it_only_reads() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    for tool in &assistant.tools {
        let hints = tool.annotations.as_ref().unwrap();
        assert_eq!(hints.read_only_hint, Some(true), "{}", tool.name);
        assert_eq!(hints.destructive_hint, Some(false), "{}", tool.name);
        assert_eq!(hints.idempotent_hint, Some(true), "{}", tool.name);
        assert_eq!(hints.open_world_hint, Some(false), "{}", tool.name);
    }
    assistant.stop().await;
}

#[tokio::test]
async fn the_protocol_without_a_greeting_gives_the_same_tools() {
    let home = Home::new();
    let id = home.record("build", "echo made");
    let greeted = Assistant::start(&home).await;
    let direct = Assistant::start_without_greeting(&home).await;
    assert_eq!(greeted.tools, direct.tools);
    let arguments = json!({ "handle_id": id });
    let answer = direct.ask("get_logs", arguments.clone()).await;
    assert_eq!(answer["lines"][0]["text"], "made");
    assert_eq!(answer, greeted.ask("get_logs", arguments).await);
    greeted.stop().await;
    direct.stop().await;
}
