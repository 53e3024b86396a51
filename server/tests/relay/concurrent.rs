//! Readers beside writers: no position ever passes a record that commits later (SYNC 11).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use postgres::Client;
use runlog_core::sealed::SealedRecord;
use runlog_core::sync::message::{Delivered, Verdict};
use runlog_server::Database;

use crate::cluster::cluster;
use crate::support::{Device, Place, Relay, record};

/// Pulls all the time until told to stop, then once more.
fn pull_until(relay: &Relay, reader: &mut Device, done: &AtomicBool) -> Vec<Delivered> {
    let mut all = Vec::new();
    loop {
        let last = done.load(Ordering::SeqCst);
        all.extend(relay.pull(reader, false).0);
        if last {
            return all;
        }
    }
}

fn assert_in_order(pulled: &[Delivered]) {
    assert!(pulled.is_sorted_by(|a, b| a.sequence < b.sequence), "{pulled:?}");
}

pub fn a_reader_misses_nothing_while_many_push(place: &Place) {
    const WRITERS: usize = 3;
    const PUSHES: u8 = 15;
    let relay = Relay::start(place);
    let mut devices = relay.devices(WRITERS as u128 + 1);
    let mut reader = devices.pop().unwrap();
    let done = AtomicBool::new(false);
    let pulled = std::thread::scope(|scope| {
        let reading = scope.spawn(|| pull_until(&relay, &mut reader, &done));
        let writing: Vec<_> = devices
            .iter_mut()
            .enumerate()
            .map(|(number, device)| {
                let relay = &relay;
                scope.spawn(move || {
                    for push in 0..PUSHES {
                        let row = number as u8 * 50 + push;
                        let records: Vec<SealedRecord> =
                            (1..4).map(|mark| record(row, 1, number as u128, &[mark])).collect();
                        assert_eq!(relay.push(device, records), [Verdict::Accepted; 3]);
                    }
                })
            })
            .collect();
        writing.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::SeqCst);
        reading.join().unwrap()
    });
    assert_in_order(&pulled);
    assert_eq!(pulled.len(), WRITERS * usize::from(PUSHES) * 3);
    assert_eq!(pulled.last().unwrap().sequence, pulled.len() as u64);
}

/// Where the first push waits between its BEGIN and its lock, and the second before its commit.
const HOOKS: &str = "
    CREATE SCHEMA hooks;
    CREATE FUNCTION hooks.wait_as(who text, gate bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('application_name') = who THEN
        PERFORM pg_advisory_lock_shared(gate);
        PERFORM pg_advisory_unlock_shared(gate);
      END IF;
    END $$;
    CREATE FUNCTION hooks.set_config(name text, value text, local boolean) RETURNS text
    LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM hooks.wait_as('first', 1);
      RETURN pg_catalog.set_config(name, value, local);
    END $$;
    CREATE FUNCTION hooks.before_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM hooks.wait_as('second', 2);
      RETURN NEW;
    END $$;
    CREATE TRIGGER before_commit BEFORE INSERT ON pushes
      FOR EACH ROW EXECUTE FUNCTION hooks.before_commit();
    GRANT USAGE ON SCHEMA hooks TO PUBLIC;
    ALTER ROLE postgres SET search_path = public, hooks, pg_catalog;
";

/// Returns when a connection of this name waits for a lock in a statement like this.
fn until_waiting(control: &mut Client, name: &str, statement: &str) {
    let sql = "SELECT FROM pg_stat_activity WHERE application_name = $1 \
               AND wait_event_type = 'Lock' AND query LIKE $2";
    let begun = Instant::now();
    while control.query(sql, &[&name, &statement]).unwrap().is_empty() {
        if begun.elapsed() > Duration::from_secs(10) {
            // Or those who wait would do so for ever, and this test with them.
            control.batch_execute("SELECT pg_advisory_unlock_all()").unwrap();
            panic!("{name} does not wait in {statement}");
        }
        std::thread::yield_now();
    }
}

/// The first push begins, the second begins, locks and commits while the first waits for the lock.
#[test]
fn pushes_that_commit_in_the_opposite_order_of_their_start() {
    let cluster = cluster();
    let start = |name: &str| {
        let database = Database::Postgres(cluster.url(name));
        let damage = Box::new(|_| ());
        Relay::start(&Place { database, damage, _kept: Box::new(()) })
    };
    let mut devices = start("before").devices(3);
    let mut reader = devices.pop().unwrap();
    let (mut late, mut early) = (devices.pop().unwrap(), devices.pop().unwrap());
    let mut control = cluster.connect().unwrap();
    control.batch_execute(HOOKS).unwrap();
    let (first, second, third) = (start("first"), start("second"), start("third"));
    control.batch_execute("SELECT pg_advisory_lock(1), pg_advisory_lock(2)").unwrap();
    let done = AtomicBool::new(false);
    let pulled = std::thread::scope(|scope| {
        let reading = scope.spawn(|| pull_until(&third, &mut reader, &done));
        let (early, late) = (&mut early, &mut late);
        let begun = scope.spawn(|| first.push(early, vec![record(1, 1, 1, &[1])]));
        until_waiting(&mut control, "first", "%set_config%");
        let ended = scope.spawn(|| second.push(late, vec![record(2, 1, 2, &[1])]));
        until_waiting(&mut control, "second", "%INSERT INTO pushes%");
        control.batch_execute("SELECT pg_advisory_unlock(1)").unwrap();
        until_waiting(&mut control, "first", "%FOR UPDATE%");
        control.batch_execute("SELECT pg_advisory_unlock(2)").unwrap();
        assert_eq!(ended.join().unwrap(), [Verdict::Accepted]);
        assert_eq!(begun.join().unwrap(), [Verdict::Accepted]);
        done.store(true, Ordering::SeqCst);
        reading.join().unwrap()
    });
    let sequence = |device: &Device| device.standing.sent.unwrap().sequence;
    assert_eq!((sequence(&late), sequence(&early)), (1, 2));
    assert_in_order(&pulled);
    let rows: Vec<u8> = pulled.iter().map(|delivered| delivered.record.row.0[0]).collect();
    assert_eq!(rows, [2, 1]);
}
