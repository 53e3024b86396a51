//! Canaries and wrapped secrets: only what the encoders write is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::crypto::{Canary, WrappedSecret};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(canary) = Canary::decode(bytes) {
        assert_eq!(canary.encode(), bytes);
    }
    if let Ok(wrapped) = WrappedSecret::decode(bytes) {
        assert_eq!(wrapped.encode(), bytes);
    }
});
