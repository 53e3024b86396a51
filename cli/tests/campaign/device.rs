//! One device: a home, and the commands that its user gives.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::process::Process;

/// What the first device keeps its secret with; the others keep theirs in a file.
const PASSPHRASE: &str = "correct horse battery staple";

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) number: usize,
    home: PathBuf,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Killed,
    Left { code: i32, stderr: String },
}

impl Ended {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Left { code: 0, .. })
    }
}

impl Device {
    pub(crate) fn new(number: usize, home: PathBuf) -> Self {
        Self { number, home }
    }

    /// How it keeps the vault's secret.
    pub(crate) fn keep(&self) -> &'static str {
        if self.number == 0 { "passphrase" } else { "file" }
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runlog"));
        command.args(words).env_clear().env("PATH", "/usr/bin:/bin").env("USER", "ada");
        command.env("RUNLOG_HOME", &self.home).env("RUNLOG_PASSPHRASE", PASSPHRASE);
        command
    }

    /// Runs a command, and kills it where it has not ended by then.
    pub(crate) fn run(&self, words: &[&str], killed_after: Option<Duration>) -> Ended {
        let process = Process::start_unread(self.command(words));
        match killed_after {
            Some(time) => process.end_within(time).map_or(Ended::Killed, ended),
            None => ended(process.end()),
        }
    }

    /// What a command prints on stdout; it must succeed.
    pub(crate) fn stdout(&self, words: &[&str]) -> String {
        self.stdout_of(self.command(words))
    }

    /// How a command ended, whatever its exit code.
    pub(crate) fn output(&self, words: &[&str]) -> Output {
        Process::start(self.command(words)).end()
    }

    pub(crate) fn stdout_of(&self, command: Command) -> String {
        let shown = format!("{:?}", command.get_args());
        let output = Process::start(command).end();
        assert!(output.status.success(), "device {}: {shown}: {output:?}", self.number);
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.stdout(words)).unwrap()
    }

    /// All executions, in the trash or not, newest first.
    pub(crate) fn executions(&self) -> Vec<Value> {
        let listed = [
            &["list", "--json", "-n", "10000"][..],
            &["list", "--json", "-n", "10000", "--deleted"],
        ];
        let listed = listed.map(|words| match self.json(words) {
            Value::Array(executions) => executions,
            other => panic!("{other}"),
        });
        listed.concat()
    }
}

pub(crate) fn ended(output: Output) -> Ended {
    let code = output.status.code().unwrap_or(-1);
    Ended::Left { code, stderr: String::from_utf8_lossy(&output.stderr).into_owned() }
}
