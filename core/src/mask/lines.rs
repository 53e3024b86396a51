//! Masking the lines of a log, with what one line says of the next.
//!
//! # Lines in pieces
//!
//! A line that is longer than [`LINE_BYTES_MAX`] comes in pieces. The pieces that are written
//! together are looked at as one text, and so are they with the end of what was written before them.
//! A secret across a cut is masked in both pieces, if they are written together; the mask stands in
//! the piece in which it begins. If they are not (the recorder writes about every 100 ms or every
//! 256 KiB of a run), what was written before is out of reach: of a secret that is known only by
//! what comes later, such as a token of which too little had come, that part stays, and the rest is masked.
//!
//! What is known of a line is forgotten where its log is opened again, and between the parts in which
//! a long log is imported: a private key that goes on there is not known as one.

use std::borrow::Cow;
use std::ops::Range;

use super::anchors::{self, Anchor};
use super::key_block::{EndSearch, Open};
use super::{Found, Masker, Span, push_mask};
use crate::log::{LINE_BYTES_MAX, LineRef, Lines, Stream};
use crate::sorted_map::SortedMap;

/// What the lines of a log say of those that follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineMasks {
    streams: [StreamMasks; 3],
}

#[derive(Clone, Debug, Default)]
struct StreamMasks {
    /// A private key goes on.
    block: Option<Open>,
    /// The end of the pieces of an unfinished line.
    tail: Vec<u8>,
}

/// Bytes of an unfinished line that are kept, to know what its next piece goes on with.
const TAIL_BYTES: usize = 512;
/// As much of it is kept at most, where a secret goes on.
const TAIL_BYTES_MAX: usize = 4 * LINE_BYTES_MAX;

impl Masker {
    /// Masks lines that follow each other in a log. Their number does not change.
    pub(crate) fn lines<'a>(&self, lines: &'a Lines, masks: &mut LineMasks) -> Cow<'a, Lines> {
        if !self.is_on() {
            return Cow::Borrowed(lines);
        }
        let every = !self.patterns().is_empty();
        let mut suspects = Suspects::new(lines.text());
        if !every && suspects.next.is_none() && masks.is_idle() && !lines.are_special() {
            return Cow::Borrowed(lines);
        }
        let mut masked = Masked { lines, out: Lines::new(), copied: 0 };
        let mut pieces = SortedMap::new();
        let mut end = 0;
        for (index, line) in lines.iter().enumerate() {
            let start = end;
            end += line.bytes.len();
            let state = &mut masks.streams[line.stream as usize];
            let is_piece = line.continued || !state.tail.is_empty();
            let by = if let Some(by) = pieces.remove(&index) {
                by
            } else if is_piece && line.stream != Stream::Event {
                self.pieces(lines, index, state, &mut pieces);
                pieces.remove(&index).flatten()
            } else if every || state.block.is_some() || suspects.are_in(start..end, line.stream) {
                self.line(line, state)
            } else if line.stream == Stream::Event && line.bytes.contains(&b'\\') {
                // An escape may hide a literal.
                self.event(line)
            } else {
                None
            };
            if let Some(by) = by {
                masked.replace(index, line, &by);
            }
        }
        masked.end()
    }

    fn event(&self, line: LineRef<'_>) -> Option<Vec<u8>> {
        match std::str::from_utf8(line.bytes) {
            Ok(text) => match self.json(text) {
                Cow::Owned(masked) => Some(masked.into_bytes()),
                Cow::Borrowed(_) => None,
            },
            Err(_) => self.find(line.bytes).replace(line.bytes),
        }
    }

    /// A whole line.
    fn line(&self, line: LineRef<'_>, state: &mut StreamMasks) -> Option<Vec<u8>> {
        if line.stream == Stream::Event {
            return self.event(line);
        }
        let mut found = self.find(line.bytes);
        if let Some(block) = state.block.take() {
            let (span, still) = block.line(line.bytes);
            state.block = still;
            found.spans.extend(span);
            found.join();
        }
        if let Some(begin) = found.open_block {
            state.block = Some(Open::new(begin));
        }
        found.replace(line.bytes)
    }

    /// The pieces of one line from `first` on, as far as they are here.
    fn pieces(
        &self,
        lines: &Lines,
        first: usize,
        state: &mut StreamMasks,
        masked: &mut SortedMap<usize, Option<Vec<u8>>>,
    ) {
        let Some(stream) = lines.get(first).map(|line| line.stream) else { return };
        let mut text = std::mem::take(&mut state.tail);
        let mut cuts = Vec::new();
        let mut goes_on = true;
        for index in first..lines.len() {
            let Some(line) = lines.get(index).filter(|line| line.stream == stream) else {
                continue;
            };
            cuts.push((index, text.len()));
            text.extend_from_slice(line.bytes);
            goes_on = line.continued;
            if !goes_on {
                break;
            }
        }
        let found = self.find(&text);
        let ends = cuts.iter().skip(1).map(|(_, start)| *start).chain([text.len()]);
        for (&(index, start), end) in cuts.iter().zip(ends) {
            masked.insert(index, part(&found, &text, start, end));
        }
        if !goes_on {
            state.block = found.open_block.map(Open::new);
            return;
        }
        let reaching = found.spans.last().filter(|span| span.end == text.len());
        let from = reaching.map_or(text.len(), |span| span.start).saturating_sub(TAIL_BYTES);
        let from = if text.len() - from > TAIL_BYTES_MAX { text.len() - TAIL_BYTES } else { from };
        state.tail = text.split_off(from);
    }
}

impl LineMasks {
    pub(super) fn is_idle(&self) -> bool {
        self.streams.iter().all(|stream| stream.block.is_none() && stream.tail.is_empty())
    }
}

/// The literals in the lines of a batch, found in one pass over all of them.
struct Suspects<'a> {
    text: &'a [u8],
    next: Option<Hit>,
}

type Hit = (Anchor, usize, usize);

impl<'a> Suspects<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, next: anchors::next(text, 0) }
    }

    /// Whether a literal in a line is part of a secret. Lines are asked for in order.
    fn are_in(&mut self, line: Range<usize>, stream: Stream) -> bool {
        if self.next.is_some_and(|(_, start, _)| start < line.start) {
            self.next = anchors::next(self.text, line.start);
        }
        let text = &self.text[line.clone()];
        let mut found = Found::default();
        let mut block_ends = EndSearch::default();
        while let Some((anchor, start, end)) = self.next.filter(|(_, at, _)| *at < line.end) {
            let mut from = start + 1;
            if end <= line.end {
                // Names in JSON ask for less than names in a text.
                if stream == Stream::Event {
                    return true;
                }
                let hit = (anchor, start - line.start, end - line.start);
                from = line.start + found.look(text, hit, &mut block_ends);
                if !found.spans.is_empty() {
                    return true;
                }
            }
            self.next = anchors::next(self.text, from);
        }
        false
    }
}

/// What becomes of the bytes from `start` to `end` of a text; `None` where they stay.
fn part(found: &Found, text: &[u8], start: usize, end: usize) -> Option<Vec<u8>> {
    let touches = |span: &&Span| span.start < end && start < span.end;
    let mut masked: Option<Vec<u8>> = None;
    let mut copied = start;
    for span in found.spans.iter().filter(touches) {
        let masked = masked.get_or_insert_default();
        // One that began before was masked there, unless that was written earlier.
        if span.start >= start {
            masked.extend_from_slice(&text[copied..span.start]);
            push_mask(masked, span.what);
        }
        copied = span.end.min(end);
    }
    let mut masked = masked?;
    masked.extend_from_slice(&text[copied..end]);
    Some(masked)
}

/// Lines of which some are replaced.
struct Masked<'a> {
    lines: &'a Lines,
    out: Lines,
    copied: usize,
}

impl<'a> Masked<'a> {
    fn replace(&mut self, index: usize, line: LineRef<'_>, by: &[u8]) {
        self.out.extend_from(self.lines, self.copied..index);
        self.out.push_whole(LineRef { bytes: by, ..line });
        self.copied = index + 1;
    }

    fn end(mut self) -> Cow<'a, Lines> {
        if self.copied == 0 {
            return Cow::Borrowed(self.lines);
        }
        self.out.extend_from(self.lines, self.copied..self.lines.len());
        Cow::Owned(self.out)
    }
}
