//! A program as people write them: it logs through a library, a line at a time, to its standard
//! output.

use tracing::{Level, event};

use crate::workload::mix;

/// Logs `count` lines of about 125 bytes, each written when it is made.
pub(crate) fn lines(count: u64) {
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stdout).init();
    for number in 0..count {
        let bits = mix(number);
        let (order, items, took_ms) = (bits >> 44, bits & 31, bits >> 8 & 0xff);
        if bits >> 16 & 0xff == 0 {
            event!(Level::WARN, order, took_ms, "payment provider answered late, trying again");
        } else {
            event!(Level::INFO, order, items, took_ms, "order accepted, invoice queued");
        }
    }
}
