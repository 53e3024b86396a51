//! The database of an earlier version of the relay is brought up to date, and keeps what is in it.

use runlog_cluster::Cluster;
use runlog_server::Database;

use crate::cluster::database;
use crate::support::{Place, Relay, record};

const VAULT: &str = "INSERT INTO vaults (vault, verifier, quota, created_at) VALUES \
                     ({16}, {32}, 1000, 0)";
const DEVICE: &str = "INSERT INTO devices (vault, device, token, role, created_at, applied) VALUES \
                      ({16}, {16}, {32}, 2, 0, 5)";
const KEPT: &str = "SELECT count(*) FROM devices \
                    WHERE role = 2 AND created_at = 0 AND caught_up IS NULL";

/// A statement with bytes of the given lengths, as the database writes them.
fn with_bytes(sql: &str, bytes: impl Fn(usize) -> String) -> String {
    sql.replace("{16}", &bytes(16)).replace("{32}", &bytes(32))
}

fn goes_on(database: Database) {
    let place = Place { database, damage: Box::new(|_| ()), _kept: Box::new(()) };
    let relay = Relay::start(&place);
    let [mut one, mut two] = relay.devices(2).try_into().unwrap_or_else(|_| panic!());
    relay.push(&mut one, vec![record(1, 1, 1, &[1])]);
    assert_eq!(relay.pull(&mut two, false).0.len(), 1);
}

#[test]
fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let older = rusqlite::Connection::open(&path).unwrap();
    older.execute_batch(include_str!("../../src/store/sqlite/schema.sql")).unwrap();
    older.pragma_update(None, "application_id", 0x5275_6e52).unwrap();
    older.pragma_update(None, "user_version", 1).unwrap();
    for sql in [VAULT, DEVICE] {
        older.execute_batch(&with_bytes(sql, |len| format!("zeroblob({len})"))).unwrap();
    }
    goes_on(Database::Sqlite(path));
    assert_eq!(older.query_one(KEPT, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn on_postgresql() {
    let cluster = Cluster::start();
    let mut older = cluster.connect();
    older
        .batch_execute(
            "CREATE TABLE relay_migrations (
               number integer PRIMARY KEY,
               name text NOT NULL,
               program text NOT NULL,
               run_at timestamptz NOT NULL DEFAULT now()
             )",
        )
        .unwrap();
    let migrations = [
        include_str!("../../src/store/postgres/schema.sql"),
        include_str!("../../src/store/postgres/roles.sql"),
    ];
    for (number, sql) in (1i32..).zip(migrations) {
        older.batch_execute(sql).unwrap();
        let sql = "INSERT INTO relay_migrations (number, name, program) VALUES ($1, '', '')";
        older.execute(sql, &[&number]).unwrap();
    }
    for sql in [VAULT, DEVICE] {
        let bytes = |len: usize| format!("'\\x{}'", "00".repeat(len));
        older.batch_execute(&with_bytes(sql, bytes)).unwrap();
    }
    goes_on(database(&cluster, "relay"));
    assert_eq!(older.query_one(KEPT, &[]).unwrap().get::<_, i64>(0), 1);
}
