//! A first sync: one device to a relay to an empty device, everything sealed, beside copying the same
//! rows between two SQLite files by INSERTs.

use std::path::Path;
use std::sync::Arc;

use runlog_core::change::ChangeNumber;
use runlog_core::crypto::VaultSecret;
use runlog_core::history::History;
use runlog_core::log::{LineRef, Lines, LogLimits, Stream};
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::store::{Backend, BackendId};
use runlog_core::sync::engine::{Job, JobOptions, Want};
use runlog_core::sync::run::{RunStatus, SyncRun};
use runlog_core::sync::vault::Vault;
use runlog_core::sync::wire;
use runlog_core::time::Timestamp;
use runlog_sqlite::SqliteStore;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::Failed;
use crate::measure::{Compared, Timed};
use crate::report::{Finding, Target};
use crate::setup::{Setup, open_history};
use crate::workload::{ending, execution, mix};

const RELAY: BackendId = BackendId(1);
const LINES: u64 = 10;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let count = setup.size(100_000, 500);
    let [mut up, mut down] = [(); 2].map(|()| Compared::default());
    let mut bytes = [0; 2];
    for _ in 0..setup.rounds() {
        let scratch = setup.scratch()?;
        let path = |name: &str| scratch.path().join(name);
        let mut first = open_history(&path("first.db"))?;
        fill(&mut first, count)?;
        let mut second = open_history(&path("second.db"))?;
        let mut world = World::new();
        let [mut pushing, mut pulling, mut copying] = [Timed::default(); 3];
        let pushed = pushing.add(|| world.sync(&mut first))?;
        let pulled = pulling.add(|| world.sync(&mut second))?;
        copying.add(|| copy(&path("first.db"), &path("copy.db")))?;
        bytes = [pushed.bytes_up, pulled.bytes_down];
        up.push(pushing, copying, count);
        down.push(pulling, copying, count);
    }
    let notes = |compared: &Compared, bytes: u64| {
        let per = bytes / count;
        let rates = compared.rates("entries", "copied");
        format!("{rates}; {per} bytes an entry; atuin: 10 k up, 7.6 k down")
    };
    Ok(vec![
        Finding::new("first sync, up, of copying rows", Target::AtLeast(0.2), up.wall.clone())
            .notes(notes(&up, bytes[0])),
        Finding::new("first sync, down, of copying rows", Target::AtLeast(0.2), down.wall.clone())
            .notes(notes(&down, bytes[1])),
    ])
}

/// Executions, started and finished, with five params and ten lines each.
fn fill(history: &mut History<SqliteStore>, count: u64) -> Result<(), Failed> {
    for from in (0..count).step_by(1_000) {
        let numbers = from..(from + 1_000).min(count);
        let batch = numbers.map(|number| Ok((number, execution(number)?)));
        let batch = batch.collect::<Result<Vec<_>, Failed>>()?;
        history.write(Timestamp::default(), |tx| {
            for (number, new) in &batch {
                tx.start(new)?;
                let mut log = tx.open_log(new.id, LogLimits::default())?;
                tx.append_log(&mut log, &lines(*number, new.created_at))?;
                tx.seal_log(&mut log)?;
                tx.finish(new.id, &ending(new))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn lines(number: u64, time: Timestamp) -> Lines {
    let mut lines = Lines::new();
    for line in 0..LINES {
        let bits = mix(number * LINES + line);
        let text = format!("step {line} of target {bits:016x} finished without a warning");
        let (stream, bytes) = (Stream::Stdout, text.as_bytes());
        lines.push(LineRef { time, stream, level: None, continued: false, bytes });
    }
    lines
}

/// A relay in this process; messages go through their wire form.
struct World {
    vault: Arc<Vault>,
    relay: MemoryRelay,
    seed: u64,
}

impl World {
    fn new() -> Self {
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let relay = MemoryRelay::new(RelayLimits::default());
        Self { vault: Arc::new(Vault::new(secret.keys())), relay, seed: 0 }
    }

    fn sync(&mut self, history: &mut History<SqliteStore>) -> Result<SyncRun, Failed> {
        let now = execution(200_000)?.created_at;
        let backend = Backend {
            id: RELAY,
            name: "relay".to_owned(),
            settings: Vec::new(),
            added_at: now,
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        history.write(now, |tx| tx.put_backend(&backend))?;
        let mut job = Job::new(self.vault.clone(), JobOptions::default());
        loop {
            let seed = &mut self.seed;
            let mut entropy = |bytes: &mut [u8]| {
                for chunk in bytes.chunks_mut(8) {
                    *seed += 1;
                    chunk.copy_from_slice(&mix(*seed).to_be_bytes()[..chunk.len()]);
                }
            };
            match job.poll(history, now, &mut entropy)? {
                Want::Continue => {}
                Want::Done => break,
                Want::Send(errand) => {
                    let request = wire::encode_request(&errand.request)?;
                    let asked = wire::decode_request(&request)?;
                    let answer = self.relay.handle(errand.device, asked, now, &mut entropy);
                    let answer = wire::encode_answer(&answer)?;
                    job.count_bytes(request.len() as u64, answer.len() as u64);
                    job.answer(Ok(wire::decode_answer(&answer)?));
                }
            }
        }
        let run = job.runs().next().ok_or("no run")?.clone();
        match run.status {
            RunStatus::Completed => Ok(run),
            _ => Err(format!("the sync ended {}: {:?}", run.status, run.error).into()),
        }
    }
}

/// Copies executions and log pieces row by row into a database with the same indexes.
fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    drop(open_history(to)?);
    let source = Connection::open(from)?;
    let mut target = Connection::open(to)?;
    target.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    for table in ["executions", "param_index", "log_pieces"] {
        let columns: Vec<String> = source
            .prepare(&format!("SELECT name FROM pragma_table_xinfo('{table}') WHERE hidden = 0"))?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let holes = vec!["?"; columns.len()].join(", ");
        let names = columns.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let mut rows = source.prepare(&format!("SELECT {names} FROM {table}"))?;
        let mut rows = rows.query([])?;
        loop {
            let transaction = target.transaction()?;
            let mut insert = transaction
                .prepare_cached(&format!("INSERT INTO {table} ({names}) VALUES ({holes})"))?;
            let mut copied = 0;
            while copied < 1_000
                && let Some(row) = rows.next()?
            {
                let values = (0..columns.len()).map(|at| row.get::<_, Value>(at));
                insert
                    .execute(rusqlite::params_from_iter(values.collect::<Result<Vec<_>, _>>()?))?;
                copied += 1;
            }
            drop(insert);
            transaction.commit()?;
            if copied < 1_000 {
                break;
            }
        }
    }
    Ok(())
}
