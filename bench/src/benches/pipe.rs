//! A million lines through `runlog run`, beside the same program and a plain pipe.

use std::path::Path;
use std::process::{Command, Stdio};

use runlog::Runlog;
use runlog::query::ListQuery;

use crate::Failed;
use crate::measure::{Compared, Timed};
use crate::report::{Finding, Target};
use crate::setup::Setup;

/// A program that prints lines.
struct Producer {
    name: &'static str,
    target: Target,
    program: String,
    arguments: Vec<String>,
}

/// Logs as a Python program does, each line flushed by the handler.
const PYTHON: &str = "
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.INFO,
    format='%(asctime)s %(levelname)s %(name)s %(process)d: %(message)s')
log = logging.getLogger('shop.orders')
for number in range(int(sys.argv[1])):
    log.info('order %d accepted with %d items, invoice queued after %d ms',
        number * 7919 % 1048576, number % 31, number * 31 % 256)
";

/// Prints through a buffer, as a program does that only filters text.
const AWK: &str = r#"BEGIN {
    for (n = 0; n < count; n++)
        printf "2026-11-21T12:%02d:%02d INFO shop.orders order=%d items=%d took_ms=%d \
order accepted, invoice queued for the customer\n", n / 60 % 60, n % 60, n * 7919 % 1048576, n % 31, n * 31 % 256
}"#;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let runlog = setup.runlog()?;
    let lines = setup.size(1_000_000, 5_000);
    let count = lines.to_string();
    let this = std::env::current_exe()?.to_string_lossy().into_owned();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let producers = [
        Producer {
            name: "a million lines of a Rust program that logs, of a plain pipe's time",
            target: Target::AtMost(1.25),
            program: this,
            arguments: words(&["produce", &count]),
        },
        Producer {
            name: "a million lines of a Python program that logs",
            target: Target::None,
            program: "python3".to_owned(),
            arguments: words(&["-c", PYTHON, &count]),
        },
        Producer {
            name: "a million lines of awk, written in blocks",
            target: Target::None,
            program: "awk".to_owned(),
            arguments: words(&["-v", &format!("count={count}"), AWK]),
        },
    ];
    let mut findings = Vec::new();
    for producer in producers {
        if Command::new(&producer.program).arg("--version").output().is_err() {
            eprintln!("  {} is missing: left out", producer.program);
            continue;
        }
        let mut compared = Compared::default();
        let mut bytes = 0;
        let rounds = match producer.target {
            Target::None => 1,
            _ => setup.rounds(),
        };
        for _ in 0..rounds {
            let home = setup.scratch()?;
            let [mut recorded, mut piped] = [Timed::default(); 2];
            piped.add(|| through_cat(&producer))?;
            recorded.add(|| through_runlog(&producer, &runlog, home.path()))?;
            bytes = recorded_bytes(home.path(), lines)?;
            compared.push(piped, recorded, lines);
        }
        let notes = format!(
            "{:.2} s and {:.2} s; {} bytes a line",
            lines as f64 / compared.baseline.median(),
            lines as f64 / compared.product.median(),
            bytes / lines
        );
        findings.push(Finding::new(producer.name, producer.target, compared.wall).notes(notes));
    }
    Ok(findings)
}

fn through_cat(producer: &Producer) -> Result<(), Failed> {
    let mut program = Command::new(&producer.program)
        .args(&producer.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = program.stdout.take().ok_or("no pipe")?;
    let cat = Command::new("cat").stdin(output).stdout(Stdio::null()).status()?;
    if cat.success() && program.wait()?.success() { Ok(()) } else { Err("the pipe failed".into()) }
}

fn through_runlog(producer: &Producer, runlog: &Path, home: &Path) -> Result<(), Failed> {
    let status = Command::new(runlog)
        .args(["run", "--", &producer.program])
        .args(&producer.arguments)
        .env("RUNLOG_HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("runlog left with {status}").into()) }
}

/// Bytes of text of the only run, all of whose lines must be there.
fn recorded_bytes(home: &Path, lines: u64) -> Result<u64, Failed> {
    let runlog = Runlog::open(home.join("history.db"))?;
    let newest = runlog.list(&ListQuery::newest(1))?;
    let id = newest.executions.first().ok_or("nothing was recorded")?.id;
    let (pieces, gaps) =
        runlog.read(|reader| Ok((reader.tx().pieces(id, 0..=u64::MAX)?, reader.tx().gaps(id)?)))?;
    let recorded: u64 = pieces.iter().map(|piece| piece.last - piece.first + 1).sum();
    if recorded != lines || !gaps.is_empty() {
        return Err(format!("{recorded} lines of {lines} were recorded, {gaps:?}").into());
    }
    Ok(pieces.iter().map(|piece| piece.bytes).sum())
}
