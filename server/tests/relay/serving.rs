//! What a relay does beside keeping records.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use runlog_core::relay::RelayLimits;
use runlog_core::sealed::SealedRecord;
use runlog_core::sync::message::{Answer, Reason, Refusal, Verdict};
use runlog_core::sync::wire::{decode_answer, encode_request};
use runlog_server::{Limits, TlsFiles};
use serde_json::Value;

use crate::client::{exchange, read_chunk, read_head, request, write_request};
use crate::support::{Place, Relay, record, sqlite};

/// The data of the next event that is one.
fn next_event(stream: &mut BufReader<TcpStream>) -> Option<String> {
    loop {
        let text = String::from_utf8(read_chunk(stream)?).unwrap();
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) {
            assert!(text.contains("event: head"));
            return Some(data.to_owned());
        }
    }
}

pub fn notices_tell_of_news_and_end_with_the_server(place: &Place) {
    let mut relay = Relay::start(place);
    let [mut one, two] = relay.devices(2).try_into().unwrap_or_else(|_| panic!());
    relay.push(&mut one, vec![record(0, 1, 1, &[1])]);
    let mut stream = BufReader::new(TcpStream::connect(relay.address).unwrap());
    let path = format!("/v1/vaults/{}/events", two.vault);
    let bearer = format!("Bearer {}", two.token);
    write_request(stream.get_mut(), ("GET", &path), &[("authorization", &bearer)], &[]);
    let head = read_head(&mut stream);
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(next_event(&mut stream).as_deref(), Some("1"));
    relay.push(&mut one, vec![record(0, 2, 1, &[1]), record(1, 1, 1, &[1])]);
    assert_eq!(next_event(&mut stream).as_deref(), Some("3"));
    let metrics = request(relay.address, ("GET", "/metrics"), &[], &[]);
    assert!(String::from_utf8(metrics.body).unwrap().contains("runlog_listeners 1\n"));
    // A connection that waits does not hold up the end.
    relay.stop();
    assert_eq!(next_event(&mut stream), None);
}

pub fn refusals_are_typed_and_have_a_status(place: &Place) {
    let relay = Relay::start(place);
    let device = relay.devices(1).remove(0);
    let version = Refusal::Version { asked: 9, least: 1, most: 1 };
    assert_eq!(relay.ask_bytes(&device, &[9, 1]), (426, Answer::Refused(version)));
    let (status, answer) = relay.ask_bytes(&device, &[1, 99]);
    assert!(matches!((status, answer), (400, Answer::Refused(Refusal::Malformed(_)))));
    let strange = crate::support::Device { token: "x".into(), ..device.clone() };
    let (status, answer) = relay.ask(&strange, &strange.pull(false, 1));
    assert_eq!((status, answer), (401, Answer::Refused(Refusal::Unauthorised)));
    let missing = request(relay.address, ("GET", "/nothing"), &[("x-request-id", "abc-1")], &[]);
    assert_eq!((missing.status, missing.code()), (404, "not_found".into()));
    assert_eq!(missing.header("x-request-id"), Some("abc-1"));
}

pub fn a_quota_refuses_records_alone(place: &Place) {
    let relay_limits = RelayLimits { quota_bytes: 250, ..RelayLimits::default() };
    let limits = Limits { relay: relay_limits, ..Limits::default() };
    let relay = Relay::start_with(place, limits, |_| ());
    let mut device = relay.devices(1).remove(0);
    let records = (0..3).map(|row| record(row, 1, 1, &[1])).collect();
    let full = Verdict::Refused(Reason::Quota);
    assert_eq!(relay.push(&mut device, records), [Verdict::Accepted, Verdict::Accepted, full]);
    let ahead = record(0, 1_000_000, 1, &[1]);
    assert_eq!(relay.push(&mut device, vec![ahead]), [Verdict::Refused(Reason::ClockAhead)]);
    let (_, state) = relay.pull(&mut device, true);
    assert_eq!((state.bytes, state.quota), (216, 250));
}

pub fn too_many_requests_are_told_to_wait(place: &Place) {
    let limits = Limits { requests_per_second: 2, burst: 5, ..Limits::default() };
    let relay = Relay::start_with(place, limits, |_| ());
    let device = relay.devices(1).remove(0);
    for _ in 0..5 {
        assert_eq!(relay.ask(&device, &device.pull(false, 1)).0, 200);
    }
    let busy = Answer::Refused(Refusal::Busy { retry_after_ms: 500 });
    assert_eq!(relay.ask(&device, &device.pull(false, 1)), (429, busy));
    relay.pass_ms(500);
    assert_eq!(relay.ask(&device, &device.pull(false, 1)).0, 200);
    // Who shows nothing is counted by address: three requests made account, vault and device.
    let take = || {
        request(relay.address, ("GET", "/v1/mailboxes/00000000000000000000000000000000"), &[], &[])
    };
    let codes: Vec<String> = (0..4).map(|_| take().code()).collect();
    assert_eq!(codes, ["not_found", "not_found", "not_found", "busy"]);
    assert_eq!(take().header("retry-after"), Some("1"));
}

pub fn bodies_are_compressed_and_bounded(place: &Place) {
    let limits = Limits { body_bytes_max: 100_000, ..Limits::default() };
    let relay = Relay::start_with(place, limits, |_| ());
    let mut device = relay.devices(1).remove(0);
    let path = format!("/v1/vaults/{}/sync", device.vault);
    let bearer = format!("Bearer {}", device.token);
    let send = |coding: &str, body: &[u8]| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-encoding", coding),
            ("accept-encoding", coding),
        ];
        request(relay.address, ("POST", &path), &headers, body)
    };
    let big = |length| vec![SealedRecord { sealed: vec![0; length], ..record(0, 1, 1, &[1]) }];
    let push = encode_request(&device.push(big(90_000))).unwrap();
    let packed = zstd::encode_all(push.as_slice(), 3).unwrap();
    assert!(packed.len() < 1000);
    let response = send("zstd", &packed);
    let Ok(Answer::Pushed(pushed)) = decode_answer(&unpack(&response)) else { panic!() };
    device.took(&pushed);
    let pull = encode_request(&device.pull(true, 1 << 20)).unwrap();
    let response = send("zstd", &zstd::encode_all(pull.as_slice(), 3).unwrap());
    assert_eq!(response.header("content-encoding"), Some("zstd"));
    let Ok(Answer::Page(page)) = decode_answer(&unpack(&response)) else { panic!() };
    assert_eq!(page.records[0].record.sealed.len(), 90_000);
    // A few bytes that unpack to gigabytes are not unpacked.
    let bomb = zstd::encode_all(std::io::repeat(0).take(64 << 20), 3).unwrap();
    let response = send("zstd", &bomb);
    assert_eq!(response.status, 413);
    let refusal = Answer::Refused(Refusal::TooLarge { limit: 100_000 });
    assert_eq!(decode_answer(&unpack(&response)), Ok(refusal));
}

fn unpack(response: &crate::client::Response) -> Vec<u8> {
    match response.header("content-encoding") {
        Some("zstd") => zstd::decode_all(response.body.as_slice()).unwrap(),
        _ => response.body.clone(),
    }
}

pub fn what_was_acknowledged_is_there_after_a_restart(place: &Place) {
    let mut relay = Relay::start(place);
    let mut device = relay.devices(1).remove(0);
    relay.push(&mut device, vec![record(0, 1, 1, &[1])]);
    relay.stop();
    let relay = Relay::start(place);
    assert_eq!(relay.push(&mut device, vec![record(0, 1, 1, &[1])]), [Verdict::Known]);
    assert_eq!(relay.pull(&mut device, true).0.len(), 1);
}

pub fn health_and_metrics_answer(place: &Place) {
    let relay = Relay::start(place);
    let mut device = relay.devices(1).remove(0);
    relay.push(&mut device, vec![record(0, 1, 1, &[1]), record(0, 1, 1, &[1])]);
    let health = relay.call(("GET", "/health"), "", &Value::Null);
    assert_eq!((health.status, health.json()["status"].as_str()), (200, Some("ok")));
    let metrics = request(relay.address, ("GET", "/metrics"), &[], &[]);
    let text = String::from_utf8(metrics.body).unwrap();
    for line in [
        "runlog_requests_total{kind=\"push\"} 1",
        "runlog_records_pushed_total{verdict=\"accepted\"} 1",
        "runlog_records_pushed_total{verdict=\"known\"} 1",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn tls_by_pem_files() {
    let place = sqlite();
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let files = TlsFiles {
        certificate: folder.path().join("certificate.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::File::create(&files.certificate)
        .unwrap()
        .write_all(made.cert.pem().as_bytes())
        .unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let relay = Relay::start_with(&place, Limits::default(), |config| config.tls = Some(files));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = rustls::StreamOwned::new(session, TcpStream::connect(relay.address).unwrap());
    assert_eq!(exchange(stream, ("GET", "/health"), &[], &[]).status, 200);
}
