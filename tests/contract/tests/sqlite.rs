//! SQLite in a file keeps the promises, with each journal that it is used with.

mod files;

use runlog_sqlite::{Journal, Options};

mod shared {
    use super::*;

    runlog_contract::contract_tests!(#[test] fn => files::Files::new(Options::default()));
}

/// As in a browser: one connection that nobody shares.
mod exclusive {
    use super::*;

    fn options() -> Options {
        Options { journal: Journal::ExclusiveWal, ..Options::default() }
    }

    runlog_contract::contract_tests!(#[test] fn => files::Files::new(options()));
}
