use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::crypto::{DataKey, VaultSecret};

fn keys(byte: u8) -> VaultKeys {
    VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(byte)).keys()
}

/// A header without its key, and the marks that it borrows.
#[derive(Clone, Debug)]
struct Parts {
    table: [u8; 8],
    row: [u8; 16],
    marks: Vec<Mark>,
    clock: [u8; 24],
}

impl Parts {
    fn header(&self, key: KeyId) -> SealedHeader<'_> {
        SealedHeader {
            table: TableTag::from_bytes(self.table),
            row: OpaqueKey::from_bytes(self.row),
            marks: &self.marks,
            clock: Clock::from_wire(self.clock),
            key,
        }
    }
}

prop_compose! {
    fn any_parts()(
        table in any::<[u8; 8]>(),
        row in any::<[u8; 16]>(),
        marks in vec(any::<[u8; 8]>().prop_map(Mark::from_bytes), 0..5),
        clock in any::<[u8; 24]>(),
    ) -> Parts {
        Parts { table, row, marks, clock }
    }
}

/// Flips one bit; `at` is taken modulo the count of bits.
fn flip(bytes: &mut [u8], at: usize) {
    let at = at % (bytes.len() * 8);
    bytes[at / 8] ^= 1 << (at % 8);
}

proptest! {
    #[test]
    fn what_was_sealed_opens(parts in any_parts(), nonce in any::<[u8; 24]>(),
        plain in vec(any::<u8>(), 0..700))
    {
        let keys = keys(1);
        let header = parts.header(keys.current());
        let sealed = seal(&keys, &header, &plain, nonce).unwrap();
        prop_assert_eq!(sealed.len(), sealed_len(plain.len()));
        prop_assert_eq!(open(&keys, &header, nonce, &sealed), Ok(plain));
    }

    #[test]
    fn a_changed_bit_of_value_or_nonce_is_refused(parts in any_parts(), at in any::<usize>(),
        plain in vec(any::<u8>(), 0..100))
    {
        let keys = keys(1);
        let header = parts.header(keys.current());
        let (mut nonce, good) = ([5; 24], seal(&keys, &header, &plain, [5; 24]).unwrap());
        let mut sealed = good.clone();
        flip(&mut sealed, at);
        prop_assert_eq!(open(&keys, &header, nonce, &sealed), Err(OpenError::Damaged));
        flip(&mut nonce, at);
        prop_assert_eq!(open(&keys, &header, nonce, &good), Err(OpenError::Damaged));
        let cut = &good[..at % good.len()];
        prop_assert_eq!(open(&keys, &header, [5; 24], cut), Err(OpenError::Damaged));
    }

    #[test]
    fn a_changed_header_is_refused(parts in any_parts(), field in 0..6, at in any::<usize>()) {
        let keys = keys(1);
        let sealed = seal(&keys, &parts.header(keys.current()), b"value", [5; 24]).unwrap();
        let mut other = parts.clone();
        match field {
            0 => flip(&mut other.table, at),
            1 => flip(&mut other.row, at),
            2 => flip(&mut other.clock, at),
            3 => other.marks.push(Mark::from_bytes([1; 8])),
            4 => drop(other.marks.pop()),
            _ => other.marks.reverse(),
        }
        let (before, after) = (parts.header(keys.current()), other.header(keys.current()));
        prop_assume!(before != after);
        prop_assert_eq!(open(&keys, &after, [5; 24], &sealed), Err(OpenError::Damaged));
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200),
        parts in any_parts())
    {
        let keys = keys(1);
        let opened = open(&keys, &parts.header(keys.current()), [0; 24], &bytes);
        prop_assert_eq!(opened, Err(OpenError::Damaged));
    }
}

fn parts() -> Parts {
    Parts { table: [1; 8], row: [2; 16], marks: vec![Mark::from_bytes([3; 8])], clock: [4; 24] }
}

#[test]
fn a_value_of_another_vault_is_refused_even_under_the_same_data_key() {
    let (mut one, mut two) = (keys(1), keys(2));
    let key = || DataKey::from_bytes([9; 32]);
    let (id, other) = (one.add(2, key()).unwrap(), two.add(2, key()).unwrap());
    assert_ne!(id, other, "the vault is part of the id");
    let (parts, nonce) = (parts(), [5; 24]);
    let sealed = seal(&one, &parts.header(id), b"value", nonce).unwrap();
    assert_eq!(open(&two, &parts.header(other), nonce, &sealed), Err(OpenError::Damaged));
}

#[test]
fn a_missing_key_is_told_from_damage() {
    let (mut ahead, behind) = (keys(1), keys(1));
    let rotated = ahead.add(2, DataKey::from_bytes([9; 32])).unwrap();
    let (parts, nonce) = (parts(), [5; 24]);
    let sealed = seal(&ahead, &parts.header(rotated), b"value", nonce).unwrap();
    let unknown = OpenError::UnknownKey { key: rotated, newer: true };
    assert_eq!(open(&behind, &parts.header(rotated), nonce, &sealed), Err(unknown));

    let relabelled = parts.header(ahead.current());
    let old = seal(&ahead, &parts.header(behind.current()), b"value", nonce).unwrap();
    assert_eq!(open(&ahead, &relabelled, nonce, &old), Err(OpenError::Damaged));

    let forged = KeyId { generation: 1, id: [0; 8] };
    let unknown = OpenError::UnknownKey { key: forged, newer: false };
    assert_eq!(open(&ahead, &parts.header(forged), nonce, &sealed), Err(unknown));
    let refused = seal(&ahead, &parts.header(forged), b"value", nonce);
    assert_eq!(refused, Err(SealError::UnknownKey { key: forged }));
}

#[test]
fn too_long_a_value_is_refused() {
    let keys = keys(1);
    let length = PLAIN_BYTES_MAX + 1;
    let refused = seal(&keys, &parts().header(keys.current()), &vec![0; length], [5; 24]);
    assert_eq!(refused, Err(SealError::TooLong { length }));
}

#[test]
fn what_a_faulty_program_padded_is_told_from_damage() {
    let keys = keys(1);
    let parts = parts();
    let header = parts.header(keys.current());
    let bound = associated_data(&keys.vault_id(), &header);
    let mut buffer = vec![1; 32];
    let cipher = keys.data_key(header.key).unwrap().cipher();
    let tag = cipher.encrypt_inout_detached((&[5; 24]).into(), &bound, (&mut buffer[..]).into());
    buffer.extend_from_slice(&tag.unwrap());
    assert_eq!(open(&keys, &header, [5; 24], &buffer), Err(OpenError::Malformed));
}
