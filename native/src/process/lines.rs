use memchr::memchr;

use super::shown::Shown;
use super::{EVENT_BYTES_MAX, EVENT_PREFIX, Sink, Stream};

/// Cuts one stream into lines and pieces, and takes the structured events out of it.
///
/// Invariant: `partial` is empty exactly at the beginning of a line.
pub(super) struct Lines {
    stream: Stream,
    piece_bytes_max: usize,
    with_events: bool,
    on_terminal: bool,
    /// What is known of the current line and not yet reported.
    partial: Vec<u8>,
    /// `partial` is a line from its beginning that may be an event, and was not shown.
    held: bool,
}

impl Lines {
    pub(super) fn new(
        stream: Stream,
        piece_bytes_max: usize,
        with_events: bool,
        on_terminal: bool,
    ) -> Self {
        let partial = Vec::new();
        Self { stream, piece_bytes_max, with_events, on_terminal, partial, held: false }
    }

    /// Takes what was read, shows what is to be shown, and reports complete lines.
    pub(super) fn read(
        &mut self,
        block: &[u8],
        time_ms: i64,
        sink: &mut dyn Sink,
        shown: &mut Shown<'_>,
    ) {
        // Shown in runs as long as possible, not line by line.
        let mut shown_to = 0;
        let mut from = 0;
        while let Some(length) = newline_at(&block[from..]) {
            let to = from + length + 1;
            let at_start = self.partial.is_empty();
            if self.held || (self.with_events && at_start && may_be_event(&block[from..to])) {
                shown.show(&block[shown_to..from]);
                shown_to = to;
                self.hold(&block[from..to], time_ms, sink, shown);
            } else if at_start && length <= self.piece_bytes_max {
                let line = self.without_return(&block[from..to - 1]);
                sink.line(self.stream, time_ms, line, false);
            } else {
                self.line_part(&block[from..to - 1], time_ms, sink);
                self.last_piece(time_ms, sink);
            }
            from = to;
        }
        let rest = &block[from..];
        if self.held || (self.with_events && self.partial.is_empty() && may_be_event(rest)) {
            shown.show(&block[shown_to..from]);
            self.hold(rest, time_ms, sink, shown);
        } else {
            self.line_part(rest, time_ms, sink);
            shown.show(&block[shown_to..]);
        }
    }

    /// Reports a last line that has no newline. What was held of it is shown if it is no event.
    pub(super) fn end(&mut self, time_ms: i64, sink: &mut dyn Sink, shown: &mut Shown<'_>) {
        if self.held {
            self.decide(time_ms, sink, shown);
        }
        if !self.partial.is_empty() {
            self.last_piece(time_ms, sink);
        }
    }

    fn hold(&mut self, chunk: &[u8], time_ms: i64, sink: &mut dyn Sink, shown: &mut Shown<'_>) {
        self.held = true;
        self.partial.extend_from_slice(chunk);
        if self.partial.ends_with(b"\n") {
            self.decide(time_ms, sink, shown);
        } else if !may_be_event(&self.partial) {
            self.release(time_ms, sink, shown);
        }
    }

    /// The held line is complete: it is an event, or an ordinary line after all.
    fn decide(&mut self, time_ms: i64, sink: &mut dyn Sink, shown: &mut Shown<'_>) {
        let Some(json) = event(&self.partial) else {
            return self.release(time_ms, sink, shown);
        };
        sink.event(time_ms, json);
        self.partial.clear();
        self.held = false;
    }

    fn release(&mut self, time_ms: i64, sink: &mut dyn Sink, shown: &mut Shown<'_>) {
        self.held = false;
        let line = std::mem::take(&mut self.partial);
        shown.show(&line);
        match line.strip_suffix(b"\n") {
            Some(line) => {
                self.line_part(line, time_ms, sink);
                self.last_piece(time_ms, sink);
            }
            None => self.line_part(&line, time_ms, sink),
        }
    }

    /// Part of an ordinary line.
    fn line_part(&mut self, part: &[u8], time_ms: i64, sink: &mut dyn Sink) {
        let mut rest = part;
        // A full piece is reported only when the line is known to go on, so that the last piece
        // of a line never is an empty one.
        while self.partial.len() + rest.len() > self.piece_bytes_max {
            let (head, tail) = rest.split_at(self.piece_bytes_max - self.partial.len());
            if self.partial.is_empty() {
                sink.line(self.stream, time_ms, head, true);
            } else {
                self.partial.extend_from_slice(head);
                sink.line(self.stream, time_ms, &self.partial, true);
                self.partial.clear();
            }
            rest = tail;
        }
        self.partial.extend_from_slice(rest);
    }

    fn last_piece(&mut self, time_ms: i64, sink: &mut dyn Sink) {
        sink.line(self.stream, time_ms, self.without_return(&self.partial), false);
        self.partial.clear();
    }

    /// A terminal driver puts a carriage return before each newline; elsewhere it is content.
    fn without_return<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if self.on_terminal { line.strip_suffix(b"\r").unwrap_or(line) } else { line }
    }
}

/// Whether a line that begins like this can be, or become, an event.
fn may_be_event(beginning: &[u8]) -> bool {
    let prefix = EVENT_PREFIX.as_bytes();
    if beginning.first() != prefix.first() {
        return false;
    }
    let Some(json) = beginning.strip_prefix(prefix) else {
        return prefix.starts_with(beginning);
    };
    let first = json.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
    // Two more than the object may have, for the end of the line.
    json.len() <= EVENT_BYTES_MAX + 2 && first.is_none_or(|&byte| byte == b'{')
}

/// Where the first newline is. Most lines are short, and for those the call of `memchr` alone
/// would cost as much as all the rest that is done for a line.
fn newline_at(bytes: &[u8]) -> Option<usize> {
    const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, _) = bytes.as_chunks::<8>();
    for (at, &word) in words.iter().take(4).enumerate() {
        // The lowest byte of `zeros` that is not zero stands where the first zero of `word` is
        // (Mycroft's test; the bytes above it are not exact).
        let word = u64::from_le_bytes(word) ^ u64::from_ne_bytes([b'\n'; 8]);
        let zeros = word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS;
        if zeros != 0 {
            return Some(at * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let searched = bytes.len().min(32) / 8 * 8;
    memchr(b'\n', &bytes[searched..]).map(|at| searched + at)
}

/// The JSON text of a line that is an event.
///
/// It is parsed as the readers of the history will parse it, so that a nesting, number or escape
/// that they would stumble over makes it an ordinary line here.
fn event(line: &[u8]) -> Option<&str> {
    let json = line.strip_prefix(EVENT_PREFIX.as_bytes())?.trim_ascii();
    let json = std::str::from_utf8(json).ok().filter(|json| json.len() <= EVENT_BYTES_MAX)?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).ok()?;
    Some(json)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Seek};
    use std::os::fd::AsFd;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Reported {
        /// Lines with their newlines, pieces put together.
        lines: Vec<u8>,
        events: Vec<String>,
        piece_bytes_max: usize,
    }

    impl Sink for Reported {
        fn line(&mut self, _stream: Stream, _time_ms: i64, bytes: &[u8], continued: bool) {
            self.lines.extend_from_slice(bytes);
            if !continued {
                self.lines.push(b'\n');
            }
            self.piece_bytes_max = self.piece_bytes_max.max(bytes.len());
        }
        fn event(&mut self, _time_ms: i64, json: &str) {
            self.events.push(json.to_owned());
        }
    }

    fn read_in_blocks(bytes: &[u8], block_bytes: usize, file: &mut File) -> (Reported, Vec<u8>) {
        let mut reported = Reported::default();
        let mut shown = Shown::new(file.as_fd());
        let mut lines = Lines::new(Stream::Stderr, 5, true, false);
        for block in bytes.chunks(block_bytes) {
            lines.read(block, 0, &mut reported, &mut shown);
        }
        lines.end(0, &mut reported, &mut shown);
        let mut text = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut text)).expect("a file can be read");
        (reported, text)
    }

    /// Text in which newlines and all that looks like an event are frequent.
    fn output() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"\n".to_vec()),
            Just(b"@runlog ".to_vec()),
            Just(b"@runlog {\"n\":1}".to_vec()),
            Just(b"\n@runlog {\"n\":2}\n".to_vec()),
            Just(b"@run".to_vec()),
            Just(b"{}".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter_and_nothing_is_lost(bytes in output(), block_bytes in 1..40_usize) {
            let mut file = tempfile::tempfile().expect("a file can be made");
            let (reported, shown) = read_in_blocks(&bytes, block_bytes, &mut file);

            let mut events = Vec::new();
            let mut ordinary = Vec::new();
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                match event(line) {
                    Some(json) => events.push(json.to_owned()),
                    None => ordinary.extend_from_slice(line),
                }
            }
            prop_assert_eq!(&shown, &ordinary);
            if !ordinary.is_empty() && !ordinary.ends_with(b"\n") {
                ordinary.push(b'\n');
            }
            prop_assert_eq!(&reported.lines, &ordinary);
            prop_assert_eq!(reported.events, events);
            prop_assert!(reported.piece_bytes_max <= 5);
        }

        #[test]
        fn the_first_newline_is_found(bytes in prop::collection::vec(prop_oneof![20 => any::<u8>(), 1 => 9..12_u8], 0..80)) {
            prop_assert_eq!(newline_at(&bytes), bytes.iter().position(|&byte| byte == b'\n'));
        }
    }
}
