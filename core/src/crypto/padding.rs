//! Hiding the exact length of what is sealed.

/// Shortest padded length in bytes.
///
/// The length is rounded up by Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux and Ford, "Reducing
/// Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019), so that the
/// size of up to 2^L bytes tells O(log L) bits and costs at most 12 %, less for longer values. Below
/// 32 bytes all lengths look the same. What fills up is one byte 0x80 and then zeros (ISO/IEC
/// 7816-4), which can be taken off again whatever the value ends with.
pub const PADDED_BYTES_MIN: usize = 32;

const PAD_START: u8 = 0x80;

/// The length of `length` bytes once padded: at least one more, at least [`PADDED_BYTES_MIN`].
pub(super) const fn padded_len(length: usize) -> usize {
    let needed = length + 1;
    if needed <= PADDED_BYTES_MIN {
        return PADDED_BYTES_MIN;
    }
    let exponent = needed.ilog2();
    let mantissa_bits = exponent.ilog2() + 1;
    let mask = (1 << (exponent - mantissa_bits)) - 1;
    (needed + mask) & !mask
}

/// The value and its padding, in a buffer with room for `spare` bytes more.
pub(super) fn padded(plain: &[u8], spare: usize) -> Vec<u8> {
    let length = padded_len(plain.len());
    let mut buffer = Vec::with_capacity(length + spare);
    buffer.extend_from_slice(plain);
    buffer.push(PAD_START);
    buffer.resize(length, 0);
    buffer
}

/// The length of the value in a padded buffer; `None` where [`padded`] makes no such buffer.
pub(super) fn unpadded_len(buffer: &[u8]) -> Option<usize> {
    let length = buffer.iter().rposition(|byte| *byte != 0)?;
    (buffer[length] == PAD_START && padded_len(length) == buffer.len()).then_some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn padding_comes_off(plain in proptest::collection::vec(prop_oneof![Just(0), Just(0x80),
            any::<u8>()], 0..600))
        {
            let buffer = padded(&plain, 0);
            prop_assert_eq!(buffer.len(), padded_len(plain.len()));
            prop_assert_eq!(unpadded_len(&buffer), Some(plain.len()));
        }

        #[test]
        fn a_padded_length_is_a_fixed_point_and_costs_at_most_12_percent(length in 31..1usize << 30)
        {
            let padded = padded_len(length);
            prop_assert!(padded > length);
            prop_assert_eq!(padded_len(padded - 1), padded);
            prop_assert!((padded - length - 1) * 100 <= 12 * length, "{} to {}", length, padded);
        }
    }

    /// Worked out by hand from the algorithm of the paper.
    #[test]
    fn lengths_are_those_of_padme() {
        let expected = [(0, 32), (31, 32), (32, 36), (35, 36), (36, 40), (199, 208), (207, 208)];
        for (length, padded) in expected {
            assert_eq!(padded_len(length), padded, "of {length}");
        }
        assert_eq!(padded_len(999), 1024);
        assert_eq!(padded_len(1 << 20), (1 << 20) + (1 << 15));
    }

    #[test]
    fn what_no_padding_makes_is_refused() {
        assert_eq!(unpadded_len(&[]), None);
        assert_eq!(unpadded_len(&[0; 32]), None);
        assert_eq!(unpadded_len(&[1; 32]), None);
        let mut long = padded(b"short", 0);
        long.extend_from_slice(&[0; 4]);
        assert_eq!(unpadded_len(&long), None);
    }
}
