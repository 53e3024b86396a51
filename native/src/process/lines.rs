use memchr::memchr;

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

    /// Takes what was read, appends what is to be shown to `show`, and reports complete lines.
    pub(super) fn read(
        &mut self,
        block: &[u8],
        time_ms: i64,
        sink: &mut dyn Sink,
        show: &mut Vec<u8>,
    ) {
        // Shown bytes are copied in runs as long as possible, not line by line.
        let mut shown_to = 0;
        let mut from = 0;
        while from < block.len() {
            let newline = memchr(b'\n', &block[from..]);
            let to = newline.map_or(block.len(), |at| from + at + 1);
            let chunk = &block[from..to];
            let at_start = self.partial.is_empty();
            if self.held || (self.with_events && at_start && self.may_be_event(chunk)) {
                show.extend_from_slice(&block[shown_to..from]);
                shown_to = to;
                self.hold(chunk, time_ms, sink, show);
            } else {
                self.line_part(chunk, time_ms, sink);
            }
            from = to;
        }
        show.extend_from_slice(&block[shown_to..]);
    }

    /// Reports a last line that has no newline. What was held of it is shown if it is no event.
    pub(super) fn end(&mut self, time_ms: i64, sink: &mut dyn Sink, show: &mut Vec<u8>) {
        if self.held {
            self.decide(time_ms, sink, show);
        }
        if !self.partial.is_empty() {
            self.last_piece(time_ms, sink);
        }
    }

    fn hold(&mut self, chunk: &[u8], time_ms: i64, sink: &mut dyn Sink, show: &mut Vec<u8>) {
        self.held = true;
        self.partial.extend_from_slice(chunk);
        if self.partial.ends_with(b"\n") {
            self.decide(time_ms, sink, show);
        } else if !self.may_be_event(&self.partial) {
            self.release(time_ms, sink, show);
        }
    }

    /// The held line is complete: it is an event, or an ordinary line after all.
    fn decide(&mut self, time_ms: i64, sink: &mut dyn Sink, show: &mut Vec<u8>) {
        let Some(json) = event(&self.partial) else {
            return self.release(time_ms, sink, show);
        };
        sink.event(time_ms, json);
        self.partial.clear();
        self.held = false;
    }

    fn release(&mut self, time_ms: i64, sink: &mut dyn Sink, show: &mut Vec<u8>) {
        self.held = false;
        let line = std::mem::take(&mut self.partial);
        show.extend_from_slice(&line);
        self.line_part(&line, time_ms, sink);
    }

    /// Part of an ordinary line; the newline, if it is there, ends it.
    fn line_part(&mut self, chunk: &[u8], time_ms: i64, sink: &mut dyn Sink) {
        let (mut rest, ended) = match chunk.strip_suffix(b"\n") {
            Some(line) => (line, true),
            None => (chunk, false),
        };
        if ended && self.partial.is_empty() && rest.len() <= self.piece_bytes_max {
            return sink.line(self.stream, time_ms, self.without_return(rest), false);
        }
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
        if ended {
            self.last_piece(time_ms, sink);
        }
    }

    fn last_piece(&mut self, time_ms: i64, sink: &mut dyn Sink) {
        sink.line(self.stream, time_ms, self.without_return(&self.partial), false);
        self.partial.clear();
    }

    /// A terminal driver puts a carriage return before each newline; elsewhere it is content.
    fn without_return<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if self.on_terminal { line.strip_suffix(b"\r").unwrap_or(line) } else { line }
    }

    /// Whether a line that begins like this can be, or become, an event.
    fn may_be_event(&self, beginning: &[u8]) -> bool {
        let prefix = EVENT_PREFIX.as_bytes();
        let Some(json) = beginning.strip_prefix(prefix) else {
            return prefix.starts_with(beginning);
        };
        let first = json.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        // Two more than the object may have, for the end of the line.
        json.len() <= EVENT_BYTES_MAX + 2 && first.is_none_or(|&byte| byte == b'{')
    }
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
