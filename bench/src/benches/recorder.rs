//! Log lines through the recorder to durable, sealed pieces, beside plain SQLite with a row a line.

use std::path::Path;

use runlog::model::Kind;
use runlog::{Masking, NewRun, Options, Overflow, Recorder, Runlog};
use runlog_core::id::ExecutionId;
use runlog_core::log::LineRef;
use rusqlite::{Connection, params};

use crate::corpus::{self, Times};
use crate::measure::{Compared, Samples, Timed, thousands};
use crate::report::{Finding, Target};
use crate::setup::{Setup, file_bytes};
use crate::{Failed, baseline};

/// Lines a transaction, in plain SQLite.
const BATCH: usize = 1_000;

/// What one round gave: bytes of both databases.
struct Round {
    runlog: Timed,
    plain: Timed,
    by_number: Timed,
    unmasked: Timed,
    bytes: u64,
    plain_bytes: u64,
    numbered_bytes: u64,
}

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let kinds = corpus::load()?;
    let (runs, lines) = (setup.size(24, 8), setup.size(10_000, 500));
    let mut text_bytes = 0;
    let logs: Vec<Vec<LineRef<'_>>> = (0..runs)
        .map(|run| {
            let kind = &kinds[run as usize % kinds.len()];
            let mut times = Times::new(run);
            let part = kind.part(run as usize, runs as usize, lines as usize);
            part.inspect(|line| text_bytes += line.len() + 1)
                .map(|line| times.stamp(line))
                .collect()
        })
        .collect();
    let [mut compared, mut numbered, mut masked] = [(); 3].map(|()| Compared::default());
    let [mut size, mut numbered_size] = [Samples::default(), Samples::default()];
    let count = runs * lines;
    for _ in 0..setup.rounds() {
        let round = round(setup, &logs)?;
        compared.push(round.runlog, round.plain, count);
        numbered.push(round.runlog, round.by_number, count);
        masked.push(round.runlog, round.unmasked, count);
        size.push(round.bytes as f64 / round.plain_bytes as f64);
        numbered_size.push(round.bytes as f64 / round.numbered_bytes as f64);
    }
    let mean = text_bytes as f64 / count as f64;
    let notes = format!(
        "{}, {mean:.0} bytes each; beside rows keyed by numbers ({}/s) {:.2}",
        compared.rates("lines", "plain"),
        thousands(numbered.baseline.median()),
        numbered.wall.median()
    );
    let size_notes = format!("beside rows keyed by numbers {:.2}", numbered_size.median());
    let masked_notes = masked.rates("lines", "unmasked");
    Ok(vec![
        Finding::new("log lines, of the rate without masking", Target::AtLeast(0.8), masked.wall)
            .notes(masked_notes),
        Finding::new("log lines, of plain SQLite's rate", Target::AtLeast(1.0), compared.wall)
            .notes(notes),
        Finding::new("log lines, of its bytes", Target::AtMost(0.25), size).notes(size_notes),
    ])
}

fn round(setup: &Setup, logs: &[Vec<LineRef<'_>>]) -> Result<Round, Failed> {
    let scratch = setup.scratch()?;
    let path = |name: &str| scratch.path().join(name);
    let mut options = Options::default();
    // As fast as it can be: a queue that drops would look faster.
    options.recorder.overflow = Overflow::Wait;
    let mut unmasked = options.clone();
    unmasked.masking = Masking::Off;
    let unmasked = Runlog::open_with(path("unmasked.db"), unmasked)?.recorder()?;
    let runlog = Runlog::open_with(path("runlog.db"), options)?;
    let recorder = runlog.recorder()?;
    let mut plain = plain(&path("plain.db"), "BLOB")?;
    let mut by_number = self::plain(&path("numbered.db"), "INTEGER")?;
    let [mut by_runlog, mut by_plain, mut by_numbered, mut by_unmasked] = [Timed::default(); 4];
    for (number, log) in (0..).zip(logs) {
        let id = by_runlog.add(|| record(&recorder, log))?;
        by_unmasked.add(|| record(&unmasked, log))?;
        by_plain.add(|| insert(&mut plain, id.as_bytes(), log))?;
        by_numbered.add(|| insert(&mut by_number, &number, log))?;
        let last = runlog.read(|reader| reader.last_sequence(id))?;
        if last != log.len() as u64 {
            return Err(format!("{last} of {} lines were recorded", log.len()).into());
        }
    }
    assert_none_dropped(&runlog, &recorder)?;
    drop(recorder);
    let bytes = runlog.with_store(|store| file_bytes(store.connection(), &path("runlog.db")))?;
    Ok(Round {
        runlog: by_runlog,
        plain: by_plain,
        by_number: by_numbered,
        unmasked: by_unmasked,
        bytes,
        plain_bytes: file_bytes(&plain, &path("plain.db"))?,
        numbered_bytes: file_bytes(&by_number, &path("numbered.db"))?,
    })
}

fn record(recorder: &Recorder, log: &[LineRef<'_>]) -> Result<ExecutionId, Failed> {
    let run = recorder.start(NewRun::new(Kind::Job, "build")?)?;
    let id = run.id();
    log.iter().for_each(|line| run.line(*line));
    run.finish_completed()?;
    Ok(id)
}

fn assert_none_dropped(runlog: &Runlog, recorder: &Recorder) -> Result<(), Failed> {
    let dropped = recorder.stats().dropped_lines;
    let gaps: i64 = runlog.with_store(|store| {
        store.connection().query_row("SELECT count(*) FROM log_gaps", [], |row| row.get(0))
    })?;
    if dropped > 0 || gaps > 0 {
        return Err(format!("{dropped} lines were dropped, {gaps} gaps").into());
    }
    Ok(())
}

fn plain(path: &Path, key: &str) -> Result<Connection, Failed> {
    let connection = baseline::open(path)?;
    connection.execute_batch(&format!(
        "CREATE TABLE lines (
             execution {key} NOT NULL, sequence INTEGER NOT NULL,
             time INTEGER NOT NULL, stream INTEGER NOT NULL, level INTEGER, text TEXT NOT NULL,
             PRIMARY KEY (execution, sequence)
         ) STRICT, WITHOUT ROWID",
    ))?;
    Ok(connection)
}

fn insert(
    connection: &mut Connection,
    id: &impl rusqlite::ToSql,
    log: &[LineRef<'_>],
) -> Result<(), Failed> {
    let mut sequence = 0;
    for lines in log.chunks(BATCH) {
        let tx = connection.transaction()?;
        let mut insert = tx.prepare_cached(
            "INSERT INTO lines (execution, sequence, time, stream, level, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for line in lines {
            sequence += 1;
            let (time, stream) = (line.time.as_millis(), line.stream as u8);
            let text = std::str::from_utf8(line.bytes)?;
            insert.execute(params![id, sequence, time, stream, None::<u8>, text])?;
        }
        drop(insert);
        tx.commit()?;
    }
    Ok(())
}
