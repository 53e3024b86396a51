//! The calls of the worker that owns the database, driven against a relay in memory.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use runlog_core::entropy::Entropy;
use runlog_core::history::History;
use runlog_core::id::DeviceId;
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::store::MemoryStore;
use runlog_core::sync::message::{Answer, Refusal};
use runlog_core::sync::wire::{decode_request, encode_answer};
use runlog_core::time::Timestamp;
use runlog_wasm::api::{Api, Call, Heard, Step};
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000_000;
const ID: &str = "01990000-0000-7000-8000-000000000001";
const BACKEND: &str = "5f0d3c52-9a3e-4a55-8f57-3c9a4f2be101";

/// Numbers that differ from each other, and from those of another seed.
struct Numbers(u64);

impl Entropy for Numbers {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            *byte = (self.0 >> 33) as u8;
        }
    }
}

struct Owner {
    api: Api<MemoryStore>,
    entropy: Numbers,
    now: i64,
}

impl Owner {
    fn new(device: u128) -> Self {
        let history = History::open(MemoryStore::new(), DeviceId::from_u128(device)).unwrap();
        Self::of(history, device)
    }

    fn of(history: History<MemoryStore>, seed: u128) -> Self {
        let api = Api::new(history, Timestamp::from_millis(NOW)).unwrap();
        Self { api, entropy: Numbers(seed as u64), now: NOW }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn call(&mut self, method: &str, args: Value) -> Result<Value, Value> {
        let call = json!({ "method": method, "args": args }).to_string();
        let (now, entropy) = (self.now(), &mut self.entropy);
        let answer = Call::parse(&call).and_then(|call| self.api.owner_call(call, now, entropy));
        answer.map_err(|error| error.to_json())
    }

    fn page(&mut self, method: &str, args: Value) -> Value {
        let (call, now) = (json!({ "method": method, "args": args }).to_string(), self.now());
        let answer = Call::parse(&call).and_then(|call| self.api.call(call, now));
        answer.map_err(|error| error.to_json()).unwrap()
    }

    fn start_run(&mut self, workflow: &str) {
        let start = json!({
            "op": "start", "id": ID, "kind": "job", "workflowId": workflow, "createdAt": NOW,
            "startedAt": NOW,
        });
        let results = self.page("write", json!({ "operations": [start] }));
        assert_eq!(results, json!([null]));
    }

    /// Of a vault, with a backend.
    fn joined(device: u128, phrase: &str) -> Self {
        let mut owner = Self::new(device);
        owner.call("vaultEnter", json!({ "phrase": phrase, "name": "home" })).unwrap();
        let backend = json!({ "id": BACKEND, "name": "relay", "url": "https://relay.example" });
        owner.call("addBackend", backend).unwrap();
        owner
    }

    fn begin(&mut self) -> Result<Value, Value> {
        self.call("beginJob", json!({ "cause": "manual", "triggeredBy": "user" }))
    }

    fn poll(&mut self) -> Step {
        let now = self.now();
        self.api.poll_job(now, &mut self.entropy).unwrap()
    }

    /// The next request.
    fn request(&mut self) -> (DeviceId, Vec<u8>) {
        let asked = std::iter::repeat_with(|| self.poll()).find(|step| *step != Step::Continue);
        let Some(Step::Send { device, body, .. }) = asked else { unreachable!("it asks for more") };
        (device, body)
    }

    fn sync(&mut self, relay: &mut MemoryRelay) -> Value {
        self.begin().unwrap();
        self.finish(relay)
    }

    fn finish(&mut self, relay: &mut MemoryRelay) -> Value {
        loop {
            match self.poll() {
                Step::Continue => {}
                Step::Send { device, body, .. } => {
                    let answer = answer(relay, device, &body, self.now());
                    self.api.work_ahead(&mut self.entropy).unwrap();
                    assert_eq!(self.api.answer_job(&answer, false).unwrap(), Heard::Taken);
                }
                Step::Done => break,
            }
        }
        let report = self.call("jobReport", json!({})).unwrap();
        self.call("endJob", json!({})).unwrap();
        report
    }
}

fn answer(relay: &mut MemoryRelay, device: DeviceId, body: &[u8], now: Timestamp) -> Vec<u8> {
    let request = decode_request(body).unwrap();
    encode_answer(&relay.handle(device, request, now, &mut Numbers(7))).unwrap()
}

fn phrase() -> String {
    phrase_of(9)
}

fn phrase_of(seed: u8) -> String {
    let seed = format!("{seed:02x}").repeat(32);
    let made = Owner::new(9).call("vaultGenerate", json!({ "seed": seed })).unwrap();
    made["phrase"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_travels_from_page_to_page() {
    let (phrase, mut relay) = (phrase(), MemoryRelay::new(RelayLimits::default()));
    let mut one = Owner::joined(1, &phrase);
    let mut two = Owner::joined(2, &phrase);
    one.start_run("nightly");
    assert_eq!(one.page("syncStates", json!({ "id": ID }))[0]["state"], "waiting");
    assert_eq!(one.sync(&mut relay)["isComplete"], true);
    assert_eq!(one.page("syncStates", json!({ "id": ID }))[0]["state"], "synced");
    assert_eq!(two.sync(&mut relay)["isComplete"], true);
    assert_eq!(two.page("get", json!({ "id": ID }))["workflowId"], "nightly");

    let status = two.page("syncStatus", json!({}));
    assert_eq!(status["state"], "up_to_date", "{status}");
    assert_eq!(status["backends"][0]["url"], "https://relay.example");
    assert_eq!(status["backends"][0]["lastRun"]["status"], "completed");
    let run = two.page("latestSync", json!({}));
    assert_eq!((&run["direction"], &run["kind"]), (&json!("both"), &json!("incremental")));
    assert_eq!(two.page("syncRun", json!({ "id": run["id"] })), run);
    let log = two.page("syncLog", json!({ "execution": ID }));
    assert_eq!(log["entries"][0]["outcome"], "applied");
    assert_eq!(two.page("syncStats", json!({ "days": 7 }))["completed"], 1);
    let why = two.page("why", json!({ "id": ID, "field": "status" }));
    assert_eq!(why[0]["written"]["here"], false);
    assert_eq!(why[0]["arrived"]["runId"], run["id"]);
    assert_eq!(two.page("syncProblems", json!({})), json!([]));
}

#[test]
fn runs_come_in_pages() {
    let (phrase, mut relay) = (phrase(), MemoryRelay::new(RelayLimits::default()));
    let mut owner = Owner::joined(1, &phrase);
    for _ in 0..3 {
        owner.now += 1_000;
        owner.sync(&mut relay);
    }
    let first = owner.page("syncRuns", json!({ "limit": 2 }));
    assert_eq!(first["runs"].as_array().unwrap().len(), 2);
    let second = owner.page("syncRuns", json!({ "limit": 2, "after": first["next"] }));
    assert_eq!(second["runs"].as_array().unwrap().len(), 1);
    assert_eq!(second["next"], Value::Null);
    let none = owner.page("syncRuns", json!({ "direction": "up" }));
    assert_eq!(none["runs"], json!([]));
}

/// A refusal that may turn is given back, and the same request waits for its answer.
#[test]
fn another_attempt_may_turn_a_refusal() {
    let (phrase, mut relay) = (phrase(), MemoryRelay::new(RelayLimits::default()));
    let mut owner = Owner::joined(1, &phrase);
    owner.start_run("nightly");
    owner.begin().unwrap();
    let (_, asked) = owner.request();
    for (refusal, code, after_ms) in [
        (Refusal::Busy { retry_after_ms: 900 }, "busy", 900),
        (Refusal::Failed, "relay_failed", 0),
        (Refusal::Unauthorised, "unauthorised", 0),
    ] {
        let bytes = encode_answer(&Answer::Refused(refusal)).unwrap();
        let heard = owner.api.answer_job(&bytes, false).unwrap();
        assert_eq!(heard, Heard::Again { code, after_ms });
        assert_eq!(owner.request().1, asked);
    }
    assert_eq!(owner.api.answer_job(b"nonsense", false).unwrap_err().code(), "notARelay");
    assert_eq!(owner.finish(&mut relay)["isComplete"], true);
}

#[test]
fn what_ends_a_sync_is_in_its_run() {
    let phrase = phrase();
    let ended = |end: &dyn Fn(&mut Owner)| {
        let mut owner = Owner::joined(1, &phrase);
        owner.begin().unwrap();
        owner.request();
        end(&mut owner);
        while owner.poll() == Step::Continue {}
        let report = owner.call("jobReport", json!({})).unwrap();
        let run = report["runs"][0].clone();
        (run["status"].clone(), run["error"]["code"].clone())
    };
    let busy = encode_answer(&Answer::Refused(Refusal::Busy { retry_after_ms: 9_000 })).unwrap();
    let failed = |code: &str| (json!("failed"), json!(code));
    assert_eq!(ended(&|owner| owner.api.fail_job("no network")), failed("unreachable"));
    assert_eq!(ended(&|owner| owner.api.refuse_job(true)), failed("unauthorised"));
    assert_eq!(ended(&|owner| owner.api.refuse_job(false)), failed("no_vault"));
    assert_eq!(ended(&|owner| _ = owner.api.answer_job(&busy, true).unwrap()), failed("busy"));
    let cancelled = ended(&|owner| owner.api.cancel_job());
    assert_eq!(cancelled, (json!("cancelled"), Value::Null));
}

#[test]
fn a_run_that_an_owner_was_cut_off_in_is_closed_by_the_next() {
    let phrase = phrase();
    let mut owner = Owner::joined(1, &phrase);
    owner.begin().unwrap();
    owner.request();
    let mut next = Owner::of(owner.api.into_history(), 3);
    let run = next.page("latestSync", json!({}));
    assert_eq!(run["status"], "failed");
    assert_eq!(run["error"]["code"], "interrupted");
    assert_eq!(next.begin().unwrap_err()["code"], "locked");
}

#[test]
fn a_history_is_of_one_vault_for_good() {
    let (phrase, mut owner) = (phrase(), Owner::new(1));
    let code = |result: Result<Value, Value>| result.unwrap_err()["code"].clone();
    let args = |phrase: &str| json!({ "phrase": phrase, "name": "home" });
    assert_eq!(code(owner.begin()), "noVault");
    assert_eq!(code(owner.call("vaultEnter", args("some words"))), "phrase");
    assert_eq!(code(owner.call("vaultEnter", json!({ "phrase": phrase, "name": "" }))), "invalid");
    owner.call("vaultEnter", args(&phrase)).unwrap();
    assert_eq!(code(owner.begin()), "noBackend");
    owner.call("enable", json!({ "on": false })).unwrap();
    assert_eq!(code(owner.begin()), "syncOff");
    let other = phrase_of(8);
    assert_eq!(code(owner.call("vaultEnter", args(&other))), "otherVault");
    let new = |phrase: &str| json!({ "phrase": phrase, "name": "home", "isNew": true });
    assert_eq!(code(owner.call("vaultCheck", new(&other))), "vaultExists");
    owner.call("vaultCheck", new(&phrase)).unwrap(); // The call that made it, sent again.
    assert_eq!(code(owner.call("vaultGenerate", json!({ "seed": "00" }))), "invalid");
    assert_eq!(owner.call("vaultPhrase", json!({})).unwrap()["phrase"], phrase);
}

#[test]
fn an_offer_opens_by_its_code_alone() {
    let mut owner = Owner::joined(1, &phrase());
    let offer = owner.call("pairingOffer", json!({ "relay": "https://relay.example" })).unwrap();
    let mut other = Owner::new(2);
    let mailbox = other.call("pairingMailbox", json!({ "code": offer["code"] })).unwrap();
    assert_eq!(mailbox["mailbox"], offer["mailbox"]);
    let opened = other.call("pairingOpen", json!({ "offer": offer["offer"] })).unwrap();
    assert_eq!(opened["phrase"], owner.call("vaultPhrase", json!({})).unwrap()["phrase"]);
    assert_eq!(
        (&opened["name"], &opened["relay"]),
        (&json!("home"), &json!("https://relay.example"))
    );
    let wrong = "abandon-ability-able-about-above-absent-absorb-abstract";
    other.call("pairingMailbox", json!({ "code": wrong })).unwrap();
    let refused = other.call("pairingOpen", json!({ "offer": offer["offer"] })).unwrap_err();
    assert_eq!(refused["code"], "wrongCode");
}

#[test]
fn the_background_says_when_and_why() {
    let (phrase, mut relay) = (phrase(), MemoryRelay::new(RelayLimits::default()));
    let mut owner = Owner::joined(1, &phrase);
    assert_eq!(owner.page("syncStatus", json!({}))["background"], Value::Null);
    owner.call("startBackground", json!({ "everyMs": 60_000 })).unwrap();
    assert_eq!(owner.call("look", json!({})).unwrap(), json!({ "listenTo": [BACKEND] }));
    assert_eq!(owner.call("next", json!({})).unwrap(), json!({ "run": "start" }));
    owner.call("begun", json!({})).unwrap();
    assert_eq!(owner.call("next", json!({})).unwrap(), json!({}), "one at a time");
    owner.sync(&mut relay);
    owner.call("ended", json!({ "isReached": true, "jitter": 0 })).unwrap();
    assert_eq!(owner.call("next", json!({})).unwrap(), json!({ "at": NOW + 60_000 }));

    owner.start_run("nightly");
    owner.call("look", json!({})).unwrap();
    assert_eq!(owner.call("next", json!({})).unwrap(), json!({ "at": NOW + 250 }));
    let notice = |head: u64| json!({ "backend": BACKEND, "head": head });
    assert_eq!(owner.call("notice", notice(0)).unwrap()["isNews"], false);
    assert_eq!(owner.call("notice", notice(7)).unwrap()["isNews"], true);

    owner.call("begun", json!({})).unwrap();
    let ended = json!({ "isReached": false, "jitter": 0, "error": "no network" });
    owner.call("ended", ended).unwrap();
    let background = owner.page("syncStatus", json!({}))["background"].clone();
    assert_eq!(background["held"]["by"], "failing");
    assert_eq!(background["lastError"], "no network");
    owner.call("cause", json!({ "cause": "network" })).unwrap();
    assert_eq!(owner.call("next", json!({})).unwrap(), json!({ "run": "network" }));
    owner.call("stopBackground", json!({})).unwrap();
    assert_eq!(owner.call("next", json!({})).unwrap(), json!({}));
}

#[test]
fn a_passphrase_wraps_the_phrase() {
    let (phrase, mut owner) = (phrase(), Owner::new(1));
    let wrap = json!({ "phrase": phrase, "passphrase": "correct horse" });
    let wrapped = owner.call("vaultWrap", wrap).unwrap()["wrapped"].clone();
    let mut unwrap = |passphrase| {
        owner.call("vaultUnwrap", json!({ "wrapped": wrapped, "passphrase": passphrase }))
    };
    assert_eq!(unwrap("correct horse").unwrap()["phrase"], phrase);
    assert_eq!(unwrap("wrong horse").unwrap_err()["code"], "wrongPassphrase");
}
