//! A test that runs itself again in a process of its own, to be killed there.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// The exit status of a process that a fault killed; no test harness uses it.
pub(crate) const KILLED_STATUS: i32 = 86;

/// How a child process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildEnd {
    /// [`Fault::Kill`](crate::Fault::Kill) or
    /// [`Fault::TornWriteThenKill`](crate::Fault::TornWriteThenKill) struck.
    Killed,
    /// The test passed.
    Finished,
}

/// Runs one test of this test program in a child process with environment variables set, and
/// waits for it. Works under `cargo test` and under `cargo nextest`.
///
/// `test` is the full name of the test as the harness lists it (`module::name`; in a file of
/// `tests/` the bare function name). The test looks at the environment to know whether it is the
/// child:
///
/// ```no_run
/// use std::path::PathBuf;
/// use runlog_faults::{ChildEnd, Fault, arm, open, run_in_child, sweep};
///
/// # #[allow(clippy::test_attr_in_doctest)]
/// #[test]
/// fn a_killed_writer_leaves_a_sound_file() {
///     if let Some(path) = std::env::var_os("WRITER").map(PathBuf::from) {
///         arm(&path, std::env::var("PLAN").unwrap().parse().unwrap());
///         return write_and_acknowledge(&path);
///     }
///     let points = sweep(Fault::Kill, false, |plan| {
///         let directory = tempfile::tempdir().unwrap();
///         let path = directory.path().join("runs.db");
///         let env = [("WRITER", path.as_os_str()), ("PLAN", plan.to_string().as_ref())];
///         let end = run_in_child("a_killed_writer_leaves_a_sound_file", env).unwrap();
///         // open the file without faults and compare it with what was acknowledged
///         end == ChildEnd::Killed
///     });
///     assert!(points > 20);
/// }
/// # fn write_and_acknowledge(_: &std::path::Path) {}
/// ```
///
/// The child acknowledges through a file written without a buffer (`File::write_all`): nothing
/// else it holds survives.
///
/// # Errors
///
/// The child could not be started, failed its test, or there is no test of that name. The error
/// holds the child's output.
pub fn run_in_child<K, V>(test: &str, env: impl IntoIterator<Item = (K, V)>) -> io::Result<ChildEnd>
where
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    let output = Command::new(std::env::current_exe()?)
        .args(["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"])
        .envs(env)
        .stdin(Stdio::null())
        .output()?;
    if output.status.code() == Some(KILLED_STATUS) {
        return Ok(ChildEnd::Killed);
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    // A harness that finds no test of the name ends well, too.
    if output.status.success() && stdout.contains("1 passed") {
        return Ok(ChildEnd::Finished);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let status = output.status;
    Err(io::Error::other(format!("{test} in a child process: {status}\n{stdout}\n{stderr}")))
}
