//! Messages of the sync protocol: what is read means the same after it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::sync::wire::{
    decode_answer, decode_request, encode_answer, encode_request, with_checksum,
};

fuzz_target!(|bytes: &[u8]| {
    // Nothing gets past a checksum by chance.
    let bytes = &with_checksum(bytes.to_vec());
    if let Ok(request) = decode_request(bytes) {
        let written = encode_request(&request).expect("it was read");
        assert_eq!(decode_request(&written), Ok(request));
    }
    if let Ok(answer) = decode_answer(bytes) {
        // Dictionaries may name what no record uses: only the meaning stays.
        let written = encode_answer(&answer).expect("it was read");
        assert_eq!(decode_answer(&written), Ok(answer));
    }
});
