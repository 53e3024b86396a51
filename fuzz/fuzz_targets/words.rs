//! Recovery phrases and pairing codes: what is read is written as the same words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::crypto::{PairingCode, VaultSecret};

fuzz_target!(|text: &str| {
    if let Ok(secret) = VaultSecret::from_phrase(text) {
        assert_eq!(VaultSecret::from_phrase(&secret.phrase()), Ok(secret));
    }
    if let Ok(code) = PairingCode::parse(text) {
        assert_eq!(PairingCode::parse(&code.words()).map(|code| code.words()), Ok(code.words()));
    }
});
