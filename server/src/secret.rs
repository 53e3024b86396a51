//! Tokens: drawn at random, handed out once, kept as hashes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use runlog_core::entropy::{Entropy, random};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::store::Hash;

/// The system's randomness.
pub(crate) struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        // Without randomness there are no secrets; the request that needs them dies.
        getrandom::fill(bytes).expect("the system has randomness");
    }
}

/// A fresh token of 256 bits. The prefix says what it is, for people and for secret scanners.
pub(crate) fn token(prefix: &str) -> String {
    format!("{prefix}_{}", BASE64_URL_SAFE_NO_PAD.encode(random::<32>(&mut System)))
}

/// What is kept of a token. Tokens have 256 random bits, so a fast hash is enough.
pub(crate) fn hash(secret: &[u8]) -> Hash {
    Sha256::digest(secret).into()
}

/// Compares without telling by its time how much agrees.
pub(crate) fn same(left: &Hash, right: &Hash) -> bool {
    left.ct_eq(right).into()
}

/// Bytes of hexadecimal digits.
pub(crate) fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Hexadecimal digits of bytes.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_and_nothing_else_is_read() {
        assert_eq!(hex(&to_hex(&[0, 0x1f, 0xff])), Some([0, 0x1f, 0xff]));
        for text in ["", "0", "+0", "zz", "000", "é"] {
            assert_eq!(hex::<1>(text), None, "{text}");
        }
    }
}
