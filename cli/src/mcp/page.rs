//! Which lines of a log fit into an answer.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use runlog::log::{Gap, Level, LineRef, LogEntry, Stream};
use runlog::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::schema;

/// One line of a log. Exactly one of text and event is there.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Line {
    /// Its sequence; the first line of a log has 1.
    seq: u64,
    /// When it was read, in UTC.
    #[schemars(schema_with = "schema::time")]
    time: Timestamp,
    /// Where it came from; event marks a structured event.
    #[schemars(schema_with = "schema::stream")]
    stream: Stream,
    /// How grave it is; null where the line does not say.
    #[schemars(schema_with = "schema::optional_level")]
    level: Option<Level>,
    /// What was printed, without colours and other control sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    text: Option<String>,
    /// The structured event; its member type says which kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Json>")]
    event: Option<Map<String, Json>>,
    /// The line was very long, and the next line of this stream goes on with it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continued: bool,
    /// How many bytes at the end of text are left out, as this line alone exceeds max_bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    cut_bytes: Option<usize>,
}

/// A range of lines that were not kept: they cannot be read any more.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Dropped {
    /// The first sequence that is gone.
    first: u64,
    /// The last sequence that is gone.
    last: u64,
    /// limit: the log was larger than is kept of one. queue: lines came too fast to be recorded.
    reason: &'static str,
}

/// A range of lines that were asked for and did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct LeftOut {
    /// Ask with this as from.
    pub(super) from: u64,
    /// Ask with this as to.
    pub(super) to: u64,
}

/// Which lines stay where not all of them fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    First,
    Last,
    /// Those nearest to a sequence.
    Around(u64),
}

/// What goes into an answer, and what did not fit. It never holds more than fits, and a line.
#[derive(Debug)]
pub(super) struct Page {
    keep: Keep,
    bytes_max: usize,
    bytes: usize,
    entries: VecDeque<Entry>,
    before: Option<LeftOut>,
    after: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    first: u64,
    last: u64,
    /// Length of its JSON.
    bytes: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Line(Line),
    Dropped(Dropped),
}

impl Page {
    pub(super) fn new(keep: Keep, bytes_max: usize) -> Self {
        Self { keep, bytes_max, bytes: 0, entries: VecDeque::new(), before: None, after: None }
    }

    /// Takes what comes next in the log, as far as it fits.
    pub(super) fn push(&mut self, entry: LogEntry<'_>) -> ControlFlow<()> {
        let half = self.bytes_max / 2;
        let (entry, bytes_before) = match self.keep {
            Keep::First => (Entry::new(entry, self.bytes_max), 0),
            Keep::Last => (Entry::new(entry, self.bytes_max), self.bytes_max),
            Keep::Around(_) => (Entry::new(entry, half), half),
        };
        let is_before = match self.keep {
            Keep::First => false,
            Keep::Last => true,
            Keep::Around(sequence) => entry.last < sequence,
        };
        if !is_before && self.bytes + entry.bytes > self.bytes_max {
            self.after = Some(entry.first);
            return ControlFlow::Break(());
        }
        self.bytes += entry.bytes;
        self.entries.push_back(entry);
        while is_before && self.bytes > bytes_before {
            self.leave_out_first();
        }
        ControlFlow::Continue(())
    }

    fn leave_out_first(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.bytes -= entry.bytes;
        let from = self.before.map_or(entry.first, |left_out| left_out.from);
        self.before = Some(LeftOut { from, to: entry.last });
    }

    /// The lines, the dropped ranges, and what of the sequences up to `last` did not fit.
    pub(super) fn into_parts(self, last: u64) -> (Vec<Line>, Vec<Dropped>, Vec<LeftOut>) {
        let after = self.after.map(|from| LeftOut { from, to: last.max(from) });
        let left_out = self.before.into_iter().chain(after).collect();
        let (mut lines, mut dropped) = (Vec::new(), Vec::new());
        for entry in self.entries {
            match entry.what {
                What::Line(line) => lines.push(line),
                What::Dropped(range) => dropped.push(range),
            }
        }
        (lines, dropped, left_out)
    }
}

impl Entry {
    fn new(entry: LogEntry<'_>, bytes_max: usize) -> Self {
        match entry {
            LogEntry::Line(seq, line) => {
                let mut line = Line::new(seq, &line);
                let bytes = line.fit(bytes_max);
                Self { first: seq, last: seq, bytes, what: What::Line(line) }
            }
            LogEntry::Gap(gap) => {
                let &Gap { first, last, reason, .. } = gap;
                let dropped = Dropped { first, last, reason: reason.as_str() };
                Self { first, last, bytes: json_len(&dropped), what: What::Dropped(dropped) }
            }
        }
    }
}

impl Line {
    fn new(seq: u64, line: &LineRef<'_>) -> Self {
        let LineRef { time, stream, level, continued, bytes } = *line;
        let event = (stream == Stream::Event).then(|| serde_json::from_slice(bytes).ok()).flatten();
        let text = event.is_none().then(|| {
            let stripped = anstream::adapter::strip_bytes(bytes).into_vec();
            String::from_utf8_lossy(&stripped).into_owned()
        });
        Self { seq, time, stream, level, text, event, continued, cut_bytes: None }
    }

    /// Cuts the line where it alone is too long, and gives the length of its JSON. An event that is
    /// too long becomes the beginning of its text.
    fn fit(&mut self, bytes_max: usize) -> usize {
        const CUT_BYTES: usize = ",\"cut_bytes\":".len() + 20;
        let bytes = json_len(self);
        if bytes <= bytes_max {
            return bytes;
        }
        let whole = match self.event.take() {
            Some(event) => Json::Object(event).to_string(),
            None => self.text.take().unwrap_or_default(),
        };
        self.text = Some(String::new());
        let mut left = bytes_max.saturating_sub(json_len(self) + CUT_BYTES);
        let fits = |character: &char| {
            let escaped = escaped_len(*character);
            let fits = escaped <= left;
            left = left.saturating_sub(escaped);
            fits
        };
        let text: String = whole.chars().take_while(fits).collect();
        self.cut_bytes = Some(whole.len() - text.len());
        self.text = Some(text);
        json_len(self)
    }
}

/// How many bytes a character fills within a JSON string.
fn escaped_len(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

fn json_len(value: &impl Serialize) -> usize {
    // Neither these types nor a vector can fail.
    serde_json::to_vec(value).map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of the lines 1 to `count`, each with a text of `len` bytes.
    fn page(keep: Keep, bytes_max: usize, count: u64, len: usize) -> Page {
        let mut page = Page::new(keep, bytes_max);
        let text = "x".repeat(len);
        for sequence in 1..=count {
            let line = LineRef {
                time: Timestamp::from_millis(0),
                stream: Stream::Stdout,
                level: None,
                continued: false,
                bytes: text.as_bytes(),
            };
            if page.push(LogEntry::Line(sequence, line)).is_break() {
                break;
            }
        }
        page
    }

    fn sequences(page: Page, count: u64) -> (Vec<u64>, Vec<(u64, u64)>) {
        let (lines, _, left_out) = page.into_parts(count);
        let left_out = left_out.iter().map(|range| (range.from, range.to)).collect();
        (lines.iter().map(|line| line.seq).collect(), left_out)
    }

    #[test]
    fn what_does_not_fit_is_left_out_at_the_far_ends() {
        let bytes_max = 2_000; // Some ten lines of about 190 bytes of JSON.
        let cases = [
            (Keep::First, (1..=10).collect(), vec![(11, 40)]),
            (Keep::Last, (31..=40).collect(), vec![(1, 30)]),
            (Keep::Around(20), (15..=24).collect::<Vec<_>>(), vec![(1, 14), (25, 40)]),
        ];
        for (keep, lines, left_out) in cases {
            let page = page(keep, bytes_max, 40, 110);
            assert!(page.bytes <= bytes_max);
            assert_eq!(sequences(page, 40), (lines, left_out), "{keep:?}");
        }
    }

    #[test]
    fn everything_fits_to_the_byte() {
        let all = page(Keep::First, 1 << 20, 8, 50).bytes;
        for keep in [Keep::First, Keep::Last] {
            assert_eq!(sequences(page(keep, all, 8, 50), 8).1, [], "{keep:?}");
            assert_eq!(sequences(page(keep, all - 1, 8, 50), 8).1.len(), 1, "{keep:?}");
        }
    }

    #[test]
    fn a_line_that_alone_is_too_long_is_cut_and_says_so() {
        for keep in [Keep::First, Keep::Last, Keep::Around(1)] {
            let page = page(keep, 1_024, 1, 5_000);
            assert!(page.bytes <= 1_024);
            let (lines, _, left_out) = page.into_parts(1);
            let text = lines[0].text.as_ref().map_or(0, String::len);
            assert_eq!(text + lines[0].cut_bytes.unwrap_or_default(), 5_000);
            assert!(text > 300 && left_out.is_empty(), "{keep:?}: {text}");
        }
    }

    #[test]
    fn escapes_count_as_serde_json_writes_them() {
        for character in ('\0'..='\u{2100}').chain(['\u{10ffff}']) {
            assert_eq!(escaped_len(character) + 2, json_len(&character), "{character:?}");
        }
    }
}
