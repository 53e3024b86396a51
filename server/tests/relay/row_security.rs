//! What PostgreSQL itself refuses to each of the three roles, table by table (V3).

use postgres::Client;
use runlog_core::sealed::Drops;
use runlog_core::sealed::OpaqueKey;
use runlog_server::Database;
use serde_json::json;

use crate::cluster::{Cluster, cluster};
use crate::support::{Place, Relay, hex, record};

/// Tables with a vault, each with a column that a member may change.
const OF_VAULTS: [(&str, &str); 6] = [
    ("vaults", "bytes"),
    ("devices", "applied"),
    ("records", "weight"),
    ("floors", "clock"),
    ("digests", "count"),
    ("members", ""),
];

const ALL: [&str; 10] = [
    "accounts",
    "setup",
    "vaults",
    "members",
    "devices",
    "pushes",
    "records",
    "floors",
    "digests",
    "mailboxes",
];

/// Two vaults of two accounts, each with everything in it.
fn two_vaults(cluster: &Cluster) -> [String; 2] {
    let database = Database::Postgres(cluster.url("relay"));
    let place = Place { database, damage: Box::new(|_| ()), _kept: Box::new(()) };
    let relay = Relay::start(&place);
    let (owner, first) = relay.first_account();
    let (guest, second) = relay.account(&owner, json!({ "name": "guest" }));
    for (number, account) in [(1, &owner), (2, &guest)] {
        let (vault, key) = relay.vault(account, number);
        let mut device = relay.device(vault, &key, number.into());
        let mut purge = record(1, 2, 1, &[1]);
        let floor = purge.clock;
        purge.drops = Some(Drops { floor, keys: vec![OpaqueKey([7; 16])] });
        relay.push(&mut device, vec![record(0, 1, 1, &[1]), purge]);
    }
    [first, second]
}

fn count(client: &mut Client, table: &str, condition: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
    client.query_one(&sql, &[]).unwrap().get(0)
}

fn become_role(client: &mut Client, role: &str, vault: &str, account: &str) {
    client.batch_execute(&format!("RESET ROLE; SET ROLE {role}")).unwrap();
    let sql =
        "SELECT set_config('runlog.vault', $1, false), set_config('runlog.account', $2, false)";
    client.execute(sql, &[&vault, &account]).unwrap();
}

fn is_denied(client: &mut Client, sql: &str) -> bool {
    let error = client.batch_execute(sql).err();
    error.is_some_and(|e| e.code() == Some(&postgres::error::SqlState::INSUFFICIENT_PRIVILEGE))
}

#[test]
fn each_role_sees_what_it_may_and_no_more() {
    let cluster = cluster();
    let [first_account, _] = two_vaults(&cluster);
    let mut client = cluster.connect().unwrap();
    let (mine, other) = (hex(&[1; 16]), hex(&[2; 16]));
    let is_mine = format!("vault = '\\x{mine}'");
    let is_other = format!("vault = '\\x{other}'");

    become_role(&mut client, "runlog_service", "", "");
    for table in ["vaults", "members", "devices", "pushes", "records", "floors", "digests"] {
        assert!(count(&mut client, table, &is_mine) > 0, "{table}");
        assert!(count(&mut client, table, &is_other) > 0, "{table}");
    }

    // Once by the vault of a device, once by the account of a person.
    for (vault, account) in [(mine.as_str(), ""), ("", first_account.as_str())] {
        become_role(&mut client, "runlog_member", vault, account);
        for table in ["vaults", "members", "devices", "pushes", "records", "floors", "digests"] {
            assert!(count(&mut client, table, &is_mine) > 0, "{table}");
            assert_eq!(count(&mut client, table, &is_other), 0, "{table}");
        }
        for (table, column) in OF_VAULTS.into_iter().filter(|(_, column)| !column.is_empty()) {
            let change = format!("UPDATE {table} SET {column} = {column} WHERE");
            assert!(client.execute(&format!("{change} {is_mine}"), &[]).unwrap() > 0, "{table}");
            assert_eq!(client.execute(&format!("{change} {is_other}"), &[]).unwrap(), 0, "{table}");
        }
        for table in ["records", "floors", "digests"] {
            let delete = format!("DELETE FROM {table} WHERE {is_other}");
            assert_eq!(client.execute(&delete, &[]).unwrap(), 0, "{table}");
            let moved = format!("UPDATE {table} SET vault = '\\x{other}' WHERE {is_mine}");
            assert!(is_denied(&mut client, &moved), "{table}");
        }
        let push = format!("INSERT INTO pushes VALUES ('\\x{other}', 9, '\\x{other}')");
        assert!(is_denied(&mut client, &push));
        let join = format!("INSERT INTO members VALUES ('\\x{mine}', '\\x{other}', 3)");
        for sql in [
            "SELECT token FROM devices",
            "SELECT verifier FROM vaults",
            "UPDATE devices SET role = 3",
            "UPDATE devices SET revoked = false",
            "UPDATE vaults SET quota = 0",
            "DELETE FROM vaults",
            "DELETE FROM devices",
            "DELETE FROM pushes",
            "UPDATE members SET role = 3",
            "SELECT FROM accounts",
            "SELECT FROM setup",
            "SELECT FROM mailboxes",
            &join,
        ] {
            assert!(is_denied(&mut client, sql), "{sql}");
        }
    }

    // Who says nothing, or nonsense, sees nothing.
    become_role(&mut client, "runlog_member", "", "");
    for table in ["vaults", "members", "devices", "pushes", "records", "floors", "digests"] {
        assert_eq!(count(&mut client, table, "true"), 0, "{table}");
    }

    become_role(&mut client, "runlog_anonymous", &mine, &first_account);
    for table in ALL {
        for sql in [format!("SELECT FROM {table}"), format!("DELETE FROM {table}")] {
            assert!(is_denied(&mut client, &sql), "{sql}");
        }
    }
}
