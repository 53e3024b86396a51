//! Counters, in the text form that Prometheus reads.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use runlog_core::sync::message::{Answer, Request, Verdict};

const KINDS: [&str; 8] =
    ["pull", "push", "resolve", "compare", "describe", "fetch", "restart", "other"];

#[derive(Default)]
pub(crate) struct Metrics {
    requests: [AtomicU64; KINDS.len()],
    refused: AtomicU64,
    failed: AtomicU64,
    accepted: AtomicU64,
    known: AtomicU64,
    dropped: AtomicU64,
    refused_records: AtomicU64,
    delivered: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    busy_micros: AtomicU64,
}

impl Metrics {
    /// Counts an answered request. Sizes are before compression.
    pub(crate) fn count(
        &self,
        request: &Request,
        answer: &Answer,
        bytes: (usize, usize),
        micros: u64,
    ) {
        let kind = match request {
            Request::Pull(_) => 0,
            Request::Push(_) => 1,
            Request::Resolve(_) => 2,
            Request::Compare(_) => 3,
            Request::Describe(_) => 4,
            Request::Fetch(_) => 5,
            Request::Restart(_) => 6,
            _ => 7,
        };
        add(&self.requests[kind], 1);
        add(&self.bytes_in, bytes.0 as u64);
        add(&self.bytes_out, bytes.1 as u64);
        add(&self.busy_micros, micros);
        match answer {
            Answer::Pushed(pushed) => pushed.verdicts.iter().for_each(|verdict| {
                let counter = match verdict {
                    Verdict::Accepted => &self.accepted,
                    Verdict::Known => &self.known,
                    Verdict::Dropped => &self.dropped,
                    _ => &self.refused_records,
                };
                add(counter, 1);
            }),
            Answer::Page(page) => add(&self.delivered, page.records.len() as u64),
            Answer::Refused(_) => add(&self.refused, 1),
            _ => {}
        }
    }

    pub(crate) fn count_failure(&self) {
        add(&self.failed, 1);
    }

    pub(crate) fn to_text(&self, listeners: usize) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, lines: &[(String, f64)]| {
            let _ = writeln!(text, "# HELP runlog_{name} {help}\n# TYPE runlog_{name} {kind}");
            for (labels, value) in lines {
                let _ = writeln!(text, "runlog_{name}{labels} {value}");
            }
        };
        let plain = |counter: &AtomicU64| [(String::new(), read(counter))];
        let requests: Vec<_> = KINDS
            .iter()
            .zip(&self.requests)
            .map(|(kind, counter)| (format!("{{kind=\"{kind}\"}}"), read(counter)))
            .collect();
        family("requests_total", "counter", "Requests that were answered.", &requests);
        family("refusals_total", "counter", "Requests that were refused.", &plain(&self.refused));
        family(
            "failures_total",
            "counter",
            "Requests that the relay failed.",
            &plain(&self.failed),
        );
        let verdict = |name: &str, counter| (format!("{{verdict=\"{name}\"}}"), read(counter));
        let verdicts = [
            verdict("accepted", &self.accepted),
            verdict("known", &self.known),
            verdict("dropped", &self.dropped),
            verdict("refused", &self.refused_records),
        ];
        family("records_pushed_total", "counter", "Records pushed, by verdict.", &verdicts);
        family("records_delivered_total", "counter", "Records pulled.", &plain(&self.delivered));
        family("request_bytes_total", "counter", "Bytes of requests.", &plain(&self.bytes_in));
        family("answer_bytes_total", "counter", "Bytes of answers.", &plain(&self.bytes_out));
        let seconds = [(String::new(), read(&self.busy_micros) / 1e6)];
        family("request_seconds_total", "counter", "Time spent on requests.", &seconds);
        let listeners = [(String::new(), listeners as f64)];
        family("listeners", "gauge", "Connections that wait for notices.", &listeners);
        text
    }
}

fn add(counter: &AtomicU64, value: u64) {
    counter.fetch_add(value, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> f64 {
    counter.load(Ordering::Relaxed) as f64
}
