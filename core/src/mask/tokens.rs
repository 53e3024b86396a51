//! Tokens that are known by how they look.

use super::Span;

/// A token: a prefix that its issuer gave it, then letters and digits.
pub(super) struct Shape {
    pub(super) prefix: &'static str,
    /// What may follow beside ASCII letters and digits.
    also: &'static [u8],
    /// How many bytes follow at least.
    least: usize,
    what: &'static str,
}

const fn shape(
    prefix: &'static str,
    also: &'static [u8],
    least: usize,
    what: &'static str,
) -> Shape {
    Shape { prefix, also, least, what }
}

/// Lengths are those that the issuers document, or somewhat less. Of two prefixes of which one
/// begins with the other, the longer one comes first.
pub(super) const SHAPES: [Shape; 28] = [
    shape("AKIA", b"", 16, "aws access key"),
    shape("ASIA", b"", 16, "aws access key"),
    shape("ghp_", b"_", 30, "github token"),
    shape("gho_", b"_", 30, "github token"),
    shape("ghu_", b"_", 30, "github token"),
    shape("ghs_", b"_", 30, "github token"),
    shape("ghr_", b"_", 30, "github token"),
    shape("github_pat_", b"_", 40, "github token"),
    shape("glpat-", b"_-.", 20, "gitlab token"),
    shape("glrt-", b"_-.", 20, "gitlab token"),
    shape("xoxa-", b"-", 10, "slack token"),
    shape("xoxb-", b"-", 10, "slack token"),
    shape("xoxe-", b"-", 10, "slack token"),
    shape("xoxo-", b"-", 10, "slack token"),
    shape("xoxp-", b"-", 10, "slack token"),
    shape("xoxr-", b"-", 10, "slack token"),
    shape("xoxs-", b"-", 10, "slack token"),
    shape("xapp-", b"-", 10, "slack token"),
    shape("sk_live_", b"", 10, "stripe key"),
    shape("sk_test_", b"", 10, "stripe key"),
    shape("rk_live_", b"", 10, "stripe key"),
    shape("rk_test_", b"", 10, "stripe key"),
    shape("sk-ant-", b"_-", 16, "anthropic key"),
    shape("sk-", b"_-", 20, "api key"),
    shape("AIza", b"_-", 35, "google api key"),
    shape("npm_", b"", 36, "npm token"),
    shape("pypi-", b"_-", 50, "pypi token"),
    shape("hf_", b"", 30, "hugging face token"),
];

/// AWS access key ids have exactly this many bytes behind their prefix.
const AWS_BYTES: usize = 16;

impl Shape {
    fn holds(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || self.also.contains(&byte)
    }

    /// The token whose prefix stands at `start..end`.
    ///
    /// It must not go on from what stands before it. So no run of bytes is read more than once for
    /// a shape, whatever the text.
    pub(super) fn at(&self, text: &[u8], start: usize, end: usize) -> Option<Span> {
        if start > 0 && self.holds(text[start - 1]) {
            return None;
        }
        let run = run(&text[end..], |byte| self.holds(byte));
        // The end of a sentence.
        let run = run - text[end..end + run].iter().rev().take_while(|&&b| b == b'.').count();
        let body = &text[end..end + run];
        let is_aws = self.least == AWS_BYTES && self.prefix.len() == 4;
        let fits = match is_aws {
            true => {
                let upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                run == AWS_BYTES && body.iter().all(upper)
            }
            false => run >= self.least,
        };
        // A name of many words has no digit; a random token of 20 bytes has one in all likelihood.
        let random = self.prefix != "sk-" || body.iter().any(u8::is_ascii_digit);
        (fits && random).then_some(Span { start, end: end + run, what: self.what })
    }
}

/// Least bytes of the first two parts of a JSON web token.
const JWT_PART_BYTES: usize = 8;

/// A JSON web token that begins at `start`: three parts or more, of which the second is not short.
pub(super) fn jwt(text: &[u8], start: usize) -> Option<Span> {
    let holds = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if start > 0 && holds(text[start - 1]) {
        return None;
    }
    let mut end = start + run(&text[start..], holds);
    let mut parts = 1;
    let mut shortest = end - start;
    while text.get(end) == Some(&b'.') && (parts < 3 || shortest >= JWT_PART_BYTES) {
        let part = run(&text[end + 1..], holds);
        if parts < 2 {
            shortest = shortest.min(part);
        }
        if shortest < JWT_PART_BYTES || (part == 0 && parts > 2) {
            break;
        }
        end += 1 + part;
        parts += 1;
    }
    (parts >= 3 && shortest >= JWT_PART_BYTES).then_some(Span { start, end, what: "jwt" })
}

/// What follows `Bearer `: long, or with a digit, so that prose is no token.
pub(super) fn bearer(text: &[u8], end: usize) -> Option<Span> {
    let holds = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte);
    let length = run(&text[end..], holds);
    let value = &text[end..end + length];
    let random = value.iter().any(u8::is_ascii_digit) || length >= 24;
    (length >= 8 && random).then_some(Span { start: end, end: end + length, what: "bearer token" })
}

/// Longest user and password of a URL.
const USERINFO_BYTES_MAX: usize = 4096;

/// The password of a URL whose `://` ends at `end`.
pub(super) fn url_password(text: &[u8], end: usize) -> Option<Span> {
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"/?#\"'`<>".contains(&byte);
    let authority = &text[end..text.len().min(end + USERINFO_BYTES_MAX)];
    let authority = &authority[..run(authority, |byte| !ends(byte))];
    let at = authority.iter().rposition(|&byte| byte == b'@')?;
    let colon = authority[..at].iter().position(|&byte| byte == b':')?;
    let (start, end) = (end + colon + 1, end + at);
    (start < end && !super::is_mask(&text[start..end])).then_some(Span {
        start,
        end,
        what: "password",
    })
}

/// How many of the first bytes are such.
pub(super) fn run(text: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|&byte| !holds(byte)).unwrap_or(text.len())
}
