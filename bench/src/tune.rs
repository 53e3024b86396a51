//! Bytes and rate of stored log pieces, by level of zstd, size of a piece and size of a page: to
//! choose the constants of `core/src/log` and `sqlite/src/pieces.rs`.

use std::path::Path;

use runlog_core::log::{Lines, encode_lines};
use rusqlite::{Connection, params};
use zstd::bulk::Compressor;

use crate::Failed;
use crate::corpus::{self, Times};
use crate::measure::{Timed, thousands};
use crate::setup::{Setup, file_bytes, open_history};
use crate::workload::mix;

/// Lines a transaction, as the recorder takes them at most.
const BATCH_LINES: usize = 4_000;

/// What is varied.
#[derive(Clone, Copy, Debug)]
struct Variant {
    level: i32,
    piece_bytes: usize,
    page_bytes: u32,
}

const NOW: Variant = Variant { level: 3, piece_bytes: 128 << 10, page_bytes: 4_096 };

pub(crate) fn run(setup: &Setup) -> Result<(), Failed> {
    let short = logs(setup.size(1_000, 8), 500)?;
    let long = logs(setup.size(48, 8), 10_000)?;
    let mut variants = vec![NOW];
    variants.extend([1, 2, 4, 5, 6, 7, 9, 12, 15].map(|level| Variant { level, ..NOW }));
    variants.extend([32, 64, 256, 512].map(|kib| Variant { piece_bytes: kib << 10, ..NOW }));
    variants.extend([1_024, 2_048, 8_192, 16_384].map(|page_bytes| Variant { page_bytes, ..NOW }));
    println!(
        "level  piece KiB  page | 500 lines: file  data  lines/s | 10,000 lines: file  data  lines/s"
    );
    for variant in variants {
        let Variant { level, piece_bytes, page_bytes } = variant;
        print!("{level:>5}  {:>9}  {page_bytes:>5}", piece_bytes >> 10);
        for logs in [&short, &long] {
            let [file, data, rate] = stored(setup, variant, logs)?;
            print!(" | {file:.4} {data:.4} {:>6}", thousands(rate));
        }
        println!();
    }
    Ok(())
}

fn logs(runs: u64, lines: usize) -> Result<Vec<Lines>, Failed> {
    let kinds = corpus::load()?;
    let log = |run: u64| {
        let (at, kind) = (run as usize / kinds.len(), &kinds[run as usize % kinds.len()]);
        let (mut times, mut batch) = (Times::new(run), Lines::new());
        let part = kind.part(at, runs as usize / kinds.len(), lines);
        part.for_each(|line| batch.push(times.stamp(line)));
        batch.detect_levels();
        batch
    };
    Ok((0..runs).map(log).collect())
}

/// Bytes of the file and of the pieces by those of the text, and lines a second on the processor.
fn stored(setup: &Setup, variant: Variant, logs: &[Lines]) -> Result<[f64; 3], Failed> {
    let scratch = setup.scratch()?;
    let path = scratch.path().join("pieces.db");
    let mut connection = create(&path, variant.page_bytes)?;
    let mut compressor = Compressor::new(variant.level)?;
    let (mut time, mut raw, mut data, mut text, mut count) =
        (Timed::default(), Vec::new(), 0, 0, 0);
    for (log, lines) in (0..).zip(logs) {
        text += lines.bytes();
        count += lines.len() as u64;
        let mut rest = lines.clone();
        time.add(|| {
            let tx = connection.transaction()?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO log_pieces (execution, device, first, last, bytes, last_at, contents,
                     sealed, change, data) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, 1, ?2, ?7)",
            )?;
            let mut first = 1;
            while !rest.is_empty() {
                let cut = rest.reach(0, BATCH_LINES.max(16_000), variant.piece_bytes);
                let tail = rest.split_off(cut);
                raw.clear();
                encode_lines(&rest, &mut raw);
                let packed = compressor.compress(&raw)?;
                data += packed.len();
                let last = first + rest.len() - 1;
                let mut id = [0; 16];
                id[8..].copy_from_slice(&mix(log).to_be_bytes());
                insert.execute(params![
                    id,
                    first as i64,
                    last as i64,
                    rest.bytes() as i64,
                    rest.last_at().as_millis(),
                    rest.contents().bits(),
                    packed,
                ])?;
                first = last + 1;
                rest = tail;
            }
            drop(insert);
            Ok(tx.commit()?)
        })?;
    }
    let file = file_bytes(&connection, &path)? as f64;
    let rate = count as f64 / time.processor.as_secs_f64();
    Ok([file / text as f64, data as f64 / text as f64, rate])
}

/// The table of pieces with its indexes, and no other.
fn create(path: &Path, page_bytes: u32) -> Result<Connection, Failed> {
    let fresh = open_history(&path.with_extension("fresh"))?;
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", page_bytes)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    let mut select = fresh.store().connection().prepare(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = 'log_pieces' AND sql IS NOT NULL
         ORDER BY type = 'index'",
    )?;
    for sql in select.query_map([], |row| row.get::<_, String>(0))? {
        connection.execute_batch(&sql?)?;
    }
    Ok(connection)
}
