//! Memory of `runlog run` while a program prints a gigabyte without a line end.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Failed;
use crate::measure::{Samples, peak_kib};
use crate::report::{Finding, Target};
use crate::setup::Setup;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let runlog = setup.runlog()?;
    let bytes = setup.size(1_000_000_000, 10_000_000);
    // Text that hardly compresses, so that the database grows as far as its limits allow.
    let program = format!("base64 -w 0 /dev/urandom | head -c {bytes}");
    let mut most = Samples::default();
    for _ in 0..setup.rounds().min(3) {
        let home = setup.scratch()?;
        let mut child = Command::new(&runlog)
            .args(["run", "--", "sh", "-c", &program])
            .env("RUNLOG_HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut peak = 0;
        // The peak only grows: the last reading before the end is all but the end's.
        while child.try_wait()?.is_none() {
            peak = peak_kib(child.id()).unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(2));
        }
        if !child.wait()?.success() || peak == 0 {
            return Err("the program failed, or its memory cannot be read".into());
        }
        most.push(f64::from(peak) / 1024.0);
    }
    let notes = format!("resident at its peak; {} MB printed", bytes / 1_000_000);
    Ok(vec![
        Finding::new("memory while a line of 1 GB passes", Target::AtMost(64.0), most)
            .unit(" MiB")
            .notes(notes),
    ])
}
