//! Real log text, as programs printed it. Where each file comes from stands in `corpus/README.md`.

use runlog_core::log::{LineRef, Stream};
use runlog_core::time::Timestamp;

use crate::Failed;
use crate::workload::mix;

macro_rules! texts {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../corpus/", $name, ".log.zst")).as_slice())),+]
    };
}

const TEXTS: [(&str, &[u8]); 8] =
    texts!["cargo", "chromium", "dpkg", "gcc", "npm", "postgres", "postgres-json", "unittest",];

/// Largest text of one kind, uncompressed.
const TEXT_BYTES_MAX: usize = 16 << 20;

/// All lines of one kind of log.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// Every kind.
pub(crate) fn load() -> Result<Vec<Kind>, Failed> {
    TEXTS.iter().map(|(name, compressed)| Kind::new(name, compressed)).collect()
}

impl Kind {
    fn new(name: &'static str, compressed: &[u8]) -> Result<Self, Failed> {
        let text = zstd::bulk::decompress(compressed, TEXT_BYTES_MAX)?;
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let ends = ends.map(|(at, _)| at).collect();
        Ok(Self { name, text, ends })
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The line of an index, without its end; from the beginning again behind the last.
    pub(crate) fn line(&self, index: usize) -> &[u8] {
        let index = index % self.len();
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
        &self.text[start..self.ends[index]]
    }

    /// `count` lines of run `number` of `runs`: each run has a part of its own, evenly spread.
    pub(crate) fn part(
        &self,
        number: usize,
        runs: usize,
        count: usize,
    ) -> impl Iterator<Item = &[u8]> {
        let first = self.len().saturating_sub(count) * number / runs.max(1);
        (first..first + count).map(|index| self.line(index))
    }
}

/// Gives lines the times of a program that prints in bursts.
#[derive(Debug)]
pub(crate) struct Times {
    millis: i64,
    number: u64,
}

impl Times {
    pub(crate) fn new(run: u64) -> Self {
        Self { millis: 1_700_000_000_000 + run.cast_signed() * 60_000, number: run << 32 }
    }

    /// The line at the next time: three in four follow within a millisecond, the others within 64.
    pub(crate) fn stamp<'a>(&mut self, bytes: &'a [u8]) -> LineRef<'a> {
        self.number += 1;
        let bits = mix(self.number);
        let most = if bits & 3 == 0 { 64 } else { 2 };
        self.millis += (bits >> 8 & (most - 1)).cast_signed();
        let time = Timestamp::from_millis(self.millis);
        LineRef { time, stream: Stream::Stdout, level: None, continued: false, bytes }
    }
}
