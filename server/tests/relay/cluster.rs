//! A place in a PostgreSQL of its own.

use postgres::{Client, NoTls};
use runlog_cluster::Cluster;
use runlog_server::Database;

use crate::support::Place;

/// The cluster as a server is told of it.
pub fn database(cluster: &Cluster, name: &str) -> Database {
    Database::Postgres(cluster.url(name).parse().unwrap())
}

pub fn postgres() -> Place {
    let cluster = Cluster::start();
    let mut connection = None;
    let url = cluster.url("relay");
    let damage = move |sequence: u64| {
        let client = connection.get_or_insert_with(|| Client::connect(&url, NoTls).unwrap());
        let sql = "UPDATE records SET sealed = sealed || '\\x00' WHERE sequence = $1";
        assert_eq!(client.execute(sql, &[&sequence.cast_signed()]).unwrap(), 1);
    };
    let damage = std::cell::RefCell::new(damage);
    Place {
        database: database(&cluster, "relay"),
        damage: Box::new(move |sequence| damage.borrow_mut()(sequence)),
        _kept: Box::new(cluster),
    }
}
