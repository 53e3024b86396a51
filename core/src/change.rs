//! Numbers of changes.

/// The number of a local change: ascending, one sequence over everything that syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ChangeNumber(u64);

impl ChangeNumber {
    /// Before the first change; also of what has no number.
    pub const ZERO: Self = Self(0);

    /// From a number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of the following change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
