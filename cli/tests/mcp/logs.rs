//! `get_logs`.

use runlog::id::ExecutionId;
use runlog::log::LogLimits;
use runlog::model::Kind;
use runlog::{NewRun, Options, Runlog};
use serde_json::{Value as Json, json};

use crate::assistant::{Assistant, Home};

fn sequences(answer: &Json) -> Vec<u64> {
    let lines = answer["lines"].as_array().unwrap();
    lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect()
}

fn texts(answer: &Json) -> Vec<&str> {
    let lines = answer["lines"].as_array().unwrap();
    lines.iter().map(|line| line["text"].as_str().unwrap()).collect()
}

fn range(first: u64, last: u64) -> Vec<u64> {
    (first..=last).collect()
}

/// Records lines with the native crate, and ends everything that recorded them.
fn record_lines(home: &Home, lines: &[impl AsRef<[u8]>]) -> ExecutionId {
    let runlog = home.open();
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(NewRun::new(Kind::Job, "lines").unwrap()).unwrap();
    let id = run.id();
    lines.iter().for_each(|line| run.stdout(line));
    run.finish_completed().unwrap();
    id
}

#[tokio::test]
async fn the_end_a_range_or_the_surroundings_of_a_line() {
    let home = Home::new();
    let id = home.record("count", "seq 300");
    let assistant = Assistant::start(&home).await;
    let cases = [
        (json!({}), range(201, 300)),
        (json!({ "last": 3 }), range(298, 300)),
        (json!({ "last": 1000 }), range(1, 300)),
        (json!({ "from": 10, "to": 12 }), range(10, 12)),
        (json!({ "from": 295 }), range(295, 300)),
        (json!({ "to": 2 }), range(1, 2)),
        (json!({ "from": 301 }), vec![]),
        (json!({ "from": 1, "to": u64::MAX }), range(1, 300)),
        (json!({ "around": 50 }), range(40, 60)),
        (json!({ "around": 299, "context": 2 }), range(297, 300)),
        (json!({ "around": 1, "context": 0 }), vec![1]),
    ];
    for (mut arguments, expected) in cases {
        arguments["handle_id"] = json!(id);
        let answer = assistant.ask("get_logs", arguments.clone()).await;
        assert_eq!(sequences(&answer), expected, "{arguments}");
        let texts: Vec<u64> = texts(&answer).iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(texts, expected, "{arguments}");
        assert_eq!(answer["last_seq"], 300);
        assert_eq!((&answer["truncated"], &answer["next_seq"]), (&json!(false), &Json::Null));
    }
    assistant.stop().await;
}

#[tokio::test]
async fn streams_levels_and_events() {
    let home = Home::new();
    let script = r#"
        echo plain; echo 'WARN: slow' >&2; echo 'ERROR: broken' >&2
        echo 'EVENT {"type":"task_failed","task":"upload"}' >&2
    "#;
    let id = home.record("mixed", &script.replace("EVENT ", runlog::process::EVENT_PREFIX));
    let assistant = Assistant::start(&home).await;
    let ask = async |filter: Json| {
        let mut arguments = filter;
        arguments["handle_id"] = json!(id);
        assistant.ask("get_logs", arguments).await
    };
    assert_eq!(texts(&ask(json!({ "stream": "stdout" })).await), ["plain"]);
    assert_eq!(
        texts(&ask(json!({ "level": "error", "stream": "stderr" })).await),
        ["ERROR: broken"]
    );
    let warned = ask(json!({ "level": "warn", "stream": "stderr", "last": 2 })).await;
    assert_eq!(texts(&warned), ["WARN: slow", "ERROR: broken"]);
    assert_eq!(warned["lines"][0]["level"], "warn");
    let events = ask(json!({ "stream": "event" })).await;
    let event = &events["lines"][0];
    assert_eq!(event["event"], json!({ "type": "task_failed", "task": "upload" }));
    assert_eq!((event.get("text"), &event["stream"]), (None, &json!("event")));
    assistant.stop().await;
}

#[tokio::test]
async fn control_sequences_and_bytes_that_are_no_text_are_made_readable() {
    let home = Home::new();
    let lines: [&[u8]; 3] =
        [b"\x1b[1;31mred\x1b[0m", b"caf\xe9", "caf\u{e9} \"quoted\"".as_bytes()];
    let id = record_lines(&home, &lines);
    let assistant = Assistant::start(&home).await;
    let answer = assistant.ask("get_logs", json!({ "handle_id": id })).await;
    assert_eq!(texts(&answer), ["red", "caf\u{fffd}", "caf\u{e9} \"quoted\""]);
    assistant.stop().await;
}

/// Asks for all that an answer left out, until nothing is.
async fn read_on(assistant: &Assistant, arguments: Json) -> Vec<u64> {
    let (mut waiting, mut seen) = (vec![arguments.clone()], Vec::new());
    while let Some(asked) = waiting.pop() {
        let answer = assistant.ask("get_logs", asked.clone()).await;
        let bytes = answer["lines"].as_array().unwrap().iter().map(|l| l.to_string().len());
        assert!(bytes.sum::<usize>() as u64 <= asked["max_bytes"].as_u64().unwrap());
        let lines = sequences(&answer);
        assert!(!lines.is_empty(), "every answer gets on: {asked}");
        seen.extend(lines);
        let left_out = answer["left_out"].as_array().unwrap();
        assert_eq!(answer["truncated"], !left_out.is_empty());
        assert_eq!(answer["next_seq"], left_out.first().map_or(Json::Null, |r| r["from"].clone()));
        assert_eq!(answer["notice"].is_string(), !left_out.is_empty());
        for range in left_out {
            let mut next = json!({ "from": range["from"], "to": range["to"] });
            next["handle_id"] = asked["handle_id"].clone();
            next["max_bytes"] = asked["max_bytes"].clone();
            waiting.push(next);
        }
    }
    seen.sort_unstable();
    seen
}

#[tokio::test]
async fn a_byte_budget_leaves_out_what_can_be_read_on() {
    let home = Home::new();
    let lines: Vec<String> = (1..=120).map(|n| format!("{n} {}", "x\"\\".repeat(n))).collect();
    let id = record_lines(&home, &lines);
    let assistant = Assistant::start(&home).await;
    let cases = [
        (json!({ "from": 1 }), range(1, 120)),
        (json!({ "from": 30, "to": 90 }), range(30, 90)),
        (json!({ "last": 80 }), range(41, 120)),
        (json!({ "around": 60, "context": 40 }), range(20, 100)),
    ];
    for (mut arguments, expected) in cases {
        arguments["handle_id"] = json!(id);
        arguments["max_bytes"] = json!(2_000);
        assert_eq!(read_on(&assistant, arguments.clone()).await, expected, "{arguments}");
    }
    let arguments = json!({ "handle_id": id, "last": 80, "max_bytes": 2_000 });
    let tail = assistant.ask("get_logs", arguments).await;
    assert_eq!(sequences(&tail).last(), Some(&120), "the end of the log is what stays");
    let notice = tail["notice"].as_str().unwrap();
    assert!(notice.starts_with("[truncated at max_bytes=2000: "), "{notice}");
    assert!(notice.contains("from=41 to="), "{notice}");
    assistant.stop().await;
}

#[tokio::test]
async fn the_default_budget_holds_for_a_log_of_long_lines() {
    let home = Home::new();
    let id = record_lines(&home, &vec!["y".repeat(10_000); 50]);
    let assistant = Assistant::start(&home).await;
    let answer = assistant.ask("get_logs", json!({ "handle_id": id })).await;
    assert_eq!((sequences(&answer), &answer["next_seq"]), (range(45, 50), &json!(1)));
    let arguments = json!({ "handle_id": id, "around": 20, "max_bytes": 1_024 });
    let cut = assistant.ask("get_logs", arguments).await;
    assert_eq!(sequences(&cut), [19, 20], "lines are cut rather than withheld");
    let line = &cut["lines"][1];
    let shown = line["text"].as_str().unwrap().len() as u64;
    assert_eq!(shown + line["cut_bytes"].as_u64().unwrap(), 10_000);
    assistant.stop().await;
}

#[tokio::test]
async fn dropped_ranges_are_told() {
    let home = Home::new();
    let mut options = Options::default();
    options.log_limits = LogLimits { bytes: u64::MAX, lines: 8_000 };
    let runlog = Runlog::open_with(home.database(), options).unwrap();
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(NewRun::new(Kind::Job, "chatty").unwrap()).unwrap();
    let id = run.id();
    for number in 1..=30_000 {
        run.stdout(number.to_string());
        if number % 1_000 == 0 {
            run.flush().unwrap();
        }
    }
    run.finish_completed().unwrap();
    drop((recorder, runlog));
    let assistant = Assistant::start(&home).await;

    let arguments = json!({ "handle_id": id, "from": 1, "max_bytes": 1 << 20 });
    let mut kept = Vec::new();
    let (mut dropped, mut from) = (Vec::new(), json!(1));
    while !from.is_null() {
        let mut arguments = arguments.clone();
        arguments["from"] = from;
        let answer = assistant.ask("get_logs", arguments).await;
        kept.extend(sequences(&answer));
        dropped.extend(answer["dropped"].as_array().unwrap().iter().cloned());
        from = answer["next_seq"].clone();
    }
    assert!(!dropped.is_empty() && dropped.iter().all(|range| range["reason"] == "limit"));
    let gone = dropped
        .iter()
        .flat_map(|r| range(r["first"].as_u64().unwrap(), r["last"].as_u64().unwrap()));
    let mut all: Vec<u64> = gone.chain(kept.iter().copied()).collect();
    all.sort_unstable();
    assert_eq!(all, range(1, 30_000), "every line is there or told about, once");
    assistant.stop().await;
}

#[tokio::test]
async fn a_log_that_grows_is_followed() {
    let home = Home::new();
    let runlog = home.open();
    let recorder = runlog.recorder().unwrap();
    let run = recorder.start(NewRun::new(Kind::Workflow, "long").unwrap()).unwrap();
    let assistant = Assistant::start(&home).await;
    let mut next = 1;
    for batch in 0..3 {
        let id = run.id();
        let answer = assistant.ask("get_logs", json!({ "handle_id": id, "from": next })).await;
        assert_eq!((texts(&answer).len(), &answer["status"]), (0, &json!("running")));
        run.stdout(format!("batch {batch}"));
        run.flush().unwrap();
        let answer = assistant.ask("get_logs", json!({ "handle_id": id, "from": next })).await;
        assert_eq!(texts(&answer), [format!("batch {batch}")]);
        next = answer["last_seq"].as_u64().unwrap() + 1;
    }
    let id = run.id();
    run.finish_completed().unwrap();
    let answer = assistant.ask("get_logs", json!({ "handle_id": id, "last": 1 })).await;
    assert_eq!((texts(&answer), &answer["status"]), (vec!["batch 2"], &json!("completed")));
    assistant.stop().await;
}
