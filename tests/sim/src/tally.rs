//! How often each kind of fault struck.

use std::collections::BTreeMap;
use std::fmt;

/// Every kind that is counted.
pub const KINDS: [&str; 33] = [
    "a request was lost",
    "an answer was lost",
    "a message was cut off",
    "a bit of a message changed",
    "a request came twice",
    "a request came late",
    "a message took its time",
    "a device could not reach a relay",
    "a process died",
    "a device lost power",
    "a clock jumped ahead by hours",
    "a clock jumped back by hours",
    "a clock stood still",
    "a relay's clock was wrong by hours",
    "a device was set back",
    "a device was copied",
    "a relay was set back",
    "a relay was killed before it committed",
    "a relay was killed between commit and answer",
    "a backend was removed",
    "a backend was removed during its sync",
    "a run was purged",
    "a quota was reached",
    "a quota that was reached was raised",
    "a relay's disk changed a record",
    "a record was altered on its way to a device",
    "a record was altered on its way to a relay",
    "a record was set aside",
    "what did not open opened when it was fetched again",
    "a newer program wrote an unknown column",
    "an older program kept what it does not know",
    "an older program was upgraded",
    "a device became another",
];

/// Counts by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// Counts one more of a kind.
    pub fn strike(&mut self, kind: &'static str) {
        self.add(kind, 1);
    }

    /// Counts some more of a kind.
    pub fn add(&mut self, kind: &'static str, count: u64) {
        assert!(KINDS.contains(&kind), "no kind of fault: {kind}");
        *self.0.entry(kind).or_default() += count;
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(kind, count)| self.add(kind, *count));
    }

    /// How often a kind struck.
    pub fn of(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or(0)
    }
}

/// One kind a line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KINDS.iter().try_for_each(|kind| writeln!(f, "{:>8} {kind}", self.of(kind)))
    }
}
