//! Bytes on disk of a thousand executions with 500 lines of real log text each, all included.

use runlog::model::Kind;
use runlog::{NewRun, Options, Overflow, Runlog};

use crate::Failed;
use crate::corpus::{self, Times};
use crate::measure::Samples;
use crate::report::{Finding, Target};
use crate::setup::{Setup, file_bytes};

const LINES: usize = 500;
/// Lines after which a run is flushed, as one that lasts for some time is.
const FLUSHED_LINES: usize = 100;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let kinds = corpus::load()?;
    let runs = setup.size(1_000, 16) as usize;
    let scratch = setup.scratch()?;
    let path = scratch.path().join("runlog.db");
    let mut options = Options::default();
    options.recorder.overflow = Overflow::Wait;
    let runlog = Runlog::open_with(&path, options)?;
    let recorder = runlog.recorder()?;
    let mut text_bytes = vec![0; kinds.len()];
    for number in 0..runs {
        let at = number % kinds.len();
        let kind = &kinds[at];
        let new = NewRun::new(Kind::Command, kind.name)?
            .argv(vec![kind.name.to_owned(), "--verbose".to_owned()])
            .param("number", number.to_string())?;
        let run = recorder.start(new)?;
        let mut times = Times::new(number as u64);
        let part = kind.part(number / kinds.len(), runs / kinds.len(), LINES);
        for (line, count) in part.zip(1..) {
            text_bytes[at] += line.len() + 1;
            run.line(times.stamp(line));
            if count % FLUSHED_LINES == 0 {
                run.flush()?;
            }
        }
        run.finish_completed()?;
    }
    if recorder.stats().dropped_lines > 0 {
        return Err("lines were dropped".into());
    }
    drop(recorder);
    let file = runlog.with_store(|store| file_bytes(store.connection(), &path))?;
    let text: usize = text_bytes.iter().sum();
    let ratio = |bytes: f64, text: usize| bytes / text as f64;
    let mut size = Samples::default();
    size.push(ratio(file as f64, text));
    let mut notes = format!("{} MB of text;", text / 1_000_000);
    let mut pieces = 0.0;
    for (kind, text) in kinds.iter().zip(&text_bytes) {
        let bytes = piece_bytes(&runlog, kind.name)?;
        pieces += bytes;
        notes += &format!(" {} {:.3}", kind.name, ratio(bytes, *text));
    }
    notes += &format!("; pieces alone {:.3}", ratio(pieces, text));
    Ok(vec![Finding::new("logs, of their text's bytes", Target::AtMost(0.15), size).notes(notes)])
}

fn piece_bytes(runlog: &Runlog, workflow: &str) -> Result<f64, Failed> {
    Ok(runlog.with_store(|store| {
        store.connection().query_row(
            "SELECT sum(length(data)) FROM log_pieces JOIN executions ON id = execution
             WHERE workflow_id = ?1",
            [workflow],
            |row| row.get(0),
        )
    })?)
}
