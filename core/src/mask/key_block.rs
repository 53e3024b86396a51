//! PEM blocks with private keys, in one text or over several lines of a log.

use super::Span;
use super::tokens::run;

/// What a private key becomes.
pub(super) const WHAT: &str = "private key";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Longest label between the dashes.
const LABEL_BYTES_MAX: usize = 64;

/// A private key that begins at `start`, to its end marker. Where there is none, what follows the
/// marker as far as it may be part of a key, and `true`: the block goes on in the next line.
pub(super) fn at(text: &[u8], start: usize, end_search: &mut EndSearch) -> Option<(Span, bool)> {
    let body = marker_end(text, start + BEGIN.len())?;
    if let Some(end) = end_search.from(text, body) {
        return Some((Span { start, end, what: WHAT }, false));
    }
    let end = body + run(&text[body..], |byte| is_body(byte) || matches!(byte, b'\n' | b'\r'));
    Some((Span { start, end, what: WHAT }, end == text.len()))
}

/// Where a marker ends whose label begins at `at`, if it names a private key.
fn marker_end(text: &[u8], at: usize) -> Option<usize> {
    let label = &text[at..text.len().min(at + LABEL_BYTES_MAX)];
    let length = run(label, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    let label = &label[..length];
    let is_key = label.ends_with(b"PRIVATE KEY") || label.ends_with(b"PRIVATE KEY BLOCK");
    (is_key && text[at + length..].starts_with(DASHES)).then_some(at + length + DASHES.len())
}

/// Looks for end markers so that no part of the text is searched twice.
#[derive(Default)]
pub(super) struct EndSearch {
    /// Up to where there is none.
    none_before: usize,
}

impl EndSearch {
    fn from(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let mut at = from.max(self.none_before);
        while let Some(found) = find_end(&text[at..]) {
            if let Some(end) = marker_end(text, at + found + END.len()) {
                self.none_before = at + found;
                return Some(end);
            }
            at += found + END.len();
        }
        self.none_before = text.len();
        None
    }
}

fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\')
}

fn find_end(text: &[u8]) -> Option<usize> {
    // Keys hold no dash, so this is as fast as a search for all of it.
    memchr::memchr_iter(b'-', text).find(|&at| text[at..].starts_with(END))
}

/// A block whose end has not come yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// What the log puts before each line of the block.
    indent: usize,
    lines_left: u32,
}

/// Lines of the largest keys in use, thrice.
const LINES_MAX: u32 = 1_000;
/// Least bytes of a line's last word that are part of a key, where it stands behind something else.
const WORD_BYTES: usize = 16;

impl Open {
    pub(super) const fn new(indent: usize) -> Self {
        Self { indent, lines_left: LINES_MAX }
    }

    /// What of a line is part of the block, and the block if it goes on. A line that cannot be part
    /// of one ends it, so that a lone begin marker hides nothing else.
    pub(super) fn line(mut self, line: &[u8]) -> (Option<Span>, Option<Self>) {
        let indent = self.indent.min(line.len());
        if let Some(found) = find_end(line) {
            let end = marker_end(line, found + END.len()).unwrap_or(line.len());
            return (Some(Span { start: indent.min(found), end, what: WHAT }), None);
        }
        self.lines_left -= 1;
        let still = (self.lines_left > 0).then_some(self);
        let text = line.trim_ascii_end();
        if text.len() <= indent || is_header(&line[indent..]) {
            return (None, still);
        }
        let body = &text[indent..];
        let start = match body.iter().all(|&byte| is_body(byte)) {
            true => indent,
            false => {
                let word = body.iter().rev().take_while(|&&byte| is_body(byte)).count();
                if word < WORD_BYTES {
                    return (None, None);
                }
                text.len() - word
            }
        };
        (Some(Span { start, end: text.len(), what: WHAT }), still)
    }
}

/// What may stand between a begin marker and the key.
fn is_header(line: &[u8]) -> bool {
    const HEADERS: [&[u8]; 5] = [b"Proc-Type:", b"DEK-Info:", b"Comment:", b"Version:", b"Hash:"];
    HEADERS.iter().any(|header| line.starts_with(header))
}
