//! The relay's database in PostgreSQL, for more than one machine can hold.
//!
//! A push locks the vault's row by a statement of its own, before anything is read: with READ
//! COMMITTED each later statement then sees what was committed during the wait. A pull reads one
//! snapshot. What the database asks to try again is tried again.
//!
//! The driver is `postgres`, the blocking face of `tokio-postgres`: the traits of the store are
//! synchronous, and it brings no macros, no query builder and no other database.

mod access;
mod address;
mod connection;
mod put;
mod vault;
mod verifier;

use std::sync::{Mutex, PoisonError};

use postgres::Client;
use postgres::error::SqlState;
use runlog_core::sealed::VaultId;
use tokio_postgres_rustls::MakeRustlsConnect;

pub use self::address::{PostgresAddress, PostgresAddressError};
use self::connection::Connection;
use super::{AccessWork, Parallelism, RelayStore, StoreError, StoreResult, VaultWork};

/// The migrations, in order.
const MIGRATIONS: [(&str, &str); 4] = [
    ("records", include_str!("schema.sql")),
    ("roles", include_str!("roles.sql")),
    ("unreferenced", include_str!("unreferenced.sql")),
    ("caught up", include_str!("caught_up.sql")),
];

const PARALLELISM: Parallelism = Parallelism { reads: 6, writes: 6 };

/// A relay's database in PostgreSQL.
pub struct PostgresStore {
    address: PostgresAddress,
    tls: MakeRustlsConnect,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Connection>>,
}

/// How often a transaction is tried.
const TRIES_MAX: usize = 10;

/// How transactions begin: in one message, as which role.
const MEMBER_READS: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE runlog_member";
const MEMBER_WRITES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL ROLE runlog_member";
const SERVICE_READS: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE runlog_service";
/// What is decided about access rests on what is read: one set-up code makes one account.
const SERVICE_WRITES: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL ROLE runlog_service";

impl PostgresStore {
    /// Connects, and brings the schema up to date. The user of the connection must be allowed to
    /// make tables, and, the first time, roles.
    ///
    /// # Errors
    /// [`StoreError::Newer`], and what PostgreSQL fails with.
    pub fn open(address: &PostgresAddress) -> StoreResult<Self> {
        let tls = address.connector()?;
        let store = Self { address: address.clone(), tls, idle: Mutex::default() };
        let mut tries = 0;
        while let Err(error) = migrate(&mut store.connect()?) {
            tries += 1;
            // Two servers that start at once may both make the first table.
            if tries == TRIES_MAX || !is_worth_a_retry(&error) {
                return Err(error);
            }
        }
        Ok(store)
    }

    fn connect(&self) -> StoreResult<Client> {
        Ok(self.address.config().connect(self.tls.clone())?)
    }

    /// Runs `work` between `begin` and COMMIT, again where the database asks for it. A connection
    /// that failed is not used again.
    fn transaction(
        &self,
        begin: &str,
        work: &mut dyn FnMut(&mut Connection) -> StoreResult<bool>,
    ) -> StoreResult<bool> {
        let mut tries = 0;
        loop {
            let mut connection = match self.take_idle() {
                Some(connection) => connection,
                None => Connection::new(self.connect()?),
            };
            let result = connection.run(begin, work);
            match result {
                Ok(found) => {
                    self.idle().push(connection);
                    return Ok(found);
                }
                Err(error) if tries < TRIES_MAX && is_worth_a_retry(&error) => {
                    tracing::debug!(%error, "the transaction is tried again");
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        // Those that the server closed meanwhile, as after its restart.
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PostgresStore {
    /// A connection holds a runtime, which must not be dropped on a thread of another.
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.idle());
        let _ = std::thread::spawn(move || drop(idle)).join();
    }
}

impl RelayStore for PostgresStore {
    fn read_vault(&self, vault: VaultId, work: &mut VaultWork<'_>) -> StoreResult<bool> {
        self.transaction(MEMBER_READS, &mut |connection| {
            enter(connection, vault)?;
            let sql = "SELECT FROM vaults WHERE vault = $1";
            let found = !connection.query(sql, &[&&vault.0[..]])?.is_empty();
            if found {
                work(&mut vault::PostgresVault { connection, vault: vault.0 })?;
            }
            Ok(found)
        })
    }

    fn write_vault(&self, vault: VaultId, work: &mut VaultWork<'_>) -> StoreResult<bool> {
        self.transaction(MEMBER_WRITES, &mut |connection| {
            enter(connection, vault)?;
            // Nothing is read together with the lock: a combined statement would go on with what
            // was there before the wait.
            let sql = "SELECT FROM vaults WHERE vault = $1 FOR UPDATE";
            let found = !connection.query(sql, &[&&vault.0[..]])?.is_empty();
            if found {
                work(&mut vault::PostgresVault { connection, vault: vault.0 })?;
            }
            Ok(found)
        })
    }

    fn read_access(&self, work: &mut AccessWork<'_>) -> StoreResult<()> {
        self.transaction(SERVICE_READS, &mut |connection| {
            work(&mut access::Access { connection }).map(|()| true)
        })?;
        Ok(())
    }

    fn write_access(&self, work: &mut AccessWork<'_>) -> StoreResult<()> {
        self.transaction(SERVICE_WRITES, &mut |connection| {
            work(&mut access::Access { connection }).map(|()| true)
        })?;
        Ok(())
    }

    fn parallelism(&self) -> Parallelism {
        PARALLELISM
    }
}

/// Says which vault's member it is until the transaction ends.
fn enter(connection: &mut Connection, vault: VaultId) -> StoreResult<()> {
    let sql = "SELECT set_config('runlog.vault', $1, true)";
    connection.query(sql, &[&vault.to_string()])?;
    Ok(())
}

fn is_worth_a_retry(error: &StoreError) -> bool {
    let StoreError::Postgres(error) = error else { return false };
    error.is_closed()
        || error.code().is_some_and(|code| {
            [
                SqlState::T_R_SERIALIZATION_FAILURE,
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::UNIQUE_VIOLATION,
                SqlState::DUPLICATE_TABLE,
                SqlState::ADMIN_SHUTDOWN,
            ]
            .contains(code)
        })
}

fn migrate(client: &mut Client) -> StoreResult<()> {
    client.batch_execute(
        "CREATE TABLE IF NOT EXISTS relay_migrations (
           number integer PRIMARY KEY,
           name text NOT NULL,
           program text NOT NULL,
           run_at timestamptz NOT NULL DEFAULT now()
         )",
    )?;
    let mut transaction = client.transaction()?;
    transaction.batch_execute("LOCK TABLE relay_migrations IN EXCLUSIVE MODE")?;
    let sql = "SELECT coalesce(max(number), 0) FROM relay_migrations";
    let found: i32 = transaction.query_one(sql, &[])?.get(0);
    let known = MIGRATIONS.len() as u32;
    let found = u32::try_from(found).map_err(|_| StoreError::Corrupt("the schema's version"))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, (name, sql)) in (1i32..).zip(MIGRATIONS).skip(found as usize) {
        transaction.batch_execute(sql)?;
        let sql = "INSERT INTO relay_migrations (number, name, program) VALUES ($1, $2, $3)";
        transaction.execute(sql, &[&number, &name, &env!("CARGO_PKG_VERSION")])?;
    }
    Ok(transaction.commit()?)
}
