//! A log as programs read it: a JSON object for each line.

use std::borrow::Cow;
use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use runlog::log::{Gap, Level, LineRef, Stream};
use runlog::time::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Printer;

/// A line. Exactly one of `text` and `event` is there.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    time: Timestamp,
    stream: Stream,
    level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Cow<'a, RawValue>>,
    /// The exact bytes, where `text` is not them.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_base64: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continued: bool,
}

/// A range of lines that are gone.
#[derive(Serialize)]
struct Dropped {
    dropped: Range,
}

#[derive(Serialize)]
struct Range {
    first: u64,
    last: u64,
    reason: &'static str,
}

/// Prints lines as JSON.
pub(super) struct Json<W> {
    out: W,
    waiting: Vec<u8>,
}

impl<W: Write> Json<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, waiting: Vec::new() }
    }

    fn push(&mut self, object: &impl Serialize) {
        // Neither these types nor a vector can fail.
        let _ = serde_json::to_writer(&mut self.waiting, object);
        self.waiting.push(b'\n');
    }
}

impl<W: Write> Printer for Json<W> {
    fn line(&mut self, seq: u64, line: &LineRef<'_>) {
        let LineRef { time, stream, level, continued, bytes } = *line;
        let event = if stream == Stream::Event { event(bytes) } else { None };
        let text = event.is_none().then(|| String::from_utf8_lossy(bytes));
        let is_exact = matches!(text, None | Some(Cow::Borrowed(_)));
        let bytes_base64 = (!is_exact).then(|| STANDARD.encode(bytes));
        self.push(&Line { seq, time, stream, level, text, event, bytes_base64, continued });
    }

    fn gap(&mut self, first: u64, gap: &Gap) {
        let range = Range { first, last: gap.last, reason: gap.reason.as_str() };
        self.push(&Dropped { dropped: range });
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
        self.flush()
    }
}

/// The JSON of an event as it was written, on one line.
fn event(bytes: &[u8]) -> Option<Cow<'_, RawValue>> {
    let json: &RawValue = serde_json::from_slice(bytes).ok()?;
    if !json.get().contains('\n') {
        return Some(Cow::Borrowed(json));
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    serde_json::value::to_raw_value(&value).ok().map(Cow::Owned)
}
