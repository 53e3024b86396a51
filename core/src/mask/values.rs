//! Values that are no secrets, whatever they are called.

use super::anchors::Word;
use super::assignment::Joint;

/// What programs and schemas say about a secret in its place.
const WORDS: [&str; 42] = [
    "null",
    "nil",
    "none",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "empty",
    "set",
    "unset",
    "not",
    "required",
    "optional",
    "missing",
    "invalid",
    "incorrect",
    "wrong",
    "expired",
    "revoked",
    "rejected",
    "accepted",
    "changed",
    "updated",
    "verified",
    "ok",
    "string",
    "str",
    "&str",
    "int",
    "integer",
    "number",
    "bool",
    "boolean",
    "bytes",
    "unknown",
    "redacted",
    "hidden",
    "masked",
    "denied",
];

/// Longest value that may say nothing.
const BYTES_MAX: usize = 64;

/// Whether it is a placeholder, a variable or a word that tells no secret.
pub(super) fn says_nothing(value: &[u8]) -> bool {
    if value.len() > BYTES_MAX {
        return false;
    }
    let value = value.trim_ascii();
    let bare = value.strip_suffix(b",").or(value.strip_suffix(b".")).unwrap_or(value);
    WORDS.iter().any(|word| bare.eq_ignore_ascii_case(word.as_bytes()))
        || value.iter().all(|byte| *byte == b'*')
        || (value.len() > 2 && value.iter().all(|byte| b"*x.-_X".contains(byte)))
        || is_variable(value)
        || is_bracketed(value)
}

/// Whether a value without quotes looks like one. Names that prose uses as well ask for more.
pub(super) fn is_plausible(value: &[u8], word: Word, joint: Joint) -> bool {
    let opens = |byte: &u8| b"{[(".contains(byte);
    let is_literal = value.first().is_some_and(opens) && value.len() < 4;
    if is_literal || says_nothing(value) {
        return false;
    }
    let has_digit = value.iter().any(u8::is_ascii_digit);
    let is_number = value.iter().all(u8::is_ascii_digit);
    match (word, joint) {
        (Word::Password | Word::Secret, Joint::Equals) => true,
        (Word::Password | Word::Secret, Joint::Colon | Joint::Space) => {
            value.len() >= 4 || has_digit
        }
        (Word::Token | Word::Key, Joint::Equals) => {
            value.len() >= 6 && (!is_number || value.len() >= 16)
        }
        (Word::Token | Word::Key, Joint::Colon | Joint::Space) => {
            value.len() >= 8 && (has_digit || value.len() >= 16) && !is_number
        }
    }
}

/// `$NAME`, `${NAME}`, `$(command)`, `{{ name }}`, `%s`.
fn is_variable(value: &[u8]) -> bool {
    match value {
        [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] | [b'%', _] => true,
        [b'$', name @ ..] => {
            !name.is_empty()
                && name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        }
        _ => false,
    }
}

/// `<your password>`, `[REDACTED]`.
fn is_bracketed(value: &[u8]) -> bool {
    let inner = match value {
        [b'<', inner @ .., b'>'] | [b'[', inner @ .., b']'] => inner,
        _ => return false,
    };
    inner.iter().all(|byte| byte.is_ascii_alphabetic() || b" _-".contains(byte))
}
