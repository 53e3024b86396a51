//! Words that people write down and type: the English list of BIP-39.
//!
//! A word stands for its place in the list, a number of 11 bits. In a phrase of 24 words these are
//! 256 bits of secret and 8 of a checksum, packed most significant bit first, as in
//! <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>.

use zeroize::Zeroizing;

/// The 2048 words in alphabetical order, in the form that `build.rs` gives them.
const WORD_LIST: &str = include_str!(concat!(env!("OUT_DIR"), "/english.txt"));
/// Words in the list.
const WORD_COUNT: u16 = 2048;

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
        (numbers[index], _) = first_word(|_, listed| listed == word).ok_or(unknown)?;
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
        if let Some((_, word)) = first_word(|place, _| place == number % WORD_COUNT) {
            text.push_str(&word);
        }
    }
    text
}

/// The bits of 24 numbers below 2048, behind one another.
pub(super) fn packed_numbers(numbers: &[u16; 24]) -> Zeroizing<[u8; 33]> {
    let mut packed = Zeroizing::new([0; 33]);
    for (index, number) in numbers.iter().enumerate() {
        for bit in (0..11).filter(|bit| number & (1 << (10 - bit)) != 0) {
            let place = 11 * index + bit;
            packed[place / 8] |= 0x80 >> (place % 8);
        }
    }
    packed
}

/// The 24 numbers below 2048 whose bits these are.
pub(super) fn unpacked_numbers(packed: &[u8; 33]) -> impl Iterator<Item = u16> {
    (0..24).map(|index| {
        (11 * index..11 * (index + 1)).fold(0, |number, place| {
            number << 1 | u16::from(packed[place / 8] >> (7 - place % 8) & 1)
        })
    })
}

/// The first word that is wanted, with its place.
fn first_word(wanted: impl Fn(u16, &str) -> bool) -> Option<(u16, Zeroizing<String>)> {
    // Room for the longest one: no copy is left behind by growing.
    let mut word = Zeroizing::new(String::with_capacity(8));
    let endings = WORD_LIST.split(|c: char| c.is_ascii_digit()).skip(1);
    let shared = WORD_LIST.bytes().filter(u8::is_ascii_digit);
    for (place, (shared, ending)) in (0..).zip(shared.zip(endings)) {
        word.truncate(usize::from(shared - b'0'));
        word.push_str(ending);
        if wanted(place, &word) {
            return Some((place, word));
        }
    }
    None
}
