//! Masking within the strings of a JSON text, which stays as it is otherwise.

use serde_json::Value as Json;

use super::names::secret_name;
use super::tokens::run;
use super::{Masker, is_mask, mask_of, values};
use crate::json;

/// The text with its secrets masked; `None` where it has none.
pub(super) fn mask(masker: &Masker, text: &str) -> Option<String> {
    let out = String::new();
    let mut walk = Walk { masker, text, out, copied: 0, depth: 0, named: None, within: None };
    walk.run();
    if walk.out.is_empty() {
        return None;
    }
    walk.out.push_str(&text[walk.copied..]);
    Some(walk.out)
}

struct Walk<'a> {
    masker: &'a Masker,
    text: &'a str,
    /// What was rewritten, up to the byte `copied` of the text.
    out: String,
    copied: usize,
    depth: usize,
    /// What the name before a value says of it.
    named: Option<&'static str>,
    /// Everything within a value of that depth is a secret.
    within: Option<(usize, &'static str)>,
}

impl Walk<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = match byte {
                b'"' => self.string(at),
                b'{' | b'[' => {
                    if let (Some(what), None) = (self.named.take(), self.within) {
                        self.within = Some((self.depth, what));
                    }
                    self.depth += 1;
                    at + 1
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.within = self.within.filter(|(depth, _)| *depth < self.depth);
                    self.named = None;
                    at + 1
                }
                b',' => {
                    self.named = None;
                    at + 1
                }
                b'-' | b'0'..=b'9' => self.number(at),
                _ => at + 1,
            };
        }
    }

    fn secret(&self) -> Option<&'static str> {
        self.named.or(self.within.map(|(_, what)| what))
    }

    /// The string that begins at `start`; says where it ends.
    fn string(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while let Some(&byte) = bytes.get(end) {
            end += match byte {
                b'\\' => 2,
                b'"' => break,
                _ => 1,
            };
        }
        if end >= bytes.len() {
            return bytes.len();
        }
        let (raw, after) = (&self.text[start + 1..end], end + 1);
        let decoded = match raw.contains('\\') {
            true => serde_json::from_str(&self.text[start..after]).unwrap_or_default(),
            false => Json::Null,
        };
        let content = decoded.as_str().unwrap_or(raw);
        let space = run(&bytes[after..], |byte| byte.is_ascii_whitespace());
        let is_name = bytes.get(after + space) == Some(&b':');
        let masked = match self.secret() {
            Some(what) if !is_name => {
                let value = content.as_bytes();
                let shown = value.is_empty() || is_mask(value) || values::says_nothing(value);
                (!shown).then(|| mask_of(what))
            }
            _ => self.masker.replaced(content),
        };
        if is_name {
            self.named = secret_name(content.as_bytes());
        }
        if let Some(masked) = masked {
            self.replace(start, after, &json::text(&Json::from(masked)));
        }
        after
    }

    /// A number that is a secret becomes a string. Of a token it is a count as a rule.
    fn number(&mut self, start: usize) -> usize {
        let is_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
        let end = start + run(&self.text.as_bytes()[start..], is_number);
        if let Some(what @ ("password" | "secret")) = self.secret() {
            self.replace(start, end, &format!("\"{}\"", mask_of(what)));
        }
        end
    }

    fn replace(&mut self, start: usize, end: usize, by: &str) {
        self.out.push_str(&self.text[self.copied..start]);
        self.out.push_str(by);
        self.copied = end;
    }
}
