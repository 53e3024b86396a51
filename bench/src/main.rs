//! Runlog side by side with plain SQLite.

fn main() {}
