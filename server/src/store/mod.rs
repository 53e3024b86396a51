//! What a relay keeps on disk, behind two small traits: [`VaultTx`] for the records of one vault,
//! and [`AccessTx`] for who may reach them. Decisions are not made here: see [`runlog_core::relay`].
//!
//! Both are synchronous. A request to a relay is one transaction of a few bulk statements, so a
//! thread for each that runs is enough, and the same code drives every database.

mod columns;
mod postgres;

mod sqlite;

use std::collections::{BTreeSet, HashMap};
use std::error::Error as _;
use std::path::PathBuf;

use runlog_core::id::DeviceId;
use runlog_core::relay::{
    CaughtUp, Change, DamagePlan, DeviceState, Header, HeldRow, Prepared, PushPlan, Vault,
};
use runlog_core::sealed::{Digest, MailboxId, OpaqueKey, PushId, SealedRecord, TableTag, VaultId};
use runlog_core::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::postgres::{PostgresAddress, PostgresAddressError, PostgresStore};
pub use self::sqlite::SqliteStore;

/// Why a store failed. Nothing of the transaction was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database is of a newer program.
    #[error("the database has version {found}; this program knows {known}: upgrade it")]
    Newer {
        /// The version found.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// A column holds what no program of ours writes.
    #[error("the database is damaged: {0}")]
    Corrupt(&'static str),
    /// SQLite failed.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The commit that a transaction shared with others failed.
    #[error("SQLite: {0}")]
    Shared(String),
    /// PostgreSQL failed.
    #[error("PostgreSQL: {}", describe(.0))]
    Postgres(#[from] ::postgres::Error),
    /// The certificates that may vouch for PostgreSQL cannot be used.
    #[error("{}: {detail}", path.display())]
    Roots {
        /// Their file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// TLS cannot be spoken.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A message was too large to be kept.
    #[error("{0}")]
    Message(#[from] runlog_core::codec::DecodeError),
}

/// The driver's own words leave out what the server said, and what was in the way.
fn describe(error: &::postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.to_string(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// What a store answers.
pub type StoreResult<T> = Result<T, StoreError>;

/// Work on a vault. It may be run more than once, where the database asks to try again.
pub type VaultWork<'a> = dyn FnMut(&mut dyn VaultTx) -> StoreResult<()> + 'a;

/// Work on accounts and access. It may be run more than once.
pub type AccessWork<'a> = dyn FnMut(&mut dyn AccessTx) -> StoreResult<()> + 'a;

/// A database of a relay.
pub trait RelayStore: Send + Sync + 'static {
    /// Runs `work` on one snapshot of a vault. Whether the vault is there.
    ///
    /// # Errors
    /// What `work` and the database fail with.
    fn read_vault(&self, vault: VaultId, work: &mut VaultWork<'_>) -> StoreResult<bool>;

    /// Runs `work` in a transaction that locks the vault by a statement of its own before anything
    /// is read, and is on disk when this returns. Whether the vault is there.
    ///
    /// # Errors
    /// What `work` and the database fail with.
    fn write_vault(&self, vault: VaultId, work: &mut VaultWork<'_>) -> StoreResult<bool>;

    /// Runs `work`, which only reads, on accounts and access.
    ///
    /// # Errors
    /// What `work` and the database fail with.
    fn read_access(&self, work: &mut AccessWork<'_>) -> StoreResult<()>;

    /// Runs `work` on accounts and access, in a transaction that is on disk when this returns.
    ///
    /// # Errors
    /// What `work` and the database fail with.
    fn write_access(&self, work: &mut AccessWork<'_>) -> StoreResult<()>;

    /// How many transactions can run at once.
    fn parallelism(&self) -> Parallelism;
}

/// How many transactions a store runs at once. Further ones wait without a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parallelism {
    /// Of those that read.
    pub reads: usize,
    /// Of those that write.
    pub writes: usize,
}

/// A record as it is held.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its sequence.
    pub sequence: u64,
    /// Who pushed it.
    pub pusher: DeviceId,
    /// The record.
    pub record: SealedRecord,
    /// Its checksum when it came.
    pub checksum: u64,
    /// What it counts against the quota since it came, in bytes.
    pub weight: u64,
}

impl Stored {
    /// Whether its checksum fails.
    pub fn is_damaged(&self) -> bool {
        runlog_core::relay::checksum(&self.record) != self.checksum
    }

    /// Its header, with the damage found.
    pub fn header(&self) -> Header {
        let header = Header::new(self.sequence, &self.record);
        Header { damaged: self.is_damaged(), weight: self.weight, ..header }
    }
}

/// A record's line in an index, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its sequence.
    pub sequence: u64,
    /// Its row.
    pub row: OpaqueKey,
    /// What it weighs in a page, in bytes.
    pub weight: u64,
}

/// Some rows of a vault.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Those of a table whose key begins with this byte, after a row.
    Part {
        /// The table.
        table: TableTag,
        /// The first byte.
        part: u8,
        /// Rows after this one.
        after: Option<OpaqueKey>,
    },
    /// These.
    Rows(&'a [OpaqueKey]),
}

/// One vault in a transaction.
pub trait VaultTx {
    /// The vault's counters.
    fn vault(&mut self) -> StoreResult<Vault>;
    /// What is remembered of a device.
    fn device(&mut self, device: DeviceId) -> StoreResult<DeviceState>;
    /// Up to where all devices heard from since a time are caught up; zero where one never was.
    fn acknowledged(&mut self, since: Timestamp) -> StoreResult<u64>;
    /// Writes down that a device is caught up.
    fn note_caught_up(&mut self, device: DeviceId, caught_up: CaughtUp) -> StoreResult<()>;
    /// The push that took a sequence.
    fn push_at(&mut self, sequence: u64) -> StoreResult<Option<PushId>>;
    /// Headers, with their damage found, and floors of rows. Rows of which nothing is held are left
    /// out.
    fn rows(&mut self, keys: &BTreeSet<OpaqueKey>) -> StoreResult<HashMap<OpaqueKey, HeldRow>>;
    /// Records after a sequence, ascending, but for those that one device pushed.
    fn list_after(
        &mut self,
        after: u64,
        except: Option<DeviceId>,
        limit: usize,
    ) -> StoreResult<Vec<Listed>>;
    /// Records of some rows, ordered by row and sequence.
    fn list_rows(&mut self, rows: Selection<'_>, limit: usize) -> StoreResult<Vec<Listed>>;
    /// The records of these sequences, in their order.
    fn records(&mut self, sequences: &[u64]) -> StoreResult<Vec<Stored>>;
    /// Visits every record of a table, ordered by row and sequence.
    fn scan(&mut self, table: TableTag, visit: &mut dyn FnMut(Stored)) -> StoreResult<()>;
    /// The maintained digests.
    fn digests(&mut self) -> StoreResult<Vec<(TableTag, Digest)>>;
    /// Carries out what was decided about a push.
    fn carry_out(
        &mut self,
        device: DeviceId,
        prepared: &Prepared<'_>,
        plan: &PushPlan,
    ) -> StoreResult<()>;
    /// Writes vault, place and device.
    fn change(&mut self, device: DeviceId, change: &Change) -> StoreResult<()>;
    /// Removes damaged records.
    fn let_go(&mut self, plan: &DamagePlan) -> StoreResult<()>;
}

/// The SHA-256 of a token or key.
pub type Hash = [u8; 32];

/// Identity of an account.
pub type AccountId = [u8; 16];

/// What somebody may do in a vault; each may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Pull.
    Reader,
    /// Push.
    Writer,
    /// Decide who else may.
    Owner,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its identity.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// The hash of its token.
    pub token: Hash,
    /// Whether it may make further accounts.
    pub may_invite: bool,
}

/// A vault to be made.
#[derive(Clone, Debug)]
pub struct NewVault {
    /// The vault.
    pub id: VaultId,
    /// The hash of its access key.
    pub verifier: Hash,
    /// Its name, sealed.
    pub name: Option<Vec<u8>>,
    /// Bytes that it may take.
    pub quota: u64,
    /// Who owns it.
    pub owner: AccountId,
}

/// A device to be let in.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// The device.
    pub id: DeviceId,
    /// The hash of its token.
    pub token: Hash,
    /// What it may do at most.
    pub role: Role,
    /// The account that let it in; none where it showed the vault's access key.
    pub account: Option<AccountId>,
}

/// A device of a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub id: DeviceId,
    /// What it may do: no more than its account, and nothing once that is no member.
    pub role: Option<Role>,
    /// When it was let in.
    pub created_at: Timestamp,
    /// When it last asked for something.
    pub seen_at: Option<Timestamp>,
    /// Whether it was shut out.
    pub revoked: bool,
}

/// Who a device token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The vault.
    pub vault: VaultId,
    /// The device.
    pub device: DeviceId,
    /// What it may do.
    pub role: Role,
    /// The stored hash of its token.
    pub token: Hash,
}

/// Accounts, members, devices and mailboxes in a transaction.
pub trait AccessTx {
    /// Whether there is any account.
    fn has_accounts(&mut self) -> StoreResult<bool>;
    /// Replaces the set-up code; `None` removes it.
    fn set_setup_code(&mut self, code: Option<Hash>) -> StoreResult<()>;
    /// The set-up code.
    fn setup_code(&mut self) -> StoreResult<Option<Hash>>;
    /// Adds an account.
    fn add_account(&mut self, account: &Account, now: Timestamp) -> StoreResult<()>;
    /// The account of a token.
    fn account(&mut self, token: &Hash) -> StoreResult<Option<Account>>;
    /// Adds a vault with its owner. Whether it was new.
    fn add_vault(&mut self, vault: &NewVault, now: Timestamp) -> StoreResult<bool>;
    /// The hash of a vault's access key.
    fn verifier(&mut self, vault: VaultId) -> StoreResult<Option<Hash>>;
    /// What an account may do in a vault.
    fn role(&mut self, vault: VaultId, account: &AccountId) -> StoreResult<Option<Role>>;
    /// Makes an account a member; `None` shuts it out, and its devices with it. Whether the account
    /// is there.
    fn set_role(
        &mut self,
        vault: VaultId,
        account: &AccountId,
        role: Option<Role>,
    ) -> StoreResult<bool>;
    /// Lets a device in, or gives it another token. `false` where it was shut out.
    fn add_device(
        &mut self,
        vault: VaultId,
        device: &NewDevice,
        now: Timestamp,
    ) -> StoreResult<bool>;
    /// Who a device token belongs to, unless shut out.
    fn caller(&mut self, token: &Hash) -> StoreResult<Option<Caller>>;
    /// Notes when a device was seen.
    fn seen(&mut self, caller: &Caller, now: Timestamp) -> StoreResult<()>;
    /// The devices of a vault, by identity.
    fn devices(&mut self, vault: VaultId) -> StoreResult<Vec<DeviceEntry>>;
    /// Shuts a device out for good. Whether it was in.
    fn revoke(&mut self, vault: VaultId, device: DeviceId) -> StoreResult<bool>;
    /// Puts a message into a mailbox, in place of one that is there.
    fn put_mailbox(&mut self, id: MailboxId, body: &[u8], expires: Timestamp) -> StoreResult<()>;
    /// Takes the message out of a mailbox, unless it expired. Expired ones go.
    fn take_mailbox(&mut self, id: MailboxId, now: Timestamp) -> StoreResult<Option<Vec<u8>>>;
}
