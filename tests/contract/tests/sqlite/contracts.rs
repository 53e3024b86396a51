//! SQLite in a file keeps the promises, with each journal that it is used with.

use runlog_sqlite::{Journal, Options};

use crate::files::Files;

mod shared {
    use super::*;

    runlog_contract::contract_tests!(#[test] fn => Files::new(Options::default()));
}

/// As in a browser: one connection that nobody shares.
mod exclusive {
    use super::*;

    const OPTIONS: fn() -> Options =
        || Options { journal: Journal::ExclusiveWal, ..Options::default() };

    runlog_contract::contract_tests!(#[test] fn => Files::new(OPTIONS()));
}
