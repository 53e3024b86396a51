//! Syncing: a device's history and its backends.

pub mod carry;
pub mod connection;
pub(crate) mod contents;
pub mod digests;
pub mod displaced;
pub mod engine;
mod heard;
pub mod local;
pub mod message;
mod plain;
pub mod quarantine;
pub mod readiness;
pub mod reading;
mod rewriting;
pub mod run;
pub mod schedule;
mod settled;
mod taking;
pub(crate) mod twins;
pub(crate) mod unsent;
pub mod vault;
pub mod wire;

/// Limits of the protocol. Everything beyond them is refused before anything is allocated for it.
pub mod limits {
    /// The version of the protocol.
    pub const PROTOCOL: u8 = 1;
    /// Largest message in bytes, before compression.
    pub const MESSAGE_BYTES_MAX: usize = 32 << 20;
    /// Largest sealed value in bytes: a record of the largest size, padded and sealed.
    pub const SEALED_BYTES_MAX: usize = crate::codec::RECORD_BYTES_MAX + (2 << 20);
    /// Most records in one message.
    pub const RECORDS_MAX: usize = 16_384;
    /// Most columns in one record.
    pub const CELLS_MAX: usize = crate::codec::RECORD_COLUMNS_MAX;
    /// Most keys that one record drops.
    pub const DROPS_MAX: usize = 65_536;
    /// Most rows in one request to fetch.
    pub const FETCH_ROWS_MAX: usize = 4_096;
    /// Most tables in one vault.
    pub const TABLES_MAX: usize = 4_096;
    /// Longest text in a refusal, in bytes.
    pub const TEXT_BYTES_MAX: usize = 1_024;
    /// How far a clock may be ahead of a relay's, in milliseconds.
    pub const AHEAD_MS_MAX: u64 = 5 * 60 * 1000;
    /// How far above the newest accepted clock of the vault a clock may be all the same, in
    /// milliseconds: who merged a clock that was accepted is not locked out for it.
    pub const ABOVE_NEWEST_MS: u64 = 1000;
    /// How far ahead of its own clock a reader lets a record be before it waits, in milliseconds.
    pub const DEFER_MS: u64 = 24 * 60 * 60 * 1000;
    /// How often a relay writes down that a device is caught up, in milliseconds.
    pub const ACKNOWLEDGED_EVERY_MS: u64 = 6 * 60 * 60 * 1000;
    /// How long a relay waits for a device that it does not hear from before it counts something as
    /// acknowledged by all, in milliseconds.
    pub const HEARD_WITHIN_MS: u64 = 90 * 24 * 60 * 60 * 1000;
}
