//! A user at a terminal.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use pty_process::blocking::Pty;
use regex::Regex;

use crate::session::{PATIENCE, until};

/// A terminal on which a line runs.
pub(crate) struct Terminal {
    keys: Arc<Pty>,
    screen: Receiver<Vec<u8>>,
    child: Child,
    seen: Vec<u8>,
}

impl Terminal {
    pub(crate) fn new(pty: Pty, child: Child) -> Self {
        let keys = Arc::new(pty);
        let (sender, screen) = channel();
        let reader = Arc::clone(&keys);
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            // The terminal fails to read when nobody holds its other side any more.
            while let Ok(count) = (&*reader).read(&mut block) {
                if count == 0 || sender.send(block[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { keys, screen, child, seen: Vec::new() }
    }

    /// Waits until a text was shown.
    pub(crate) fn shows(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !String::from_utf8_lossy(&self.seen).contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(block) => self.seen.extend(block),
                Err(_) => panic!("'{text}' was not shown: {}", self.seen()),
            }
        }
    }

    /// Waits until a pattern was shown so many times before and once more; what it caught then.
    pub(crate) fn shows_match(&mut self, pattern: &Regex, before: usize) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.seen();
            if let Some(found) = pattern.captures_iter(&seen).nth(before) {
                let caught = found.iter().map(|part| part.map_or("", |part| part.as_str()));
                return caught.map(str::to_owned).collect();
            }
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(block) => self.seen.extend(block),
                Err(_) => panic!("'{pattern}' was not shown: {seen}"),
            }
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        (&*self.keys).write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end: the exit code, and all that was shown.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while let Ok(block) = self.screen.recv_timeout(PATIENCE) {
            self.seen.extend(block);
        }
        let status = until("the shell ends", || self.child.try_wait().unwrap());
        (status.code(), self.seen())
    }

    /// All that was shown so far.
    pub(crate) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).replace("\r\n", "\n")
    }
}
