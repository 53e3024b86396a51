//! What is derived and sealed never changes: a device of next year must read what one of today
//! wrote. Every value here was also computed by an independent program, over other libraries; where
//! one of them differs, the code has broken every vault there is.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::crypto::{
    self, AccessKey, Canary, DataKey, PairingCode, PairingPayload, SealedHeader, StretchParams,
    VaultSecret, WrappedSecret,
};
use runlog_core::id::DeviceId;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Counts up from `next`, over all calls.
fn counting(mut next: u8) -> impl FnMut(&mut [u8]) {
    move |bytes| {
        bytes.fill_with(|| {
            next += 1;
            next - 1
        });
    }
}

/// The bytes 0 to 31.
fn secret() -> VaultSecret {
    VaultSecret::generate(&mut counting(0))
}

const NONCE: [u8; 24] = *b"@ABCDEFGHIJKLMNOPQRSTUVW";

#[test]
fn what_a_relay_sees_of_the_secret() {
    assert_eq!(secret().vault_id().to_string(), "2898af498a2d7ea89b4186aa3728ea34");
    let access = "67e7cdfbe02badb50e0f80ca0d108eb1f0312897cffadb4ab796f55cb0acc706";
    assert_eq!(hex(secret().access_key().as_bytes()), access);
    let verifier = "4288e12e3fa4097ca24cde26a18bc7198ed19b0bdb9777abe3890a2b804be257";
    assert_eq!(hex(secret().access_key().verifier().as_bytes()), verifier);
}

#[test]
fn data_keys_and_their_ids() {
    let mut keys = secret().keys();
    let first = keys.current();
    assert_eq!(hex(&first.to_wire()), "00000001e596049a4b3be85d");
    let key = "e0211981c7b6a607a43fb915487969421967614cf9fdece942b0dfbb85cfea6b";
    assert_eq!(hex(keys.data_key(first).unwrap().expose()), key);
    let second = keys.add(2, DataKey::from_bytes([9; 32])).unwrap();
    assert_eq!(hex(&second.to_wire()), "00000002bd8350f1f4d5347e");
}

#[test]
fn names_tags_and_a_sealed_value() {
    let keys = secret().keys();
    let index = keys.index();
    let table = index.table_tag("executions");
    let mark = index.mark("executions", "note");
    let row = index.row_key("executions", &std::array::from_fn::<u8, 16, _>(|at| at as u8));
    assert_eq!(table.to_string(), "5bb3af4fa8d44ec4");
    assert_eq!(mark.to_string(), "e977405741a10cee");
    assert_eq!(row.to_string(), "7bb34cad47263678cec8db1db5c7febe");

    let time = ClockTime::new(1_700_000_000_000, 5);
    let clock = Clock { time, device: DeviceId::from_u128(7) };
    assert_eq!(index.cell_tag(&row, &mark, &clock, b"a note").to_string(), "9978f839");

    let header = SealedHeader { table, row, marks: &[mark], clock, key: keys.current() };
    let sealed = crypto::seal(&keys, &header, b"a note", NONCE).unwrap();
    let expected = "9abc00202c2ca8aa422e048598bba81249a6c354ec7d4ab1\
                    217c41bac84b88796bce33235c38b16ff6cc94fefab16665";
    assert_eq!(hex(&sealed), expected);
}

#[test]
fn a_canary() {
    let expected = "01404142434445464748494a4b4c4d4e4f5051525354555657\
                    a11349bdafc274b97352497bfd8ede4475b456c2d8283ad5\
                    8cc64247ad6346a8a2dec01e8e9c22ee0638fda2b6469a78";
    assert_eq!(hex(&Canary::make(&secret().keys(), NONCE).encode()), expected);
}

#[test]
fn a_wrapped_secret() {
    let params = StretchParams::new(64, 2, 2).unwrap();
    let random = &mut counting(0x40);
    let wrapped = WrappedSecret::wrap(&secret(), "correct horse", params, random).unwrap();
    let expected = "01000000400000000200000002404142434445464748494a4b4c4d4e4f\
                    505152535455565758595a5b5c5d5e5f6061626364656667\
                    0bbe141143f497384aa2af22343e99ac8f9ce27f6c1c65e7a6eaa598b13cf887\
                    64a423e9fb431bcccc44e4c61b6dff8e544a1b577c2edb611bacf127";
    assert_eq!(hex(&wrapped.encode()), expected);
}

/// Words 1, 515, 1029, 1543, 9, 523, 1037 and 1551 of the list, counted from 0.
const CODE: &str = "ability-document-level-science-abuse-door-like-sea";

/// At its real cost, which is part of what both devices must agree on.
#[test]
fn a_pairing() {
    let code = PairingCode::generate(&mut counting(0));
    assert_eq!(*code.words(), CODE);
    let payload = PairingPayload {
        secret: secret(),
        relay_url: "https://relay.example".to_owned(),
        vault_name: "home".to_owned(),
    };
    let key = code.stretch().unwrap();
    let (mailbox, offer) = key.seal(&payload, &mut counting(0x40)).unwrap();
    assert_eq!(mailbox.to_string(), "e4aaf249f76bd9f7f76edf93a46c710a");
    let expected = "01404142434445464748494a4b4c4d4e4f5051525354555657\
                    6281e8f08b75d4297cc71b35d4017a9701a3dbee59668ce7e7a3c449b404ac8e\
                    f8c28efdfc24a5e71ca6c402db0dacd911ecec876aa826f0e692f77f81d15242\
                    e00c5185825e848f7748d7ef664f8812";
    assert_eq!(hex(&offer), expected);
    let other = PairingCode::parse(CODE).unwrap().stretch().unwrap();
    assert_eq!(other.open(&offer), Ok(payload));
}

/// Nothing of a secret is in what a log or a failed test would show.
#[test]
fn nothing_secret_is_shown() {
    let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(0x5a));
    let code = PairingCode::generate(&mut |bytes: &mut [u8]| bytes.fill(0x5a));
    let payload = PairingPayload {
        secret: secret.clone(),
        relay_url: "https://user:password@relay.example".to_owned(),
        vault_name: "home".to_owned(),
    };
    let access = AccessKey::from_bytes([0x5a; 32]);
    let data = DataKey::from_bytes([0x5a; 32]);
    let mut keys = secret.keys();
    keys.add(2, data.clone()).unwrap();
    let stretched = code.stretch().unwrap();
    let mistyped = format!("{}x", *code.words());
    let error = PairingCode::parse(&mistyped).unwrap_err();
    let shown = format!(
        "{secret:?} {access:?} {data:?} {keys:?} {:?} {code:?} {stretched:?} {payload:?} {error:?} \
         {error}",
        keys.index()
    );
    let (phrase, words) = (secret.phrase(), code.words());
    let typed = phrase.split(' ').chain(words.split('-')).chain(["password", "home"]);
    // 0x5a in the notations that a derived `Debug` or a careless `Display` would use.
    for hidden in typed.chain(["90, 90", "5a5a", "5A5A", "0x5a", "ZZ"]) {
        assert!(!shown.contains(hidden), "{hidden} is in {shown}");
    }
    let derived = keys.data_key(keys.ids().next().unwrap()).unwrap().expose();
    let listed = format!("{}, {}", derived[0], derived[1]);
    assert!(!shown.contains(&listed) && !shown.contains(&hex(&derived[..4])), "{shown}");
}
