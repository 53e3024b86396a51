//! What masking costs a log: the lines of text files appended to a history in memory, with masking
//! on and off in turns, and the secrets that were found.
//!
//! ```text
//! cargo run --release -p runlog-core --example mask_cost -- build.log server.log
//! ```

use std::time::Instant;

use runlog_core::history::History;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{LineRef, Lines, LogLimits, Stream};
use runlog_core::mask::Masker;
use runlog_core::model::{Kind, NewExecution};
use runlog_core::store::MemoryStore;
use runlog_core::time::Timestamp;

const ROUNDS: usize = 15;
/// As the recorder batches.
const BATCH_BYTES: usize = 256 << 10;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    for path in std::env::args().skip(1) {
        let text = std::fs::read(&path)?;
        let batches = batches(&text);
        let [mut on, mut off] = [f64::MAX; 2];
        for _ in 0..ROUNDS {
            on = on.min(append(&batches, Masker::default())?);
            off = off.min(append(&batches, Masker::off())?);
        }
        let lines: usize = batches.iter().map(Lines::len).sum();
        let masker = Masker::default();
        let texts = batches.iter().flat_map(Lines::iter);
        let texts = texts.map(|line| String::from_utf8_lossy(line.bytes));
        let masked = texts.filter(|text| masker.text(text) != *text).count();
        println!(
            "{path}: {lines} lines, {:.1} ns a line and {:.1} ns per 100 bytes; {masked} lines masked",
            (on - off) / lines as f64,
            (on - off) / text.len() as f64 * 100.0,
        );
    }
    Ok(())
}

fn batches(text: &[u8]) -> Vec<Lines> {
    let mut batches = vec![Lines::new()];
    let time = Timestamp::default();
    for bytes in text.split(|byte| *byte == b'\n') {
        if batches.last().is_none_or(|lines| lines.bytes() > BATCH_BYTES) {
            batches.push(Lines::new());
        }
        let line = LineRef { time, stream: Stream::Stdout, level: None, continued: false, bytes };
        if let Some(lines) = batches.last_mut() {
            lines.push(line);
        }
    }
    batches
}

/// Nanoseconds that appending takes.
fn append(batches: &[Lines], masker: Masker) -> Result<f64, Failed> {
    let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(1))?;
    history.set_masker(masker);
    let (id, at) = (ExecutionId::from_u128(1), Timestamp::default());
    let took = history.write(at, |tx| {
        tx.start(&NewExecution::new(id, Kind::Job, "log", at)?)?;
        let mut log = tx.open_log(id, LogLimits::UNLIMITED)?;
        let began = Instant::now();
        batches.iter().try_for_each(|lines| tx.append_log(&mut log, lines))?;
        Ok(began.elapsed())
    })?;
    Ok(took.as_nanos() as f64)
}
