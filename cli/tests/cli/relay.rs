//! A relay run by the program itself, and devices beside each other.

use std::process::Command;

use serde_json::Value;

use crate::session::{Background, Session};

/// A relay with an account, and the homes of devices in one session's directory.
pub(crate) struct Relay {
    pub(crate) session: Session,
    pub(crate) url: String,
    code: String,
    options: String,
    running: Option<Background>,
}

/// What a device keeps its secret with.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

impl Relay {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With further options of `runlog serve`.
    pub(crate) fn with(options: &str) -> Self {
        let session = Session::new();
        let (url, code, running) = serve(&session, 0, options);
        let (code, options) = (code.unwrap(), options.to_owned());
        Self { session, url, code, options, running: Some(running) }
    }

    /// One that somebody else runs, and a new session.
    pub(crate) fn elsewhere(url: String, code: String) -> Self {
        Self { session: Session::new(), url, code, options: String::new(), running: None }
    }

    pub(crate) fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    pub(crate) fn start_again(&mut self) {
        let port = self.url.rsplit_once(':').unwrap().1.parse().unwrap();
        let (_, code, running) = serve(&self.session, port, &self.options);
        assert_eq!(code, None, "there is an account");
        self.running = Some(running);
    }

    /// A line of a device: in a home of its own, with what it needs to unlock its vault.
    pub(crate) fn line(&self, device: &str, line: &str) -> String {
        format!("export {}; {line}", self.variables(device))
    }

    fn variables(&self, device: &str) -> String {
        let home = self.session.directory().join(device);
        format!("RUNLOG_HOME={} RUNLOG_PASSPHRASE='{PASSPHRASE}'", home.display())
    }

    /// Runs a program of a device beside the test.
    pub(crate) fn background(&self, device: &str, line: &str) -> Background {
        self.session.background(&format!("env {} {line}", self.variables(device)))
    }

    pub(crate) fn stdout(&self, device: &str, line: &str) -> String {
        self.session.stdout(&self.line(device, line))
    }

    pub(crate) fn json(&self, device: &str, line: &str) -> Value {
        self.session.json(&self.line(device, line))
    }

    pub(crate) fn shell(&self, device: &str, line: &str) -> Command {
        self.session.shell(&self.line(device, line))
    }

    /// What a user sees; addresses and identities made equal.
    pub(crate) fn see(&self, device: &str, line: &str) -> String {
        let seen = self.session.see(&self.line(device, line));
        let port = self.url.rsplit_once(':').unwrap().1;
        let seen = seen.replace(&format!(":{port}"), ":[port]");
        let vault = regex::Regex::new(r"\b[0-9a-f]{32}\b").unwrap();
        vault.replace_all(&seen, "[vault]").into_owned()
    }

    /// The first device of a vault, which has made room for it at the relay.
    pub(crate) fn first_device(&self, device: &str) -> Value {
        let made = self.json(device, "runlog vault init --yes --json");
        let add = format!("RUNLOG_ACCOUNT_TOKEN={} runlog backend add {}", self.code, self.url);
        self.stdout(device, &add);
        made
    }

    /// Another device, let in by the first with a code.
    pub(crate) fn second_device(&self, first: &str, device: &str) {
        let code = self.stdout(first, "runlog device pair");
        let join =
            format!("RUNLOG_PAIRING_CODE={} runlog vault join --relay {}", code.trim(), self.url);
        self.stdout(device, &join);
    }
}

fn serve(session: &Session, port: u16, options: &str) -> (String, Option<String>, Background) {
    let home = session.directory().join("relay");
    let line = format!(
        "runlog --home {} serve --json --listen 127.0.0.1:{port} {options}",
        home.display()
    );
    let mut running = session.background(&line);
    let first = running.lines().next().unwrap().unwrap();
    let told: Value = serde_json::from_str(&first).unwrap();
    let code = told["setup_code"].as_str().map(str::to_owned);
    (told["url"].as_str().unwrap().to_owned(), code, running)
}
