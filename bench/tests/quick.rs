//! Every bench runs, and its assertions about what was written hold. Speed is not looked at.

use std::process::Command;

#[test]
fn every_bench_runs() {
    let output = Command::new(env!("CARGO_BIN_EXE_runlog-bench")).arg("--quick").output();
    let output = output.expect("the benches can be started");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    let names = [
        "executions",
        "log lines",
        "merge",
        "open at",
        "memory",
        "first sync",
        "unchanged",
        "PostgreSQL",
        "200 devices",
        "ten short fields",
        "seen elsewhere",
    ];
    for name in names {
        assert!(stdout.contains(name), "{stdout}{stderr}");
    }
}
