//! Processes of the program that are ended at a moment of our own choice.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How often a process is asked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A process that does not outlive the test, however the test ends.
pub(crate) struct Process(Option<Child>);

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(Some(command.spawn().unwrap()))
    }

    /// One of which nobody reads stdout, so that it never waits for a reader.
    pub(crate) fn start_unread(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self(Some(command.spawn().unwrap()))
    }

    /// The first line that it prints on stdout.
    pub(crate) fn first_line(&mut self) -> String {
        let stdout = self.0.as_mut().unwrap().stdout.as_mut().unwrap();
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        line
    }

    /// Lets it run so long, then kills it: `None` where it was killed.
    pub(crate) fn end_within(mut self, time: Duration) -> Option<Output> {
        let until = Instant::now() + time;
        let mut child = self.0.take().unwrap();
        loop {
            if child.try_wait().unwrap().is_some() {
                return Some(child.wait_with_output().unwrap());
            }
            if Instant::now() >= until {
                break;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        None
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }

    /// Ends it as a failing machine would.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // Fails where it has ended, which is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
