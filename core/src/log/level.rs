//! Levels of raw lines.

use super::Level;

/// How far into a line a level word is looked for, in bytes.
const LOOK_AT: usize = 96;

/// The level that a raw line names, if it names one.
///
/// A level is an upper-case word of its own (`ERROR`, `WARN`, `INFO` … as most logging libraries
/// print it), `level=error`, `"level":"error"`, or the first word before a colon in any case
/// (`error: …`, `warning: …`, as compilers print it), within the first 96 bytes.
///
/// ```
/// use runlog_core::log::{Level, detect_level};
///
/// assert_eq!(detect_level(b"2026-01-02T03:04:05Z  WARN pool: slow"), Some(Level::Warn));
/// assert_eq!(detect_level(b"error[E0308]: mismatched types"), Some(Level::Error));
/// assert_eq!(detect_level(b"no errors found"), None);
/// ```
pub fn detect_level(line: &[u8]) -> Option<Level> {
    let head = &line[..line.len().min(LOOK_AT)];
    let mut first = true;
    let mut at = 0;
    while at < head.len() {
        if !head[at].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let end = head[at..].iter().position(|b| !is_word(*b)).map_or(head.len(), |n| at + n);
        if let Some(level) = level_of(&head[at..end]) {
            let upper = head[at..end].iter().all(u8::is_ascii_uppercase);
            if upper || assigned(&head[..at]) || (first && ends_label(&head[end..])) {
                return Some(level);
            }
        }
        first = false;
        at = end;
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn level_of(word: &[u8]) -> Option<Level> {
    const WORDS: [(&[u8], Level); 11] = [
        (b"error", Level::Error),
        (b"err", Level::Error),
        (b"fatal", Level::Error),
        (b"critical", Level::Error),
        (b"panic", Level::Error),
        (b"warning", Level::Warn),
        (b"warn", Level::Warn),
        (b"info", Level::Info),
        (b"notice", Level::Info),
        (b"debug", Level::Debug),
        (b"trace", Level::Trace),
    ];
    if !(3..=8).contains(&word.len()) {
        return None;
    }
    WORDS.iter().find(|(text, _)| word.eq_ignore_ascii_case(text)).map(|(_, level)| *level)
}

/// Whether the text ends as `level=` or `"level":"` does.
fn assigned(before: &[u8]) -> bool {
    let trimmed = before.trim_ascii_end();
    let key = trimmed.strip_suffix(b"\"").unwrap_or(trimmed).trim_ascii_end();
    let Some(key) = key.strip_suffix(b"=").or_else(|| key.strip_suffix(b":")) else {
        return false;
    };
    let key = key.trim_ascii_end();
    let key = key.strip_suffix(b"\"").unwrap_or(key);
    [&b"level"[..], b"lvl", b"severity"].iter().any(|name| {
        key.len() >= name.len() && key[key.len() - name.len()..].eq_ignore_ascii_case(name)
    })
}

/// Whether what follows the first word makes it a label: `:`, or `[code]:`.
fn ends_label(after: &[u8]) -> bool {
    match after.first() {
        Some(b':') => true,
        Some(b'[') => after.windows(2).any(|pair| pair == b"]:"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_common_loggers() {
        let cases: [(&str, Option<Level>); 12] = [
            ("ERROR something", Some(Level::Error)),
            ("[INFO] started", Some(Level::Info)),
            ("2026-01-01 00:00:00,123 DEBUG root: x", Some(Level::Debug)),
            ("time=x level=warn msg=y", Some(Level::Warn)),
            ("{\"ts\":1,\"level\":\"error\"}", Some(Level::Error)),
            ("warning: unused variable", Some(Level::Warn)),
            ("error: linking failed", Some(Level::Error)),
            ("FATAL: no space", Some(Level::Error)),
            ("the error is here", None),
            ("information", None),
            ("INFORMATION", None),
            ("", None),
        ];
        for (line, level) in cases {
            assert_eq!(detect_level(line.as_bytes()), level, "{line}");
        }
    }
}
