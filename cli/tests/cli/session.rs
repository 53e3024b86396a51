//! A user at a shell, with a history and a home of their own.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pty_process::blocking::{Command as PtyCommand, open};
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

use crate::terminal::Terminal;

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A shell with nothing of the developer's environment, and `runlog` in its path.
pub(crate) struct Session {
    directory: TempDir,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// The directory in which everything happens.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where the history is.
    pub(crate) fn home(&self) -> PathBuf {
        self.directory().join("history")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.home().join("history.db")
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let bin = Path::new(env!("CARGO_BIN_EXE_runlog")).parent().unwrap().display().to_string();
        vec![
            ("PATH", format!("{bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")),
            ("HOME", self.directory().display().to_string()),
            ("RUNLOG_HOME", self.home().display().to_string()),
            ("USER", "ada".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("COLUMNS", "100".to_owned()),
            ("NO_COLOR", "1".to_owned()),
        ]
    }

    /// A shell that will run a line.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).env_clear().envs(self.environment());
        command.current_dir(self.directory()).stdin(Stdio::null());
        command
    }

    /// Runs a line beside the test. What it prints on stderr is lost.
    pub(crate) fn background(&self, line: &str) -> Background {
        let mut shell = self.shell(&format!("exec {line}"));
        Background(shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Runs a line.
    pub(crate) fn output(&self, line: &str) -> Output {
        self.shell(line).output().unwrap()
    }

    /// What a line prints on stdout; it must succeed.
    pub(crate) fn stdout(&self, line: &str) -> String {
        let output = self.output(line);
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a line prints, as JSON.
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.stdout(line)).unwrap()
    }

    /// Runs a line and gives what a user sees: stdout, then stderr marked with `!`, then the exit
    /// code where it is not zero; with what differs from run to run made equal.
    pub(crate) fn see(&self, line: &str) -> String {
        let output = self.output(line);
        let mut seen = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            seen.push_str(&format!("! {line}\n"));
        }
        match output.status.code() {
            Some(0) => {}
            Some(code) => seen.push_str(&format!("[exit {code}]\n")),
            None => seen.push_str("[killed]\n"),
        }
        self.normalised(&seen)
    }

    /// Runs a line on a terminal of so many columns.
    pub(crate) fn terminal(&self, line: &str, columns: u16) -> Terminal {
        let (pty, pts) = open().unwrap();
        pty.resize(pty_process::Size::new(24, columns)).unwrap();
        let environment = self.environment().into_iter().filter(|(name, _)| *name != "COLUMNS");
        let command = PtyCommand::new("sh")
            .args(["-c", line])
            .env_clear()
            .envs(environment)
            .env("TERM", "xterm-256color")
            .current_dir(self.directory());
        Terminal::new(pty, command.spawn(pts).unwrap())
    }

    /// The short id of the newest execution, once there is one.
    pub(crate) fn started(&self) -> String {
        until("an execution is recorded", || {
            let listed = self.json("runlog list --json -n 1");
            let id = listed[0]["id"].as_str()?;
            Some(id[id.len() - 8..].to_owned())
        })
    }

    /// The newest execution.
    pub(crate) fn newest(&self) -> Value {
        self.json("runlog list --json -n 1")[0].clone()
    }

    /// The short id of the newest execution.
    pub(crate) fn newest_id(&self) -> String {
        let id = self.newest()["id"].as_str().unwrap().to_owned();
        id[id.len() - 8..].to_owned()
    }

    /// Makes equal what differs from run to run. Ids become numbers in the order in which they are
    /// seen.
    pub(crate) fn normalised(&self, text: &str) -> String {
        let replaced = |text: &str, pattern: &str, by: &str| {
            Regex::new(pattern).unwrap().replace_all(text, by).into_owned()
        };
        let mut text = text.replace(&*self.directory().to_string_lossy(), "[dir]");
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        for (pattern, by) in [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[time]".to_owned()),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]".to_owned()),
            (r"\((just now|\d+ s ago)\)", "(just now)".to_owned()),
            (r"(just now|\d+ s ago) +", "just now  ".to_owned()),
            (r"STARTED +", "STARTED   ".to_owned()),
            (r"WHEN +", "WHEN      ".to_owned()),
            (r" *\b(\d+ms|\d+\.\ds)", "  [took]".to_owned()),
            (r" +TOOK", "    TOOK".to_owned()),
            (r#""(duration_ms|database|wal)": ?\d+"#, r#""$1": [number]"#.to_owned()),
            (r"[\d.]+ (B|KiB|MiB)\b", "[size]".to_owned()),
            (r#"("host_name": ?)"[^"]*""#, r#"$1"[host]""#.to_owned()),
            (r#"("device_id": ?)"[^"]*""#, r#"$1"[device]""#.to_owned()),
            (r"(Device +)[0-9a-f-]{36}", "${1}[device]".to_owned()),
            (&format!(r"(Host +){}", regex::escape(&host)), "${1}[host]".to_owned()),
            (r"\bc0[0-9a-f]{32}\b", "[cursor]".to_owned()),
        ] {
            text = replaced(&text, pattern, &by);
        }
        numbered(&text)
    }
}

/// Replaces ids, short and full, by numbers of the width of a short id.
fn numbered(text: &str) -> String {
    let id = Regex::new(
        r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})?([0-9a-f]{8})\b",
    )
    .unwrap();
    let mut known: Vec<String> = Vec::new();
    let numbered = id.replace_all(text, |found: &regex::Captures<'_>| {
        let short = &found[1];
        let number = known.iter().position(|id| id == short).unwrap_or_else(|| {
            known.push(short.to_owned());
            known.len() - 1
        });
        let full = if found[0].len() > 8 { "full-" } else { "" };
        format!("{full}id-{:05}", number + 1)
    });
    numbered.into_owned()
}

/// A process that does not outlive the test, however the test ends.
pub(crate) struct Background(pub(crate) Child);

impl Background {
    /// The exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }

    /// Ends it as a failing machine would: nothing of it runs any more.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Its stdout, line by line.
    pub(crate) fn lines(&mut self) -> Lines<BufReader<ChildStdout>> {
        BufReader::new(self.0.stdout.take().unwrap()).lines()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Fails where it has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so.
pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not happen in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
