//! Words that people write down and type: the English list of BIP-39, and its 24 words of 32 bytes.

use bip39::Language;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes behind a phrase.
const BYTES: usize = 32;
/// Words in it: the bits of the bytes and the 8 of the checksum, 11 to a word.
const WORDS: usize = 24;
/// Bits that a word stands for.
const WORD_BITS: usize = 11;

/// What is wrong with typed words. It never holds a word, as each is a part of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhraseError {
    /// Too few or too many words.
    #[error("{expected} words are needed, there are {found}")]
    WordCount {
        /// Words that are needed.
        expected: usize,
        /// Words that were typed.
        found: usize,
    },
    /// A word that is not in the list: mistyped.
    #[error("word {position} is not in the word list: look for a typing error")]
    UnknownWord {
        /// Its place, counted from 1.
        position: usize,
    },
    /// Every word is in the list, but they do not belong together.
    #[error("the words do not belong together: one was mistaken for another, or two were swapped")]
    Checksum,
}

/// The numbers (0 to 2047) of exactly `N` words, in any case, between any of the separators.
pub(super) fn word_numbers<const N: usize>(
    text: &str,
    is_separator: impl Fn(char) -> bool,
) -> Result<Zeroizing<[u16; N]>, PhraseError> {
    let lowered = Zeroizing::new(text.to_ascii_lowercase());
    let words = || lowered.split(&is_separator).filter(|word| !word.is_empty());
    let found = words().count();
    if found != N {
        return Err(PhraseError::WordCount { expected: N, found });
    }
    let mut numbers = Zeroizing::new([0; N]);
    for (index, word) in words().enumerate() {
        let unknown = PhraseError::UnknownWord { position: index + 1 };
        numbers[index] = list().binary_search(&word).map_err(|_| unknown)? as u16;
    }
    Ok(numbers)
}

/// The words of some numbers below 2048, with `separator` between them.
pub(super) fn joined_words(
    numbers: impl Iterator<Item = u16>,
    separator: char,
) -> Zeroizing<String> {
    // The longest word has 8 letters: with room for all, no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(24 * 9));
    for number in numbers {
        if !text.is_empty() {
            text.push(separator);
        }
        text.push_str(list()[usize::from(number) % list().len()]);
    }
    text
}

/// Asked here alone: each place that names the list holds a copy of it.
#[inline(never)]
fn list() -> &'static [&'static str; 2048] {
    Language::English.word_list()
}

/// The numbers of the words of 32 bytes, by BIP-39. Its crate does this as well, with a list and a
/// SHA-256 of its own, which a page would download beside ours.
pub(super) fn numbers_of(bytes: &[u8; BYTES]) -> Zeroizing<[u16; WORDS]> {
    let mut numbers = Zeroizing::new([0; WORDS]);
    let mut sums = Zeroizing::new([0; BYTES + 1]);
    sums[..BYTES].copy_from_slice(bytes);
    sums[BYTES] = checksum(bytes);
    for bit in 0..WORDS * WORD_BITS {
        let set = sums[bit / 8] >> (7 - bit % 8) & 1;
        numbers[bit / WORD_BITS] |= u16::from(set) << (WORD_BITS - 1 - bit % WORD_BITS);
    }
    numbers
}

/// The bytes of the numbers of words.
///
/// # Errors
/// [`PhraseError::Checksum`].
pub(super) fn bytes_of(numbers: &[u16; WORDS]) -> Result<Zeroizing<[u8; BYTES]>, PhraseError> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    let mut sum = 0;
    for bit in 0..WORDS * WORD_BITS {
        let set = numbers[bit / WORD_BITS] >> (WORD_BITS - 1 - bit % WORD_BITS) & 1;
        *bytes.get_mut(bit / 8).unwrap_or(&mut sum) |= u8::from(set == 1) << (7 - bit % 8);
    }
    if sum == checksum(&bytes) { Ok(bytes) } else { Err(PhraseError::Checksum) }
}

/// The first byte of the SHA-256.
fn checksum(bytes: &[u8; BYTES]) -> u8 {
    Sha256::digest(bytes)[0]
}

#[cfg(test)]
mod tests {
    use bip39::Mnemonic;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_those_of_bip_39(bytes: [u8; BYTES], wrong in 0..WORDS, by in 1..2048_u16) {
            let numbers = numbers_of(&bytes);
            let theirs = Mnemonic::from_entropy_in(Language::English, &bytes).unwrap();
            prop_assert_eq!(&*joined_words(numbers.iter().copied(), ' '), &theirs.to_string());
            let back = word_numbers::<WORDS>(&theirs.to_string(), char::is_whitespace).unwrap();
            prop_assert_eq!(&back, &numbers);
            prop_assert_eq!(&*bytes_of(&back).unwrap(), &bytes);
            let mut typed = *numbers;
            typed[wrong] ^= by;
            let words = joined_words(typed.iter().copied(), ' ');
            prop_assert_eq!(bytes_of(&typed).is_ok(), Mnemonic::parse_in_normalized(Language::English, &words).is_ok());
        }
    }
}
