use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::clock::{Clock, ClockTime};
use crate::crypto::NONCE_BYTES;
use crate::id::DeviceId;
use crate::sealed::{CellTag, Digest, Drops, KeyId, Mark, SealedCell, SealedRecord, TableTag};
use crate::sync::message::*;

fn any_place() -> impl Strategy<Value = Place> {
    (any::<u64>(), any::<[u8; 16]>())
        .prop_map(|(sequence, push)| Place { sequence, push: PushId(push) })
}

fn any_standing() -> impl Strategy<Value = Standing> {
    (option::of(any_place()), option::of(any_place()), option::of(any::<[u8; 16]>()))
        .prop_map(|(got, sent, token)| Standing { got, sent, token: token.map(AckToken) })
}

fn any_clock() -> impl Strategy<Value = Clock> {
    (any::<u64>(), 0..4u128).prop_map(|(time, device)| Clock {
        time: ClockTime::from_packed(time),
        device: DeviceId::from_u128(device),
    })
}

fn any_record() -> impl Strategy<Value = SealedRecord> {
    let names = (0..3u8, any::<[u8; 16]>(), any_clock());
    let cells = proptest::collection::btree_map(0..12u8, any::<[u8; 4]>(), 1..8);
    let seal = (0..3u32, any::<[u8; NONCE_BYTES]>(), vec(any::<u8>(), 0..200));
    let drops = option::of((any_clock(), vec(any::<[u8; 16]>(), 0..4)));
    (names, cells, seal, drops).prop_map(|((table, row, clock), cells, seal, drops)| SealedRecord {
        table: TableTag([table; 8]),
        row: OpaqueKey(row),
        clock,
        cells: cells
            .into_iter()
            .map(|(mark, tag)| SealedCell { mark: Mark([mark; 8]), tag: CellTag(tag) })
            .collect(),
        key: KeyId { generation: seal.0, id: [seal.0 as u8; 8] },
        nonce: seal.1,
        sealed: seal.2,
        drops: drops
            .map(|(floor, keys)| Drops { floor, keys: keys.into_iter().map(OpaqueKey).collect() }),
    })
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn any_digest() -> impl Strategy<Value = Digest> {
    (any::<u64>(), any::<u128>()).prop_map(|(count, sum)| Digest { count, sum })
}

fn any_state() -> impl Strategy<Value = VaultState> {
    let digests = vec((any::<[u8; 8]>().prop_map(TableTag), any_digest()), 0..3);
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>());
    (any_time(), numbers, digests).prop_map(|(now, numbers, digests)| {
        let (head, newest, bytes, quota, acknowledged) = numbers;
        let newest = ClockTime::from_packed(newest);
        VaultState { now, head, newest, bytes, quota, acknowledged, digests }
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let names = (any::<[u8; 8]>(), any::<u8>(), option::of(any::<[u8; 16]>()));
    prop_oneof![
        (any_standing(), any::<bool>(), any::<u32>(), any_time(), any::<bool>()).prop_map(
            |(standing, with_own, bytes_max, now, caught_up)| {
                Request::Pull(Pull { standing, with_own, bytes_max, now, caught_up })
            }
        ),
        (any_standing(), any::<[u8; 16]>(), vec(any_record(), 0..6)).prop_map(
            |(standing, id, records)| Request::Push(Push { standing, id: PushId(id), records })
        ),
        (any_standing(), any::<[u8; 16]>())
            .prop_map(|(standing, id)| Request::Resolve(Resolve { standing, id: PushId(id) })),
        (any_standing(), any::<[u8; 8]>()).prop_map(|(standing, table)| {
            Request::Compare(Compare { standing, table: TableTag(table) })
        }),
        (any_standing(), names).prop_map(|(standing, (table, part, after))| {
            let after = after.map(OpaqueKey);
            Request::Describe(Describe { standing, table: TableTag(table), part, after })
        }),
        (any_standing(), vec(any::<[u8; 16]>().prop_map(OpaqueKey), 0..5))
            .prop_map(|(standing, rows)| Request::Fetch(Fetch { standing, rows })),
        any_place().prop_map(|lost| Request::Restart(Restart { lost })),
    ]
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    proptest::sample::select(vec![
        Verdict::Accepted,
        Verdict::Known,
        Verdict::Dropped,
        Verdict::Refused(Reason::ClockAhead),
        Verdict::Refused(Reason::Quota),
        Verdict::Refused(Reason::TooLarge),
    ])
}

fn any_refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        proptest::sample::select(vec![
            Refusal::Unauthorised,
            Refusal::ReadOnly,
            Refusal::Forked,
            Refusal::SetBack,
            Refusal::NoVault,
            Refusal::Failed,
        ]),
        any::<[u8; 3]>().prop_map(|[asked, least, most]| Refusal::Version { asked, least, most }),
        any::<u32>().prop_map(|retry_after_ms| Refusal::Busy { retry_after_ms }),
        any::<u64>().prop_map(|limit| Refusal::TooLarge { limit }),
        ".{0,40}".prop_map(Refusal::Malformed),
    ]
}

fn any_page() -> impl Strategy<Value = Page> {
    let delivered = vec((0..1000u64, 0..4u128, any_record()), 0..6);
    (delivered, option::of(any_place()), any::<bool>(), any_state()).prop_map(
        |(delivered, next, more, state)| {
            let mut sequence = 0;
            let records = delivered.into_iter().map(|(step, pusher, record)| {
                sequence += step;
                Delivered { sequence, pusher: DeviceId::from_u128(pusher), record }
            });
            Page { records: records.collect(), next, more, state }
        },
    )
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let token = any::<[u8; 16]>().prop_map(AckToken);
    let tokens = option::of(any::<[u8; 16]>().prop_map(AckToken));
    prop_oneof![
        any_page().prop_map(Answer::Page),
        (token, option::of(any_place()), vec(any_verdict(), 0..20), any_state()).prop_map(
            |(token, sent, verdicts, state)| Answer::Pushed(Pushed {
                token,
                sent,
                verdicts,
                state
            })
        ),
        (any::<bool>(), tokens, option::of(any_place())).prop_map(|(accepted, token, sent)| {
            Answer::Resolved(Resolved { accepted, token, sent })
        }),
        (any::<u64>(), vec((any::<u8>(), any_digest()), 0..5))
            .prop_map(|(head, parts)| Answer::Parts(Parts { head, parts })),
        (vec(any_record(), 0..6), any::<bool>())
            .prop_map(|(records, more)| Answer::Held(Held { records, more })),
        any_refusal().prop_map(Answer::Refused),
    ]
}

proptest! {
    #[test]
    fn requests_round_trip_and_no_cut_is_read(request in any_request()) {
        let bytes = encode_request(&request).unwrap();
        prop_assert_eq!(decode_request(&bytes), Ok(request));
        for cut in 0..bytes.len() {
            prop_assert!(decode_request(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn answers_round_trip_and_no_cut_is_read(answer in any_answer()) {
        let bytes = encode_answer(&answer).unwrap();
        prop_assert_eq!(decode_answer(&bytes), Ok(answer));
        for cut in 0..bytes.len() {
            prop_assert!(decode_answer(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(kind in any::<u8>(), tail in vec(any::<u8>(), 0..200)) {
        let mut bytes = vec![limits::PROTOCOL, (kind % 8) | (kind & 0x80)];
        bytes.extend(tail);
        let bytes = with_checksum(bytes);
        if let Ok(request) = decode_request(&bytes) {
            let again = encode_request(&request).unwrap();
            prop_assert_eq!(decode_request(&again), Ok(request));
        }
        if let Ok(answer) = decode_answer(&bytes) {
            let again = encode_answer(&answer).unwrap();
            prop_assert_eq!(decode_answer(&again), Ok(answer));
        }
    }

    #[test]
    fn a_changed_byte_never_panics(
        request in any_request(), answer in any_answer(), at in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let mut bytes = said(encode_request(&request).unwrap());
        let index = at.index(bytes.len());
        bytes[index] = to;
        let _ = decode_request(&with_checksum(bytes));
        let mut bytes = said(encode_answer(&answer).unwrap());
        let index = at.index(bytes.len());
        bytes[index] = to;
        let _ = decode_answer(&with_checksum(bytes));
    }

    #[test]
    fn what_was_altered_on_its_way_is_refused(
        request in any_request(), at in any::<prop::sample::Index>(), bit in 0..8u32,
    ) {
        let mut bytes = encode_request(&request).unwrap();
        let index = at.index(bytes.len());
        bytes[index] ^= 1 << bit;
        prop_assert!(decode_request(&bytes).is_err());
    }
}

/// A message without its checksum.
fn said(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - SUM_LEN);
    bytes
}

fn record(number: u8) -> SealedRecord {
    SealedRecord {
        table: TableTag([0x11; 8]),
        row: OpaqueKey([number; 16]),
        clock: Clock {
            time: ClockTime::new(1_700_000_000_000, number.into()),
            device: DeviceId::from_u128(0x22),
        },
        cells: vec![
            SealedCell { mark: Mark([0x33; 8]), tag: CellTag([0x44; 4]) },
            SealedCell { mark: Mark([0x55; 8]), tag: CellTag([0x66; 4]) },
        ],
        key: KeyId { generation: 1, id: [0x77; 8] },
        nonce: [0x88; NONCE_BYTES],
        sealed: vec![0x99; 3],
        drops: None,
    }
}

/// The target is 62 bytes and 4 a column beside what is sealed.
#[test]
fn a_record_of_many_takes_little() {
    let delivered = |number: u8| Delivered {
        sequence: 300 + u64::from(number),
        pusher: DeviceId::from_u128(0x22),
        record: SealedRecord { sealed: vec![0; 200], ..record(number) },
    };
    let page = |count: u8| {
        let records = (0..count).map(delivered).collect();
        let page = Page { records, next: None, more: false, state: VaultState::default() };
        encode_answer(&Answer::Page(page)).unwrap().len()
    };
    let each = (page(201) - page(1)) / 200;
    assert_eq!(each, 200 + 2 * CellTag::LEN + 57);
}

/// T15: what a count claims is held against what is there, before anything is allocated.
#[test]
fn forged_counts_are_refused() {
    let push = Push { standing: Standing::default(), id: PushId([1; 16]), records: Vec::new() };
    let bytes = said(encode_request(&Request::Push(push)).unwrap());
    // Behind version, kind, standing and id stand four dictionaries and the records.
    let counts = 2 + 3 + 16;
    assert_eq!(bytes.len(), counts + 5);
    for at in counts..bytes.len() {
        let mut forged = bytes[..at].to_vec();
        crate::codec::put_varint(&mut forged, u64::MAX);
        let forged = with_checksum(forged);
        assert!(matches!(decode_request(&forged), Err(DecodeError::TooLong { .. })), "{at}");
        let mut forged = bytes[..at].to_vec();
        crate::codec::put_varint(&mut forged, 1000);
        let forged = with_checksum(forged);
        assert_eq!(decode_request(&forged), Err(DecodeError::Truncated), "{at}");
    }
    let mut verdicts = head(0x82);
    verdicts.extend([0; 16]);
    verdicts.push(0);
    verdicts.extend([1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    let verdicts = with_checksum(verdicts);
    let limit = limits::RECORDS_MAX;
    assert_eq!(decode_answer(&verdicts), Err(DecodeError::TooLong { what: "verdicts", limit }));
}

#[test]
fn columns_stand_in_order_each_once_and_are_some() {
    for cells in [vec![], vec![1, 0], vec![1, 1]] {
        let cell = |n: u8| SealedCell { mark: Mark([n; 8]), tag: CellTag([0; 4]) };
        let record = SealedRecord { cells: cells.into_iter().map(cell).collect(), ..record(1) };
        let held = Answer::Held(Held { records: vec![record], more: false });
        assert_eq!(encode_answer(&held), Err(DecodeError::Malformed { what: "columns" }));
    }
}

#[test]
fn another_version_is_named() {
    let expected = DecodeError::UnknownVersion { what: "messages", version: 9 };
    assert_eq!(decode_request(&[9, 1]), Err(expected));
    assert_eq!(decode_answer(&[9, 1]), Err(expected));
}

mod golden;
