//! Migrations that fail, stop midway, or run twice.

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn schema(connection: &Connection) -> Vec<(String, Option<String>)> {
    let mut select =
        connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn applied(connection: &Connection) -> Vec<(u32, String, i64, String)> {
    let mut select = connection.prepare("SELECT * FROM schema_migrations ORDER BY number").unwrap();
    let rows = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn numbers_are_consecutive_from_one() {
    let numbers: Vec<u32> = MIGRATIONS.iter().map(|migration| migration.number).collect();
    assert_eq!(numbers, (1..=SCHEMA_VERSION).collect::<Vec<_>>());
}

#[test]
fn each_is_recorded_with_name_time_and_program() {
    let connection = Connection::open_in_memory().unwrap();
    run(&connection, MIGRATIONS, NOW).unwrap();
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let expected: Vec<_> = MIGRATIONS
        .iter()
        .map(|one| (one.number, one.name.to_owned(), NOW.as_millis(), program.clone()))
        .collect();
    assert_eq!(applied(&connection), expected);
}

/// Whatever part of a migration is there already, running it again gives the same schema.
#[test]
fn running_again_changes_nothing() {
    let connection = Connection::open_in_memory().unwrap();
    run(&connection, MIGRATIONS, NOW).unwrap();
    let expected = schema(&connection);
    for start in 0..SCHEMA_VERSION {
        connection.pragma_update(None, "user_version", start).unwrap();
        run(&connection, MIGRATIONS, NOW).unwrap();
        assert_eq!(schema(&connection), expected);
    }
    for (name, _) in expected.iter().filter(|(_, sql)| sql.is_some()) {
        let sql = format!("DROP INDEX IF EXISTS {name}");
        if connection.execute_batch(&sql).is_err() {
            continue;
        }
        connection.pragma_update(None, "user_version", 0).unwrap();
        run(&connection, MIGRATIONS, NOW).unwrap();
        assert_eq!(schema(&connection), expected, "after dropping {name}");
    }
}

#[test]
fn a_failed_one_leaves_the_database_as_it_was() {
    let broken = Migration {
        number: SCHEMA_VERSION + 1,
        name: "broken",
        columns: &[("local_state", "half", "INTEGER")],
        sql: "CREATE TABLE half (a); UPDATE local_state SET change = 9; INSERT INTO nowhere \
              VALUES (1);",
    };
    let connection = Connection::open_in_memory().unwrap();
    run(&connection, MIGRATIONS, NOW).unwrap();
    let before = schema(&connection);
    let error = run(&connection, &[MIGRATIONS, &[broken]].concat(), NOW).unwrap_err();
    let StoreError::Migration { number, name, detail } = error.into_store_error(0) else {
        unreachable!("a failed migration is reported as one");
    };
    assert_eq!((number, name), (SCHEMA_VERSION + 1, "broken"));
    assert!(detail.contains("nowhere") && detail.contains("backup"), "{detail}");
    assert_eq!(schema(&connection), before);
    assert_eq!(version(&connection, SCHEMA_VERSION).unwrap(), SCHEMA_VERSION);
    let change: i64 =
        connection.query_row("SELECT change FROM local_state", [], |row| row.get(0)).unwrap();
    assert_eq!(change, 0);
    run(&connection, MIGRATIONS, NOW).unwrap();
}
