//! Masking in the words of a command line.

use super::names::secret_name;
use super::{Masker, is_mask, mask_of, values};

/// The words with their secrets masked; `None` where there are none.
pub(super) fn mask(masker: &Masker, words: &[String]) -> Option<Vec<String>> {
    let mut masked: Option<Vec<String>> = None;
    // What the word before says of this one.
    let mut named = None;
    for (index, word) in words.iter().enumerate() {
        let of_option = named.take().filter(|_| !word.starts_with("--") && word != "-");
        named = option_name(word).and_then(|name| secret_name(name.as_bytes()));
        let by_name = match of_option {
            Some(what) => shown_or(word, what),
            // The value of `sh -c` is a script: it goes on behind what it assigns.
            None if index > 0 && is_script_option(&words[index - 1]) => None,
            None => assigned(word),
        };
        if let Some(by) = by_name.or_else(|| masker.replaced(word)) {
            if of_option.is_some() {
                named = None;
            }
            masked.get_or_insert_with(|| words.to_vec())[index] = by;
        }
    }
    masked
}

/// The name of an option whose value is the next word.
fn option_name(word: &str) -> Option<&str> {
    word.starts_with('-').then_some(word).filter(|word| is_name(word))
}

/// `-c`, also together with other letters.
fn is_script_option(word: &str) -> bool {
    word.len() <= 4 && word.starts_with('-') && word.ends_with('c')
}

/// `NAME=value`, to the end of the word: here a value may hold anything.
fn assigned(word: &str) -> Option<String> {
    let (name, value) = word.split_once('=')?;
    let what = is_name(name).then(|| secret_name(name.as_bytes())).flatten()?;
    let masked = shown_or(value, what)?;
    Some(format!("{name}={masked}"))
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// The mask of a value, unless it tells nothing.
fn shown_or(value: &str, what: &'static str) -> Option<String> {
    let bytes = value.as_bytes();
    let shown = bytes.is_empty() || is_mask(bytes) || values::says_nothing(bytes);
    (!shown).then(|| mask_of(what))
}
