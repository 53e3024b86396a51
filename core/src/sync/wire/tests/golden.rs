//! One example of each message, as its bytes were when the protocol was fixed. A test that fails here
//! means that devices and relays of different versions no longer understand each other.

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn standing() -> Standing {
    Standing {
        got: Some(Place { sequence: 300, push: PushId([0xaa; 16]) }),
        sent: Some(Place { sequence: 7, push: PushId([0xbb; 16]) }),
        token: Some(AckToken([0xcc; 16])),
    }
}

fn state() -> VaultState {
    VaultState {
        now: Timestamp::from_millis(1_700_000_000_123),
        head: 301,
        newest: ClockTime::new(1_700_000_000_000, 5),
        bytes: 1000,
        quota: 1 << 32,
        acknowledged: 300,
        digests: vec![(TableTag([0x11; 8]), Digest { count: 2, sum: 0x0102 })],
    }
}

fn dropping() -> SealedRecord {
    let floor = record(9).clock;
    SealedRecord { drops: Some(Drops { floor, keys: vec![OpaqueKey([0xdd; 16])] }), ..record(2) }
}

fn requests() -> [Request; 7] {
    let (standing, table) = (standing(), TableTag([0x11; 8]));
    let now = Timestamp::from_millis(1_700_000_000_000);
    [
        Request::Pull(Pull { standing, with_own: true, bytes_max: 1 << 20, now, caught_up: true }),
        Request::Push(Push {
            standing: Standing::default(),
            id: PushId([0xee; 16]),
            records: vec![record(1), dropping()],
        }),
        Request::Resolve(Resolve { standing, id: PushId([0xee; 16]) }),
        Request::Compare(Compare { standing, table }),
        Request::Describe(Describe { standing, table, part: 3, after: Some(OpaqueKey([3; 16])) }),
        Request::Fetch(Fetch { standing, rows: vec![OpaqueKey([3; 16])] }),
        Request::Restart(Restart { lost: Place { sequence: 300, push: PushId([0xaa; 16]) } }),
    ]
}

fn answers() -> Vec<Answer> {
    let place = Place { sequence: 301, push: PushId([0xee; 16]) };
    let delivered =
        Delivered { sequence: 301, pusher: DeviceId::from_u128(0x23), record: record(1) };
    let verdicts = vec![
        Verdict::Accepted,
        Verdict::Accepted,
        Verdict::Known,
        Verdict::Dropped,
        Verdict::Refused(Reason::ClockAhead),
        Verdict::Refused(Reason::Quota),
        Verdict::Refused(Reason::TooLarge),
    ];
    let (token, sent) = (AckToken([0xcc; 16]), Some(place));
    let mut answers = vec![
        Answer::Page(Page { records: vec![delivered], next: sent, more: false, state: state() }),
        Answer::Pushed(Pushed { token, sent, verdicts, state: state() }),
        Answer::Resolved(Resolved { accepted: true, token: Some(token), sent }),
        Answer::Parts(Parts { head: 301, parts: vec![(3, Digest { count: 2, sum: 0x0102 })] }),
        Answer::Held(Held { records: vec![dropping()], more: true }),
    ];
    answers.extend(refusals().into_iter().map(Answer::Refused));
    answers
}

fn refusals() -> [Refusal; 10] {
    [
        Refusal::Unauthorised,
        Refusal::ReadOnly,
        Refusal::Forked,
        Refusal::SetBack,
        Refusal::NoVault,
        Refusal::Version { asked: 9, least: 1, most: 1 },
        Refusal::Busy { retry_after_ms: 1500 },
        Refusal::TooLarge { limit: 1 << 25 },
        Refusal::Malformed("kinds".into()),
        Refusal::Failed,
    ]
}

fn check<T: std::fmt::Debug + PartialEq>(
    what: &str,
    messages: &[T],
    golden: &[&str],
    encode: fn(&T) -> Result<Vec<u8>, DecodeError>,
    decode: fn(&[u8]) -> Result<T, DecodeError>,
) {
    let now: Vec<String> = messages.iter().map(|m| hex(&encode(m).unwrap())).collect();
    assert_eq!(now, golden, "{what}");
    for message in messages {
        assert_eq!(decode(&encode(message).unwrap()).as_ref(), Ok(message));
    }
}

#[test]
fn requests_have_the_bytes_they_had() {
    check("requests", &requests(), &REQUESTS, encode_request, decode_request);
}

#[test]
fn answers_have_the_bytes_they_had() {
    check("answers", &answers(), &ANSWERS, encode_answer, decode_answer);
}

const REQUESTS: [&str; 7] = [
    "010101ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0107bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01cccc\
     cccccccccccccccccccccccccccc0180804080a0abfef9620185c68c77a66dd050",
    "0102000000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee010000000000000000000000000000002201111111\
     111111111101017777777777777777010233333333333333335555555555555555020001010101010101\
     010101010101010101018bcfe56800000100004444444466666666008888888888888888888888888888\
     8888888888888888888803999999000002020202020202020202020202020202018bcfe5680000020000\
     4444444466666666008888888888888888888888888888888888888888888888880399999901018bcfe5\
     680000090001ddddddddddddddddddddddddddddddddd2253b20f9a7e5af",
    "010301ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0107bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01cccc\
     cccccccccccccccccccccccccccceeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeec518942ca827ac72",
    "010401ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0107bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01cccc\
     cccccccccccccccccccccccccccc1111111111111111707fa1089f07ce42",
    "010501ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0107bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01cccc\
     cccccccccccccccccccccccccccc1111111111111111030103030303030303030303030303030303cfa9\
     039b912e9868",
    "010601ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0107bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01cccc\
     cccccccccccccccccccccccccccc0103030303030303030303030303030303c9ff31a6f3ac1160",
    "0107ac02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabca0d3e501e1a76d",
];
const ANSWERS: [&str; 15] = [
    "018101ad02eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee00f6a1abfef962ad02018bcfe568000005e8078080\
     808010ac0201111111111111111102000000000000000000000000000001020200000000000000000000\
     000000000022000000000000000000000000000000230111111111111111110101777777777777777701\
     0233333333333333335555555555555555010001010101010101010101010101010101018bcfe5680000\
     0100004444444466666666008888888888888888888888888888888888888888888888880399999900ad\
     0201f76d3e422b2b2177",
    "0182cccccccccccccccccccccccccccccccc01ad02eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee0601020201\
     0301100111011201f6a1abfef962ad02018bcfe568000005e8078080808010ac02011111111111111111\
     0200000000000000000000000000000102875823c035e7588d",
    "01830101cccccccccccccccccccccccccccccccc01ad02eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee9336d6\
     42111c1a8b",
    "0184ad0201030200000000000000000000000000000102aaf87bec983616b2",
    "018501010000000000000000000000000000002201111111111111111101017777777777777777010233\
     333333333333335555555555555555010002020202020202020202020202020202018bcfe56800000200\
     004444444466666666008888888888888888888888888888888888888888888888880399999901018bcf\
     e5680000090001ddddddddddddddddddddddddddddddddaa2142fe07ad109d",
    "01ff01cbc9567e57e16a32",
    "01ff027d73131c18b30ec3",
    "01ff032de48ab76d9bb10b",
    "01ff04e36df250929d5b56",
    "01ff05b2ccd3bcb27b20f3",
    "01ff06090101639399ee3dba5e91",
    "01ff07dc0bf72e6ecc5a6d413e",
    "01ff08808080106dff4b389d11a66b",
    "01ff09056b696e64739a6f1a5fd0fb0388",
    "01ff0a0da95d8f2457cca0",
];
