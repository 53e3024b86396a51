//! The Runlog store over SQLite.
