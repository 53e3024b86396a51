use proptest::prelude::*;

use super::*;

fn code(byte: u8) -> PairingCode {
    PairingCode::generate(&mut |bytes: &mut [u8]| bytes.fill(byte))
}

/// Cheap, as what is tested here does not depend on the cost.
fn key(byte: u8) -> PairingKey {
    code(byte).stretch_with(StretchParams::new(8, 1, 1).unwrap()).unwrap()
}

fn payload(url: &str, name: &str) -> PairingPayload {
    PairingPayload {
        secret: VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(9)),
        relay_url: url.to_owned(),
        vault_name: name.to_owned(),
    }
}

fn offer(payload: &PairingPayload) -> Result<Vec<u8>, PairingError> {
    key(1).seal(payload, &mut |bytes: &mut [u8]| bytes.fill(4)).map(|(_, offer)| offer)
}

proptest! {
    #[test]
    fn an_offer_opens_with_its_code_alone(url in ".{0,300}", name in ".{0,60}") {
        let payload = payload(&url, &name);
        let offer = offer(&payload).unwrap();
        prop_assert_eq!(key(1).open(&offer), Ok(payload));
        prop_assert_eq!(key(2).open(&offer), Err(PairingError::WrongCode));
    }

    #[test]
    fn a_changed_bit_is_refused(at in 8usize..600) {
        let mut offer = offer(&payload("https://relay.example", "home")).unwrap();
        offer[at / 8] ^= 1 << (at % 8);
        prop_assert_eq!(key(1).open(&offer), Err(PairingError::WrongCode));
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300), genuine in any::<bool>())
    {
        if let Some(first) = bytes.first_mut().filter(|_| genuine) {
            *first = VERSION;
        }
        prop_assert!(key(1).open(&bytes).is_err());
        if let Ok(payload) = decode_payload(&bytes) {
            prop_assert_eq!(&encode_payload(&payload).unwrap()[..], &bytes[..]);
        }
    }

    /// Eight words written in any way that people write them.
    #[test]
    fn a_code_is_read_forgivingly(random in any::<[u8; 16]>(),
        gaps in proptest::collection::vec("[- \n\t]{1,3}", 7))
    {
        let code = PairingCode::generate(&mut |bytes: &mut [u8]| bytes.copy_from_slice(&random));
        let words = code.words();
        let words: Vec<&str> = words.split('-').collect();
        let mut typed = words[0].to_uppercase();
        for (gap, word) in gaps.iter().zip(&words[1..]) {
            typed.push_str(gap);
            typed.push_str(word);
        }
        prop_assert_eq!(&PairingCode::parse(&typed).unwrap().words(), &code.words());
    }
}

#[test]
fn what_is_wrong_with_a_code_is_named() {
    let few = PairingCode::parse("zoo-zoo");
    assert_eq!(few.unwrap_err(), PhraseError::WordCount { expected: 8, found: 2 });
    let mistyped = PairingCode::parse("zoo zoo zoo zoo zoo zoo zoo zooo");
    assert_eq!(mistyped.unwrap_err(), PhraseError::UnknownWord { position: 8 });
}

#[test]
fn too_long_an_offer_is_neither_made_nor_read() {
    let long = |what, limit| Err(DecodeError::TooLong { what, limit }.into());
    let url = offer(&payload(&"u".repeat(RELAY_URL_BYTES_MAX + 1), "home"));
    assert_eq!(url, long("relay URLs", RELAY_URL_BYTES_MAX));
    let name = offer(&payload("https://relay.example", &"n".repeat(VAULT_NAME_BYTES_MAX + 1)));
    assert_eq!(name, long("vault names", VAULT_NAME_BYTES_MAX));
    let largest = payload(&"u".repeat(RELAY_URL_BYTES_MAX), &"n".repeat(VAULT_NAME_BYTES_MAX));
    assert!(offer(&largest).unwrap().len() <= OFFER_BYTES_MAX);
    let forged = key(1).open(&[VERSION; OFFER_BYTES_MAX + 1]);
    assert_eq!(forged.unwrap_err(), DecodeError::TooLong { what: "offers", limit: 4096 }.into());
}

/// A length that claims more than there is costs an error and no memory.
#[test]
fn a_forged_length_is_refused() {
    let mut bytes = vec![VERSION; 1 + VaultSecret::LEN];
    bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    let limit = RELAY_URL_BYTES_MAX;
    let refused = decode_payload(&bytes);
    assert_eq!(refused.unwrap_err(), DecodeError::TooLong { what: "relay URLs", limit });
}
