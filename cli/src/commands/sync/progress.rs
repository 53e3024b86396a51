//! How far a sync is, on a terminal: one line that is written over.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use runlog::sync::SyncRun;

use crate::text::plain::{fitted, plain};
use crate::text::size::bytes;
use crate::text::sync::backend;

/// How often the line is written at most.
const EVERY: Duration = Duration::from_millis(100);
/// Cells of the bar.
const CELLS: usize = 20;

/// The line. Without a terminal there is none.
#[derive(Debug)]
pub(super) struct Progress {
    shows: bool,
    written: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shows: std::io::stderr().is_terminal(), written: None }
    }

    pub(super) fn show(&mut self, run: &SyncRun) {
        if !self.shows || self.written.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.written = Some(Instant::now());
        let columns = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        let filled = usize::from(run.percent.min(100)) * CELLS / 100;
        let line = format!(
            "[{:CELLS$}] {:>3}% {} {}, {} of {} rows, {} up, {} down",
            "#".repeat(filled),
            run.percent,
            plain(backend(run)),
            run.phase.as_str(),
            run.rows_done,
            run.rows_total,
            bytes(run.bytes_up),
            bytes(run.bytes_down),
        );
        anstream::eprint!("\r{}\u{1b}[K", fitted(&line, columns.saturating_sub(1)));
        let _ = std::io::stderr().flush();
    }

    /// Wipes the line.
    pub(super) fn end(&mut self) {
        if self.written.take().is_some() {
            anstream::eprint!("\r\u{1b}[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
