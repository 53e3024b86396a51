//! What `runlog run` adds to a program that does nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Failed;
use crate::measure::Samples;
use crate::report::{Finding, Target};
use crate::setup::Setup;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let runlog = setup.runlog()?;
    let home = setup.scratch()?;
    let calls = setup.size(30, 3);
    let (mut more_ms, mut plain_ms) = (Samples::default(), Samples::default());
    // The first call makes the database.
    recorded(&runlog, home.path())?;
    for _ in 0..setup.rounds() {
        let (mut by_runlog, mut plainly) = (Samples::default(), Samples::default());
        for _ in 0..calls {
            plainly.push(millis(&mut Command::new("true"))?);
            by_runlog.push(recorded(&runlog, home.path())?);
        }
        more_ms.push(by_runlog.median() - plainly.median());
        plain_ms.push(plainly.median());
    }
    let notes = format!("plain `true` {:.1} ms; median of {calls} calls", plain_ms.median());
    Ok(vec![
        Finding::new("`runlog run -- true`, more than `true`", Target::AtMost(25.0), more_ms)
            .unit(" ms")
            .notes(notes),
    ])
}

fn recorded(runlog: &Path, home: &Path) -> Result<f64, Failed> {
    let mut command = Command::new(runlog);
    command.args(["run", "--", "true"]).env("RUNLOG_HOME", home);
    millis(&mut command)
}

fn millis(command: &mut Command) -> Result<f64, Failed> {
    let began = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("{command:?} left with {status}").into());
    }
    Ok(began.elapsed().as_secs_f64() * 1e3)
}
