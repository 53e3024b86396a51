//! Relays on a PostgreSQL of their own.

use postgres::{Client, NoTls};
pub use runlog_cluster::Cluster;
use runlog_cluster::Durability;
use runlog_server::Database;

use crate::support::Place;

pub fn cluster() -> Cluster {
    Cluster::start(Durability::None).unwrap()
}

pub fn postgres() -> Place {
    let cluster = cluster();
    let url = cluster.url("relay");
    let mut connection = None;
    let to = url.clone();
    let damage = move |sequence: u64| {
        let client = connection.get_or_insert_with(|| Client::connect(&to, NoTls).unwrap());
        let sql = "UPDATE records SET sealed = sealed || '\\x00' WHERE sequence = $1";
        assert_eq!(client.execute(sql, &[&sequence.cast_signed()]).unwrap(), 1);
    };
    let damage = std::cell::RefCell::new(damage);
    Place {
        database: Database::Postgres(url),
        damage: Box::new(move |sequence| damage.borrow_mut()(sequence)),
        _kept: Box::new(cluster),
    }
}
