//! What goes over the wire: JSON-RPC on standard output and nothing else.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

use crate::assistant::{Home, PROGRAM};

/// Sends lines to a server, ends its input, and gives what it printed.
fn converse(home: &Home, arguments: &[&str], lines: &[String]) -> Output {
    let mut server = Command::new(PROGRAM)
        .args(arguments)
        .env("RUNLOG_HOME", home.directory())
        .env("RUNLOG_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The answers are small enough for the pipes to hold them until they are read.
    let mut input = server.stdin.take().unwrap();
    for line in lines {
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    server.wait_with_output().unwrap()
}

fn request(id: u32, method: &str, params: &Json) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

fn initialize() -> [String; 2] {
    let client = json!({ "name": "raw", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    [request(0, "initialize", &params), initialized.to_string()]
}

#[test]
fn every_line_of_output_is_json_rpc_however_talkative_the_server_is() {
    let home = Home::new();
    let id = home.record("build", "echo '{\"not\": \"protocol\"}'; echo oops >&2");
    let mut lines = initialize().to_vec();
    let calls = [
        ("list_execution_history", json!({})),
        ("list_execution_history", json!({ "limit": -1 })),
        ("get_status", json!({ "handle_id": id })),
        ("get_status", json!({ "handle_id": "ffff" })),
        ("get_logs", json!({ "handle_id": id })),
        ("no_such_tool", json!({})),
    ];
    lines.push(request(1, "tools/list", &json!({})));
    lines.push(request(2, "ping", &json!({})));
    lines.push(request(3, "no/such/method", &json!({})));
    for (number, (tool, arguments)) in calls.iter().enumerate() {
        let params = json!({ "name": tool, "arguments": arguments });
        lines.push(request(4 + number as u32, "tools/call", &params));
    }
    let output = converse(&home, &["-vvv", "mcp"], &lines);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!output.stderr.is_empty(), "diagnostics were asked for");

    let mut answered = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let message: Json = serde_json::from_str(line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        assert!(message.get("result").is_some() != message.get("error").is_some(), "{line}");
        answered.push(message["id"].as_u64().unwrap());
    }
    answered.sort_unstable();
    let asked: Vec<u64> = (0..4 + calls.len() as u64).collect();
    assert_eq!(answered, asked, "what was asked before the input ended is answered");
}

#[test]
fn the_end_of_the_input_ends_the_server() {
    let home = Home::new();
    let cases = [vec![], initialize().to_vec()];
    for lines in cases {
        let output = converse(&home, &["mcp"], &lines);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), lines.len() / 2);
    }
}

#[test]
fn a_line_that_is_no_json_does_not_stop_the_server() {
    let home = Home::new();
    let mut lines = initialize().to_vec();
    lines.push("this is no JSON".to_owned());
    lines.push(request(7, "ping", &json!({})));
    let output = converse(&home, &["mcp"], &lines);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let messages: Vec<Json> = stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(messages.iter().any(|message| message["id"] == 7), "{stdout}");
}
