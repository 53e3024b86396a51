//! Row records: only what the encoder writes is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::codec::{decode_record, encode_record};

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = decode_record(bytes) else { return };
    let mut written = Vec::new();
    encode_record(&record, &mut written).expect("it was read");
    assert_eq!(written, bytes);
});
