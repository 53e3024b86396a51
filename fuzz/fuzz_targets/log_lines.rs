//! Batches of log lines: only what the encoder writes is read, and every line can be had.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::log::{decode_lines, encode_lines};

fuzz_target!(|bytes: &[u8]| {
    let Ok(lines) = decode_lines(bytes) else { return };
    assert_eq!(lines.iter().count(), lines.len());
    let mut written = Vec::new();
    encode_lines(&lines, &mut written);
    assert_eq!(written, bytes);
});
