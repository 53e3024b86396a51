//! Values that stand under the name of a secret: `name=value`, `name: value`, `--name value`,
//! `"name": "value"`, `<name>value</name>`.

use std::ops::Range;

use super::anchors::Word;
use super::names::NAME_BYTES_MAX;
use super::tokens::run;
use super::{Span, is_mask, mask_length, values};

/// Spaces around a separator that are looked over.
const SPACES_MAX: usize = 8;
/// Backslashes before a quote: JSON within JSON within a shell's quotes.
const ESCAPES_MAX: usize = 7;

/// How a name and its value are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    Equals,
    Colon,
    /// Of an option: the next word.
    Space,
}

/// The value of a name that ends at `name_end`; the word that makes it one stands at `at_word`.
pub(super) fn value(
    text: &[u8],
    word: Word,
    at_word: Range<usize>,
    name_end: usize,
) -> Option<Span> {
    let (what, start) = (word.what(), at_word.start);
    if text.get(name_end) == Some(&b'>') && begins_with(text, start, b'<') {
        return element(text, name_end + 1, what);
    }
    let (joint, at) = joint(text, start, name_end)?;
    // `libsecret-common:amd64` names a package.
    let is_tight = text[name_end] == b':' && at == name_end + 1;
    if is_tight && at_word.end < name_end {
        return None;
    }
    if let Some((start, end)) = quoted(text, at) {
        let inner = &text[start..end];
        let shown = inner.is_empty() || values::says_nothing(inner) || is_mask(inner);
        return (!shown).then_some(Span { start, end, what });
    }
    let (at, end) = bare(text, at);
    let bare = &text[at..end];
    let shown = bare.is_empty() || mask_length(&text[at..]).is_some();
    let masks = !shown && values::is_plausible(bare, word, joint);
    masks.then_some(Span { start: at, end, what })
}

/// A value without quotes; of `Bearer VALUE` the second word.
fn bare(text: &[u8], start: usize) -> (usize, usize) {
    let end = bare_end(text, start);
    let is_scheme =
        ["bearer", "basic"].iter().any(|it| text[start..end].eq_ignore_ascii_case(it.as_bytes()));
    match is_scheme && text.get(end) == Some(&b' ') {
        true => (end + 1, bare_end(text, end + 1)),
        false => (start, end),
    }
}

/// The credentials of an `Authorization` header whose name ends at `name_end`.
pub(super) fn authorization(text: &[u8], name_end: usize) -> Option<Span> {
    const SCHEMES: [&str; 7] =
        ["basic", "bearer", "token", "apikey", "negotiate", "ntlm", "digest"];
    let what = "authorization";
    let (_, at) = joint(text, name_end, name_end)?;
    let (begin, limit) = quoted(text, at).unwrap_or((at, text.len()));
    let scheme = run(&text[begin..limit.min(begin + 16)], |byte| byte.is_ascii_alphanumeric());
    let word = &text[begin..begin + scheme];
    let known = SCHEMES.iter().find(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    let mut start = begin;
    if known.is_some() {
        start += scheme;
        start += run(&text[start..limit.min(start + SPACES_MAX)], |byte| byte == b' ');
    }
    // A digest is a list of fields.
    let end = match known {
        Some(&"digest") => start + run(&text[start..limit], |b| !matches!(b, b'"' | b'\n')),
        _ => bare_end(&text[..limit], start),
    };
    let value = &text[start..end];
    let random = known.is_some() || value.iter().any(u8::is_ascii_digit) || value.len() >= 16;
    let shown = value.len() < 6 || mask_length(&text[start..]).is_some();
    (random && !shown && !values::says_nothing(value)).then_some(Span { start, end, what })
}

/// Whether the name around `at` has this byte before it.
fn begins_with(text: &[u8], at: usize, byte: u8) -> bool {
    let before = &text[at.saturating_sub(NAME_BYTES_MAX)..at];
    let begin = before.iter().rposition(|&byte| !is_name(byte));
    begin.is_some_and(|begin| before[begin] == byte)
}

/// Whether the name around `at` is an option, `--like-this` or `-this`.
fn is_option(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(NAME_BYTES_MAX)..at];
    let begin = before.iter().rposition(|&byte| !is_name(byte)).map_or(0, |begin| begin + 1);
    let stands_alone = match begin.checked_sub(1) {
        Some(at) => before[at].is_ascii_whitespace() || matches!(before[at], b'"' | b'\'' | b'`'),
        None => before.len() < NAME_BYTES_MAX,
    };
    stands_alone && before.get(begin) == Some(&b'-')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// What joins a name to its value, and where that begins.
fn joint(text: &[u8], start: usize, name_end: usize) -> Option<(Joint, usize)> {
    let byte = |at: usize| text.get(at).copied();
    let spaces = |at: usize| {
        let rest = &text[at..text.len().min(at + SPACES_MAX)];
        at + run(rest, |byte| matches!(byte, b' ' | b'\t'))
    };
    // The quote that closes the name, and the bracket of `env["NAME"]`.
    let mut at = quote_at(text, name_end).map_or(name_end, |(_, inner)| inner);
    if at > name_end && byte(at) == Some(b']') {
        at += 1;
    }
    let behind = spaces(at);
    let (joint, after) = match (byte(behind)?, byte(behind + 1)) {
        (b'=', Some(b'=')) | (b':', Some(b':')) => return None,
        (b':', Some(b'=')) | (b'=', Some(b'>')) => (Joint::Equals, behind + 2),
        (b'=', _) => (Joint::Equals, behind + 1),
        (b':', _) => (Joint::Colon, behind + 1),
        (b'-', _) => return None,
        _ if behind > at && is_option(text, start) => (Joint::Space, behind),
        _ => return None,
    };
    Some((joint, spaces(after)))
}

/// A quote with the backslashes before it: where it begins and where what it quotes does.
fn quote_at(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let escapes = run(&text[at..text.len().min(at + ESCAPES_MAX)], |byte| byte == b'\\');
    let end = at + escapes + 1;
    matches!(text.get(end - 1), Some(b'"' | b'\'')).then(|| (&text[at..end], end))
}

/// What is quoted at `at`, to the end of the text where no quote closes it.
fn quoted(text: &[u8], at: usize) -> Option<(usize, usize)> {
    // Python's b"…" and r"…".
    let prefix = usize::from(matches!(text.get(at), Some(b'b' | b'r' | b'u' | b'f')));
    let (quote, start) = quote_at(text, at).or_else(|| {
        let prefixed = quote_at(text, at + prefix).filter(|(quote, _)| quote.len() == 1);
        prefixed.filter(|_| prefix > 0)
    })?;
    let mut from = start;
    let mark = quote[quote.len() - 1];
    while let Some(found) = text[from..].iter().position(|&byte| byte == mark) {
        let end = from + found;
        let escapes = text[start..end].iter().rev().take_while(|&&byte| byte == b'\\').count();
        // One that is escaped more often is part of what is quoted.
        if escapes == quote.len() - 1 || (quote.len() == 1 && escapes % 2 == 0) {
            return Some((start, end - (quote.len() - 1)));
        }
        if escapes < quote.len() - 1 {
            return Some((start, end - escapes));
        }
        from = end + 1;
    }
    Some((start, text.len()))
}

/// Where a value without quotes ends: at white space, a quote, or what closes or separates it.
pub(super) fn bare_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        let ends = match byte {
            b'"' | b'\'' | b'`' => true,
            b'\\' => matches!(text.get(at + 1), Some(b'"' | b'\'' | b'n' | b'r' | b't')),
            b'<' => text.get(at + 1) == Some(&b'/'),
            b',' | b';' | b'&' | b'|' => closes(text, at + 1) || names_next(text, at + 1),
            b')' | b']' | b'}' | b'>' => closes(text, at + 1),
            _ => byte.is_ascii_whitespace() || byte.is_ascii_control(),
        };
        if ends {
            break;
        }
        at += 1;
    }
    at
}

fn closes(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`)]}>,;\\".contains(byte))
}

/// Whether another `name=` or `"name":` follows, so that this is a list.
fn names_next(text: &[u8], at: usize) -> bool {
    let rest = &text[at..text.len().min(at + NAME_BYTES_MAX)];
    let length = run(rest, is_name);
    length > 0 && matches!(rest.get(length), Some(b'=' | b':'))
}

/// The text of an XML element that begins at `start`.
fn element(text: &[u8], start: usize, what: &'static str) -> Option<Span> {
    let end = start + run(&text[start..], |byte| byte != b'<');
    let inner = &text[start..end];
    let shown = inner.trim_ascii().is_empty() || is_mask(inner) || values::says_nothing(inner);
    (end < text.len() && !shown).then_some(Span { start, end, what })
}
