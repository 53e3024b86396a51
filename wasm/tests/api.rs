//! The calls of a page, in JSON, on a history in memory.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use runlog_core::history::History;
use runlog_core::id::DeviceId;
use runlog_core::store::MemoryStore;
use runlog_core::time::Timestamp;
use runlog_wasm::api::{Api, Call};
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000_000;
const ID: &str = "01990000-0000-7000-8000-000000000001";

struct Page(Api<MemoryStore>);

impl Page {
    fn new() -> Self {
        let history = History::open(MemoryStore::new(), DeviceId::from_u128(1)).unwrap();
        Self(Api::new(history, Timestamp::from_millis(NOW)).unwrap())
    }

    fn call(&mut self, method: &str, args: Value) -> Result<Value, Value> {
        let call = json!({ "method": method, "args": args }).to_string();
        let answer =
            Call::parse(&call).and_then(|call| self.0.call(call, Timestamp::from_millis(NOW)));
        answer.map_err(|error| error.to_json())
    }

    fn write(&mut self, operations: Value) -> Value {
        self.call("write", json!({ "operations": operations })).unwrap()
    }
}

fn start(id: &str) -> Value {
    json!({
        "op": "start", "id": id, "kind": "job", "workflowId": "nightly", "createdAt": NOW,
        "startedAt": NOW, "params": { "env": "prod" }, "tags": ["noisy"],
        "attributes": { "size": 9_007_199_254_740_993_u64, "nested": [1, null] },
    })
}

#[test]
fn a_run_from_start_to_end() {
    let mut page = Page::new();
    let lines = json!([
        { "time": NOW, "text": "one" },
        { "time": NOW + 1, "stream": "stderr", "level": "error", "text": "two" },
    ]);
    let finish = json!({ "op": "finish", "id": ID, "outcome": "failed", "endedAt": NOW + 5 });
    let results = page.write(json!([
        start(ID),
        { "op": "append", "id": ID, "lines": lines },
        { "op": "note", "id": ID, "note": "why?" },
        finish,
    ]));
    assert_eq!(results, json!([null, null, null, null]));
    let run = page.call("get", json!({ "id": ID })).unwrap();
    assert_eq!(run["status"], "failed");
    assert_eq!(run["durationMs"], 5);
    assert_eq!(run["note"], "why?");
    assert_eq!(run["params"], json!({ "env": "prod" }));
    assert_eq!(run["attributes"]["size"], 9_007_199_254_740_993_u64);
    let filter = json!({ "tag": "noisy", "status": "failed" });
    let listed = page.call("list", json!({ "filter": filter })).unwrap();
    assert_eq!(listed["executions"][0]["id"], ID);
    assert_eq!(page.call("count", json!({ "deleted": true })).unwrap(), 0);
    let log = page.call("log", json!({ "id": ID, "level": "error" })).unwrap();
    assert_eq!(log["entries"].as_array().unwrap().len(), 1);
    assert_eq!(log["entries"][0]["text"], "two");
    assert_eq!((&log["last"], &log["more"]), (&json!(2), &json!(false)));
}

#[test]
fn what_is_refused_stops_nothing_else() {
    let mut page = Page::new();
    let other = "01990000-0000-7000-8000-000000000002";
    let results = page.write(json!([
        start(ID),
        start(ID),
        { "op": "tag", "id": other, "tag": "x" },
        { "op": "append", "id": ID, "lines": [{ "time": NOW, "stream": "event", "text": "[]" }] },
        { "op": "pin", "id": ID, "pinned": true },
    ]));
    let codes: Vec<&Value> = results.as_array().unwrap().iter().map(|r| &r["code"]).collect();
    assert_eq!(json!(codes), json!([null, "exists", "notFound", "invalid", null]));
    assert_eq!(page.call("get", json!({ "id": ID })).unwrap()["pinned"], true);
}

/// A client sends a call again to a worker that knows of the first only what is in the database.
#[test]
fn a_call_that_is_sent_again_has_one_effect_and_one_answer() {
    let mut page = Page::new();
    let client = "7b1f3a52-5d0e-4c0b-9a54-0f8f0c2e9d11";
    let ticket =
        |number, answered| json!({ "client": client, "number": number, "answered": answered });
    let append =
        json!([start(ID), { "op": "append", "id": ID, "lines": [{ "time": NOW, "text": "x" }] }]);
    let call = json!({ "ticket": ticket(1, 0), "operations": append });
    let first = page.call("write", call.clone()).unwrap();
    let history = page.0.into_history();
    let mut next = Page(Api::new(history, Timestamp::from_millis(NOW)).unwrap());
    assert_eq!(next.call("write", call).unwrap(), first);
    let log = |page: &mut Page| page.call("log", json!({ "id": ID })).unwrap()["last"].clone();
    assert_eq!(log(&mut next), 1);
    let more = json!([{ "op": "append", "id": ID, "lines": [{ "time": NOW, "text": "y" }] }]);
    next.call("write", json!({ "ticket": ticket(2, 1), "operations": more })).unwrap();
    assert_eq!(log(&mut next), 2);
}

/// What a field holds is taken exactly or refused under its name, and nothing is done then.
#[test]
fn arguments_are_exact_and_errors_name_their_field() {
    let mut page = Page::new();
    let mut said = |method: &str, args| {
        let error = page.call(method, args).unwrap_err();
        assert_eq!(error["code"], "invalid");
        error["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(said("get", json!({})), "id: a text is missing");
    assert_eq!(said("get", json!({ "id": 7 })), "id: expected a text, not 7");
    assert_eq!(said("get", json!([])), "args: expected an object, not a list");
    assert_eq!(said("list", json!({ "limit": -1 })), "limit: expected an integer (u32), not -1");
    assert_eq!(said("list", json!({ "limit": null })), "limit: an integer (u32) is missing");
    assert_eq!(
        said("list", json!({ "offset": 1.5 })),
        "offset: expected an integer (u64), not 1.5"
    );
    assert_eq!(said("list", json!({ "order": "best" })), "order: 'best' is unknown");
    assert!(said("count", json!({ "param": ["env"] })).starts_with("param: "));
    assert!(said("log", json!({ "id": ID, "stream": "stdin" })).starts_with("stream: "));
    let mut unknown = start(ID);
    unknown["colour"] = json!("red");
    assert_eq!(said("write", json!({ "operations": [unknown] })), "call: unknown field `colour`");
    let mut wrong = start(ID);
    wrong["params"]["env"] = json!(1);
    assert_eq!(said("write", json!({ "operations": [wrong] })), "params: expected a text, not 1");
    assert_eq!(
        said("write", json!({ "operations": [{ "op": "stop" }] })),
        "op: there is no operation 'stop'"
    );
    // An operation but the first may say more than is known, and `null` stands for nothing.
    let kept = json!({ "op": "note", "id": ID, "note": null, "colour": "red" });
    assert_eq!(page.write(json!([start(ID), kept])), json!([null, null]));
    let page_of = json!({ "after": null, "limit": u32::MAX, "offset": i64::MAX as u64 });
    assert_eq!(page.call("list", page_of).unwrap()["executions"], json!([]));
}

#[test]
fn a_call_that_is_none_says_what_is_wrong() {
    let mut page = Page::new();
    let error =
        |page: &mut Page, method: &str, args| page.call(method, args).unwrap_err().to_string();
    assert!(error(&mut page, "lisst", json!({})).contains("no method 'lisst'"));
    assert!(error(&mut page, "list", json!({ "limits": 5 })).contains("unknown field `limits`"));
    let filter = json!({ "filter": { "status": "done" } });
    assert!(error(&mut page, "list", filter).contains("'done' is unknown"));
    let error = page.call("list", json!({ "after": "c0" })).unwrap_err();
    assert_eq!(error["code"], "invalid");
    assert_eq!(page.call("get", json!({ "id": ID })).unwrap_err()["code"], "notFound");
}
