//! Secrets are masked before they are written.
//!
//! A [`Masker`] replaces what looks like a secret by a text that says what stood there, such as
//! `[masked: github token]`. It keeps neither a part of the secret nor its length. Masking a masked
//! text changes nothing.
//!
//! # Where it stands
//!
//! [`History`](crate::history::History) holds the masker of its device and applies it where a row
//! or a log is written on this device's own word: at a start, where params and attributes are
//! replaced, where lines are appended, and at an import. So every surface has it and none can forget
//! it; what it masks never reaches an index, a log piece, a hash or another device. What other devices
//! have written is merged as it is: two devices must hold the same.
//!
//! # What is masked
//!
//! - Tokens known by their looks: AWS access keys, GitHub, GitLab, Slack, Stripe, OpenAI, Anthropic,
//!   Google, npm, PyPI, Hugging Face, JSON web tokens, bearer tokens.
//! - Private keys in PEM form, also over several lines.
//! - Passwords in URLs, credentials of `Authorization` headers.
//! - Values whose name says secret: `DB_PASSWORD=…`, `--token …`, `api_key: …`, `"secret": "…"`.
//!   What such names commonly hold beside secrets (`null`, `$TOKEN`, `<password>`) stays.
//! - What the user's own [`Pattern`]s match.
//!
//! A secret that neither looks like one nor has a name that says so is not found.
//!
//! # Cost
//!
//! One pass finds the few literals of which every known secret has one; where there is
//! none, that is all. Everything else is linear in the text as well: each rule reads no byte twice,
//! or looks at a bounded number of them.

mod anchors;
mod argv;
mod assignment;
mod json;
mod key_block;
mod lines;
mod names;
mod pattern;
mod tokens;
mod values;

use std::borrow::Cow;
use std::sync::Arc;

use crate::order;

pub(crate) use lines::LineMasks;
pub use pattern::{InvalidPattern, Pattern};

use anchors::Anchor;

/// What every mask begins with.
const MASK_BEGIN: &str = "[masked: ";
/// Longest name of what was masked.
const WHAT_BYTES_MAX: usize = 32;

/// Replaces secrets. Cheap to clone.
///
/// ```
/// use runlog_core::mask::Masker;
///
/// let masker = Masker::default();
/// assert_eq!(masker.text("login --password hunter2"), "login --password [masked: password]");
/// assert_eq!(masker.json(r#"{"api_key":"abc","n":1}"#), r#"{"api_key":"[masked: key]","n":1}"#);
/// assert_eq!(masker.text("nothing to see"), "nothing to see");
/// assert_eq!(Masker::off().text("password=hunter2"), "password=hunter2");
/// ```
#[derive(Clone, Debug)]
pub struct Masker {
    /// The user's patterns; `None` where nothing is masked.
    patterns: Option<Arc<[Pattern]>>,
}

/// Masks what is known to be secret.
impl Default for Masker {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Masker {
    /// Masks what is known to be secret, and what the patterns match.
    pub fn new(patterns: Vec<Pattern>) -> Self {
        Self { patterns: Some(patterns.into()) }
    }

    /// Masks nothing.
    pub const fn off() -> Self {
        Self { patterns: None }
    }

    /// Whether it masks.
    pub const fn is_on(&self) -> bool {
        self.patterns.is_some()
    }

    /// Masks a text.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.replaced(text).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Masks within the strings of a JSON text, by their content and by the names that they stand
    /// under, and leaves every other byte as it is.
    pub fn json<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let masked = if self.is_on() { json::mask(self, text) } else { None };
        masked.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Masks the words of a command line, the value behind `--password` included.
    pub fn argv<'a>(&self, words: &'a [String]) -> Cow<'a, [String]> {
        let masked = if self.is_on() { argv::mask(self, words) } else { None };
        masked.map_or(Cow::Borrowed(words), Cow::Owned)
    }

    /// The user's patterns.
    fn patterns(&self) -> &[Pattern] {
        self.patterns.as_deref().unwrap_or_default()
    }

    /// The masked text, where there is something to mask. What stood right behind a secret may be
    /// seen to be one only once that is masked, so it is looked at again.
    fn replaced(&self, text: &str) -> Option<String> {
        const LOOKED_AT_AGAIN_MAX: usize = 4;
        let mut masked = self.replaced_once(text)?;
        for _ in 0..LOOKED_AT_AGAIN_MAX {
            match self.replaced_once(&masked) {
                Some(again) if again != masked => masked = again,
                _ => break,
            }
        }
        Some(masked)
    }

    fn replaced_once(&self, text: &str) -> Option<String> {
        let found = self.find(text.as_bytes());
        let bytes = found.replace(text.as_bytes())?;
        // A pattern may ask for bytes within a character.
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// The secrets of a text.
    fn find(&self, text: &[u8]) -> Found {
        let mut found = Found::default();
        if !self.is_on() {
            return found;
        }
        let masks = found.scan(text);
        let known = found.spans.len();
        self.patterns().iter().for_each(|pattern| pattern.find(text, &mut found.spans));
        let mut index = 0;
        // What is masked is not masked again.
        found.spans.retain(|span| {
            index += 1;
            let is_new = |mask: &Span| span.end <= mask.start || mask.end <= span.start;
            index <= known || (span.start < span.end && masks.iter().all(is_new))
        });
        found.join();
        found
    }
}

/// A secret in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    what: &'static str,
}

/// The secrets of a text.
#[derive(Debug, Default)]
struct Found {
    /// In order, apart from each other.
    spans: Vec<Span>,
    /// Where a private key begins that goes on behind the text.
    open_block: Option<usize>,
}

impl Found {
    /// Finds what is known to be secret. Says what is masked already.
    fn scan(&mut self, text: &[u8]) -> Vec<Span> {
        let mut masks = Vec::new();
        let mut block_ends = key_block::EndSearch::default();
        let mut from = 0;
        while let Some(hit) = anchors::next(text, from) {
            from = match hit {
                (Anchor::Masked, start, end) => match mask_length(&text[start..]) {
                    Some(length) => {
                        masks.push(Span { start, end: start + length, what: "" });
                        start + length
                    }
                    None => end,
                },
                hit => self.look(text, hit, &mut block_ends),
            };
        }
        masks
    }

    /// Adds the secret of which a literal is part, if it is. Says from where to go on.
    fn look(
        &mut self,
        text: &[u8],
        (anchor, start, end): (Anchor, usize, usize),
        block_ends: &mut key_block::EndSearch,
    ) -> usize {
        let span = match anchor {
            Anchor::Token(index) => tokens::SHAPES[index].at(text, start, end),
            Anchor::Jwt => tokens::jwt(text, start),
            Anchor::Bearer => tokens::bearer(text, end),
            Anchor::Name(word) => names::name_end(text, word, start, end)
                .and_then(|name_end| assignment::value(text, word, start..end, name_end)),
            Anchor::Authorization => assignment::authorization(text, end),
            Anchor::KeyBlock => key_block::at(text, start, block_ends).map(|(span, is_open)| {
                self.open_block = is_open.then_some(start);
                span
            }),
            Anchor::Url => {
                // The user before the password may be a token.
                self.spans.extend(tokens::url_password(text, end));
                return end;
            }
            Anchor::Masked => None,
        };
        let Some(span) = span else { return start + 1 };
        self.spans.push(span);
        span.end
    }

    /// Orders the spans, and makes one of those that overlap.
    fn join(&mut self) {
        order::sort_by_key(&mut self.spans, |span| span.start);
        self.spans.dedup_by(|next, before| {
            let overlaps = next.start < before.end;
            if overlaps {
                before.end = before.end.max(next.end);
            }
            overlaps
        });
    }

    /// The text with masks in place of the secrets; `None` where it has none.
    fn replace(&self, text: &[u8]) -> Option<Vec<u8>> {
        if self.spans.is_empty() {
            return None;
        }
        let mut masked = Vec::with_capacity(text.len() + 32);
        let mut copied = 0;
        for span in &self.spans {
            masked.extend_from_slice(&text[copied..span.start]);
            push_mask(&mut masked, span.what);
            copied = span.end;
        }
        masked.extend_from_slice(&text[copied..]);
        Some(masked)
    }
}

fn push_mask(into: &mut Vec<u8>, what: &str) {
    into.extend_from_slice(MASK_BEGIN.as_bytes());
    into.extend_from_slice(what.as_bytes());
    into.push(b']');
}

fn mask_of(what: &str) -> String {
    format!("{MASK_BEGIN}{what}]")
}

/// The length of the mask with which a text begins.
fn mask_length(text: &[u8]) -> Option<usize> {
    let what = text.strip_prefix(MASK_BEGIN.as_bytes())?;
    let what = &what[..what.len().min(WHAT_BYTES_MAX + 1)];
    let length = tokens::run(what, |byte| byte.is_ascii_lowercase() || byte == b' ');
    (what.get(length) == Some(&b']')).then_some(MASK_BEGIN.len() + length + 1)
}

/// Whether a value is a mask and nothing else.
fn is_mask(value: &[u8]) -> bool {
    mask_length(value) == Some(value.len())
}

#[cfg(test)]
mod tests;
