//! Every bench runs, and its assertions about what was written hold. Speed is not looked at.

use std::process::Command;

#[test]
fn every_bench_runs() {
    let output = Command::new(env!("CARGO_BIN_EXE_runlog-bench")).arg("--quick").output();
    let output = output.expect("the benches can be started");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    for name in ["executions", "log lines", "merge", "open at", "memory"] {
        assert!(stdout.contains(name), "{stdout}{stderr}");
    }
}
