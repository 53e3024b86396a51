//! A log as people read it.

use std::borrow::Cow;
use std::io::{self, Write};

use runlog::log::{Gap, GapReason, LineRef, Stream};
use runlog::process::EVENT_PREFIX;
use serde_json::Value as Json;

use super::Printer;
use crate::context::{DIM, say};
use crate::text::when;

/// Prints lines as text.
pub(super) struct Text<W> {
    out: W,
    waiting: Vec<u8>,
    raw: bool,
    with_time: bool,
    /// The stream of a long line that goes on with its next piece.
    open: Option<Stream>,
    /// The first bytes of a character that the end of a piece has cut.
    cut: Vec<u8>,
    /// The program may have left a colour or another attribute on.
    has_escapes: bool,
}

impl<W: Write> Text<W> {
    /// For people.
    pub(super) fn new(out: W, with_time: bool) -> Self {
        Self {
            out,
            waiting: Vec::new(),
            raw: false,
            with_time,
            open: None,
            cut: Vec::new(),
            has_escapes: false,
        }
    }

    /// Byte for byte as the program printed it.
    pub(super) fn raw(out: W) -> Self {
        Self { raw: true, ..Self::new(out, false) }
    }

    fn end_open_line(&mut self) {
        if self.open.take().is_some() {
            self.push_cut();
            self.waiting.push(b'\n');
        }
    }

    fn push_cut(&mut self) {
        if !self.cut.is_empty() {
            self.cut.clear();
            self.waiting.extend_from_slice("\u{fffd}".as_bytes());
        }
    }

    fn push_time(&mut self, line: &LineRef<'_>) {
        if self.with_time {
            let time = when::time_of_day(line.time);
            self.waiting.extend_from_slice(format!("{DIM}{time}{DIM:#} ").as_bytes());
        }
    }

    fn push_event(&mut self, json: &[u8]) {
        if self.raw {
            self.waiting.extend_from_slice(EVENT_PREFIX.as_bytes());
            self.waiting.extend_from_slice(json);
        } else {
            self.waiting.extend_from_slice(event_text(json).as_bytes());
        }
    }

    fn push_text(&mut self, bytes: &[u8], continued: bool) {
        if self.raw {
            return self.waiting.extend_from_slice(bytes);
        }
        self.has_escapes |= bytes.contains(&0x1b);
        let joined: Cow<'_, [u8]> = if self.cut.is_empty() {
            Cow::Borrowed(bytes)
        } else {
            let mut joined = std::mem::take(&mut self.cut);
            joined.extend_from_slice(bytes);
            Cow::Owned(joined)
        };
        let whole = joined.len() - if continued { cut_len(&joined) } else { 0 };
        self.waiting.extend_from_slice(String::from_utf8_lossy(&joined[..whole]).as_bytes());
        self.cut.extend_from_slice(&joined[whole..]);
    }
}

impl<W: Write> Printer for Text<W> {
    fn line(&mut self, _: u64, line: &LineRef<'_>) {
        let goes_on = self.open == Some(line.stream);
        if !goes_on {
            self.end_open_line();
            self.push_time(line);
        }
        if line.stream == Stream::Event {
            self.push_event(line.bytes);
        } else {
            self.push_text(line.bytes, line.continued);
        }
        self.open = Some(line.stream);
        if !line.continued {
            self.end_open_line();
        }
    }

    fn gap(&mut self, first: u64, gap: &Gap) {
        self.end_open_line();
        // What stands before the gap comes before what is said about it.
        if self.flush().is_ok() {
            let why = match gap.reason {
                GapReason::Limit => "the log is larger than what is kept of one",
                GapReason::Queue => "they came faster than they could be recorded",
                _ => "dropped",
            };
            say(format_args!("{DIM}… lines {first} to {} are gone: {why}{DIM:#}", gap.last));
        }
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.waiting).and_then(|()| self.out.flush());
        self.waiting.clear();
        written
    }

    fn end(&mut self) -> io::Result<()> {
        self.end_open_line();
        if self.has_escapes {
            self.waiting.extend_from_slice(format!("{}", anstyle::Reset.render()).as_bytes());
        }
        self.flush()
    }
}

/// How many bytes at the end begin a character that is not complete.
fn cut_len(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last().map(|chunk| chunk.invalid()).unwrap_or_default();
    let incomplete = std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
    if incomplete { last.len() } else { 0 }
}

/// An event on one line: its type, then its members.
fn event_text(json: &[u8]) -> String {
    let Ok(Json::Object(mut members)) = serde_json::from_slice(json) else {
        return format!("@ {}", String::from_utf8_lossy(json));
    };
    let kind = match members.remove("type") {
        Some(Json::String(kind)) => kind,
        Some(other) => other.to_string(),
        None => "event".to_owned(),
    };
    let mut text = format!("{DIM}@{DIM:#} {}", crate::text::plain::plain(&kind));
    for (name, value) in members {
        let value = match value {
            Json::String(text) if is_word(&text) => text,
            other => other.to_string(),
        };
        text.push_str(&format!(" {DIM}{}={DIM:#}{value}", crate::text::plain::plain(&name)));
    }
    text
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./:+%".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use runlog::time::Timestamp;

    fn printed(raw: bool, lines: &[(Stream, &[u8], bool)]) -> Vec<u8> {
        let mut text = if raw { Text::raw(Vec::new()) } else { Text::new(Vec::new(), false) };
        for (stream, bytes, continued) in lines {
            let (stream, continued) = (*stream, *continued);
            let time = Timestamp::default();
            text.line(1, &LineRef { time, stream, level: None, continued, bytes });
        }
        text.end().unwrap();
        text.out
    }

    #[test]
    fn a_long_line_is_one_line_and_no_character_is_cut() {
        let out = Stream::Stdout;
        let pieces: [(Stream, &[u8], bool); 2] =
            [(out, b"a\xe2\x82", true), (out, b"\xac!", false)];
        assert_eq!(printed(false, &pieces), "a€!\n".as_bytes());
        assert_eq!(printed(true, &pieces), "a€!\n".as_bytes());
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_unless_raw() {
        let lines: [(Stream, &[u8], bool); 2] =
            [(Stream::Stdout, b"\xff\xe2", true), (Stream::Stderr, b"x", false)];
        assert_eq!(printed(false, &lines), "\u{fffd}\u{fffd}\nx\n".as_bytes());
        assert_eq!(printed(true, &lines), b"\xff\xe2\nx\n");
    }

    #[test]
    fn an_event_is_its_type_and_members() {
        let json: &[u8] = br#"{"type":"task_completed","task":"build all","percent":40}"#;
        let shown = printed(false, &[(Stream::Event, json, false)]);
        let shown = anstream::adapter::strip_bytes(&shown).into_vec();
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            "@ task_completed percent=40 task=\"build all\"\n"
        );
        assert!(printed(true, &[(Stream::Event, json, false)]).starts_with(b"@runlog {"));
    }
}
