//! Names that say that a value is a secret.

use super::anchors::{self, Anchor, Word};
use super::tokens::run;

/// Longest rest of a name behind the word that makes it one of a secret, and longest way back to
/// where it begins: what keeps the search linear.
pub(super) const NAME_BYTES_MAX: usize = 64;

/// What makes a `key` a secret, when it stands before it.
const KEY_OWNERS: [&str; 20] = [
    "api",
    "access",
    "private",
    "secret",
    "encryption",
    "signing",
    "auth",
    "account",
    "master",
    "session",
    "service",
    "ssh",
    "deploy",
    "subscription",
    "shared",
    "client",
    "admin",
    "crypt",
    "license",
    "storage",
];

/// Behind the word these make the name one of something about the secret.
const ABOUT: [&str; 47] = [
    "age",
    "arn",
    "budget",
    "count",
    "dir",
    "enabled",
    "endpoint",
    "env",
    "expiration",
    "expired",
    "expires",
    "expiry",
    "field",
    "file",
    "format",
    "hint",
    "id",
    "ids",
    "index",
    "info",
    "len",
    "length",
    "limit",
    "manager",
    "max",
    "min",
    "name",
    "names",
    "path",
    "policy",
    "prompt",
    "provider",
    "ref",
    "required",
    "reset",
    "rotation",
    "size",
    "source",
    "stdin",
    "store",
    "strength",
    "ttl",
    "type",
    "uri",
    "url",
    "usage",
    "version",
];

/// What a value under this name is, where the name says that it is a secret.
pub(super) fn secret_name(name: &[u8]) -> Option<&'static str> {
    let mut from = 0;
    while let Some((anchor, start, end)) = anchors::next(name, from) {
        match anchor {
            Anchor::Name(word) if name_end(name, word, start, end) == Some(name.len()) => {
                return Some(word.what());
            }
            Anchor::Authorization if end == name.len() => return Some("authorization"),
            _ => {}
        }
        from = start + 1;
    }
    None
}

/// Where a name of a secret ends whose word stands at `start..end`; `None` where it is none.
pub(super) fn name_end(text: &[u8], word: Word, start: usize, end: usize) -> Option<usize> {
    if word == Word::Key && !has_owner(&text[..start]) {
        return None;
    }
    let tail = &text[end..text.len().min(end + NAME_BYTES_MAX)];
    let length = run(tail, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let tail = &tail[..length];
    if length == NAME_BYTES_MAX {
        return None;
    }
    let goes_on = match tail.first() {
        None => return Some(end),
        Some(b'_' | b'-') => true,
        Some(byte) if byte.is_ascii_digit() => true,
        // `tokenUrl`, but neither `tokens` nor `TOKENS`.
        Some(byte) => byte.is_ascii_uppercase() && text[end - 1].is_ascii_lowercase(),
    };
    (goes_on && !parts(tail).any(is_about)).then_some(end + length)
}

fn has_owner(before: &[u8]) -> bool {
    let before = match before.split_last() {
        Some((b'_' | b'-' | b'.' | b' ', rest)) => rest,
        _ => before,
    };
    KEY_OWNERS.iter().any(|owner| {
        let at = before.len().checked_sub(owner.len());
        at.is_some_and(|at| before[at..].eq_ignore_ascii_case(owner.as_bytes()))
    })
}

fn is_about(part: &[u8]) -> bool {
    ABOUT.iter().any(|about| part.eq_ignore_ascii_case(about.as_bytes()))
}

/// The words of `_LIKE_this` and of `LikeThis`.
fn parts(tail: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = tail.split(|byte| matches!(byte, b'_' | b'-'));
    words.flat_map(|word| {
        let camel = word.iter().any(u8::is_ascii_lowercase);
        word.chunk_by(move |_, next| !(camel && next.is_ascii_uppercase()))
    })
}
