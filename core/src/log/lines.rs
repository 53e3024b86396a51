//! A batch of lines, held by columns.

use std::ops::Range;

use super::{Contents, LINE_BYTES_MAX, Level, Stream, detect_level};
use crate::time::Timestamp;

/// Consecutive log lines, held by columns: no line costs an allocation, and equal things lie beside
/// each other, which is what a compressor likes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub(super) times: Vec<i64>,
    pub(super) tags: Vec<LineTag>,
    /// Where each line ends in `text`.
    pub(super) ends: Vec<u32>,
    pub(super) text: Vec<u8>,
}

/// Stream, level and continuation of a line in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineTag(u8);

const STREAM_MASK: u8 = 0b11;
const LEVEL_SHIFT: u8 = 2;
const LEVEL_MASK: u8 = 0b111;
const CONTINUED: u8 = 1 << 5;

impl LineTag {
    fn new(stream: Stream, level: Option<Level>, continued: bool) -> Self {
        let level = level.map_or(0, |level| level as u8 + 1);
        Self(stream as u8 | level << LEVEL_SHIFT | if continued { CONTINUED } else { 0 })
    }

    /// From the stored byte, if an encoder writes it.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        let known = byte & STREAM_MASK < 3 && byte >> LEVEL_SHIFT & LEVEL_MASK <= 5 && byte < 64;
        known.then_some(Self(byte))
    }

    pub(super) fn byte(self) -> u8 {
        self.0
    }

    fn stream(self) -> Stream {
        Stream::ALL[usize::from(self.0 & STREAM_MASK)]
    }

    fn level(self) -> Option<Level> {
        let number = usize::from(self.0 >> LEVEL_SHIFT & LEVEL_MASK);
        number.checked_sub(1).map(|index| Level::ALL[index])
    }

    fn continued(self) -> bool {
        self.0 & CONTINUED != 0
    }
}

/// One line of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRef<'a> {
    /// When it was read.
    pub time: Timestamp,
    /// Where it came from.
    pub stream: Stream,
    /// How grave it is, where that is known.
    pub level: Option<Level>,
    /// Whether the next line of this stream goes on with it: it was longer than a line may be.
    pub continued: bool,
    /// The bytes, without a line end. Of an event, a JSON object.
    pub bytes: &'a [u8],
}

impl Lines {
    /// None.
    pub const fn new() -> Self {
        Self { times: Vec::new(), tags: Vec::new(), ends: Vec::new(), text: Vec::new() }
    }

    /// Appends a line. Bytes beyond [`LINE_BYTES_MAX`] go on in further lines, marked as continued;
    /// an event is never cut.
    pub fn push(&mut self, line: LineRef<'_>) {
        let mut rest = line.bytes;
        while line.stream != Stream::Event && rest.len() > LINE_BYTES_MAX {
            let (head, tail) = rest.split_at(LINE_BYTES_MAX);
            self.push_one(LineRef { bytes: head, continued: true, ..line });
            rest = tail;
        }
        self.push_one(LineRef { bytes: rest, ..line });
    }

    /// Appends a line as it is, however long: one that took the place of a line.
    pub(crate) fn push_whole(&mut self, line: LineRef<'_>) {
        self.push_one(line);
    }

    fn push_one(&mut self, line: LineRef<'_>) {
        self.times.push(line.time.as_millis());
        self.tags.push(LineTag::new(line.stream, line.level, line.continued));
        self.text.extend_from_slice(line.bytes);
        self.ends.push(self.text.len() as u32);
    }

    /// Appends all lines of another batch.
    pub fn extend(&mut self, other: &Lines) {
        self.extend_from(other, 0..other.len());
    }

    /// Appends a range of the lines of another batch.
    pub fn extend_from(&mut self, other: &Lines, range: Range<usize>) {
        let (first, last) = (other.end(range.start), other.end(range.end));
        let (base, cut) = (self.text.len() as u32, first as u32);
        self.times.extend_from_slice(&other.times[range.clone()]);
        self.tags.extend_from_slice(&other.tags[range.clone()]);
        self.ends.extend(other.ends[range].iter().map(|end| base + (end - cut)));
        self.text.extend_from_slice(&other.text[first..last]);
    }

    /// Splits off the lines from `at` on.
    pub fn split_off(&mut self, at: usize) -> Lines {
        let cut = self.end(at);
        let tail = Lines {
            times: self.times.split_off(at),
            tags: self.tags.split_off(at),
            ends: self.ends.split_off(at).iter().map(|end| end - cut as u32).collect(),
            text: self.text.split_off(cut),
        };
        self.text.truncate(cut);
        tail
    }

    /// How many lines.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// As few of the lines behind the first `from` as reach `lines` or `bytes` (a line end counted
    /// for each), or all of them.
    pub fn reach(&self, from: usize, lines: usize, bytes: usize) -> usize {
        let before = self.end(from);
        let reached = self.ends[from..].iter().enumerate().take(lines);
        let mut reached =
            reached.skip_while(|(index, end)| **end as usize - before + index + 1 < bytes);
        reached.next().map_or(lines.min(self.len() - from), |(index, _)| index + 1)
    }

    /// Bytes of all lines, a line end counted for each.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.ends.len()
    }

    /// The line of an index.
    pub fn get(&self, index: usize) -> Option<LineRef<'_>> {
        let tag = *self.tags.get(index)?;
        Some(LineRef {
            time: Timestamp::from_millis(self.times[index]),
            stream: tag.stream(),
            level: tag.level(),
            continued: tag.continued(),
            bytes: &self.text[self.end(index)..self.ends[index] as usize],
        })
    }

    /// Where the line before `index` ends.
    fn end(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    /// The lines in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = LineRef<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Gives raw lines without a level the one that they name; see [`detect_level`]. The further
    /// pieces of a cut line have none.
    pub fn detect_levels(&mut self) {
        let mut within_line = [false; 3];
        for index in 0..self.len() {
            let Some(line) = self.get(index) else { break };
            let (stream, level, continued) = (line.stream, line.level, line.continued);
            let begins = !std::mem::replace(&mut within_line[stream as usize], continued);
            if begins && level.is_none() && stream != Stream::Event {
                self.tags[index] = LineTag::new(stream, detect_level(line.bytes), continued);
            }
        }
    }

    /// The bytes of all lines, one after the other, without line ends.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether there are events or pieces of cut lines among them.
    pub(crate) fn are_special(&self) -> bool {
        self.tags.iter().any(|tag| tag.continued() || tag.stream() == Stream::Event)
    }

    /// The time of the last line.
    pub fn last_at(&self) -> Timestamp {
        Timestamp::from_millis(self.times.last().copied().unwrap_or_default())
    }

    /// Which streams and levels occur.
    pub fn contents(&self) -> Contents {
        let mut contents = Contents::default();
        self.tags.iter().for_each(|tag| contents.add(tag.stream(), tag.level()));
        contents
    }

    /// Forgets all lines and keeps the memory.
    pub fn clear(&mut self) {
        self.times.clear();
        self.tags.clear();
        self.ends.clear();
        self.text.clear();
    }
}
