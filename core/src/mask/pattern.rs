//! Patterns that users add.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use regex::bytes::Regex;

use super::Span;

/// A regular expression whose matches are masked as well: of its first group where it has groups,
/// else of all of it.
///
/// The syntax is that of the crate [`regex`](https://docs.rs/regex/latest/regex/#syntax): without
/// look-around and back references, and so in time linear in the text for each match.
///
/// ```
/// use runlog_core::mask::{Masker, Pattern};
///
/// let masker = Masker::new(vec![r"badge (\d{6})".parse::<Pattern>()?]);
/// assert_eq!(masker.text("badge 123456 seen"), "badge [masked: pattern] seen");
/// # Ok::<(), runlog_core::mask::InvalidPattern>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern(Arc<dyn Find>);

/// What finds the matches: behind a trait, so that a program that makes no pattern, as the module of a
/// page, is built without regular expressions.
trait Find: fmt::Debug + Send + Sync {
    /// Adds what matches.
    fn find(&self, text: &[u8], spans: &mut Vec<Span>);
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidPattern {
    /// What is wrong with it, in one line.
    pub reason: String,
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let regex = Regex::new(text).map_err(|error| InvalidPattern { reason: brief(&error) })?;
        if regex.is_match(b"") {
            return Err(InvalidPattern { reason: "it matches the empty text".to_owned() });
        }
        Ok(Self(Arc::new(regex)))
    }
}

/// The last line of an error tells what; those before it draw where.
fn brief(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

impl Pattern {
    /// Adds what it matches.
    pub(super) fn find(&self, text: &[u8], spans: &mut Vec<Span>) {
        self.0.find(text, spans);
    }
}

impl Find for Regex {
    fn find(&self, text: &[u8], spans: &mut Vec<Span>) {
        let what = "pattern";
        if self.captures_len() == 1 {
            let found = self.find_iter(text);
            spans.extend(found.map(|m| Span { start: m.start(), end: m.end(), what }));
            return;
        }
        for found in self.captures_iter(text) {
            if let Some(group) = found.get(1).or_else(|| found.get(0)) {
                spans.push(Span { start: group.start(), end: group.end(), what });
            }
        }
    }
}
