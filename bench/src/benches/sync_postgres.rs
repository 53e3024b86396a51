//! Pushes to a relay on PostgreSQL, beside a bare upsert of the same bytes on the same cluster.

use postgres::{Client, NoTls, Statement};
use runlog_cluster::Cluster;
use runlog_core::id::DeviceId;
use runlog_core::sealed::SealedRecord;
use runlog_core::sync::message::Verdict;

use crate::Failed;
use crate::measure::{Compared, Timed};
use crate::relay::{Member, Relay, sealed_record};
use crate::report::{Finding, Target};
use crate::setup::Setup;

/// Records in a push: half of them of new rows, half of them newer ones of held rows.
const RECORDS: u64 = 1_000;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let durable = compared(setup, &Cluster::start_durable())?;
    let fast = compared(setup, &Cluster::start())?;
    let notes = format!(
        "{}; where commits wait for no disk {:.2}",
        durable.rates("records", "bare"),
        fast.wall.median()
    );
    let name = "pushes to PostgreSQL, of a bare upsert";
    Ok(vec![Finding::new(name, Target::AtLeast(0.6), durable.wall).notes(notes)])
}

fn compared(setup: &Setup, cluster: &Cluster) -> Result<Compared, Failed> {
    let relay = Relay::start(setup, &cluster.url("relay"))?;
    let mut member = Member::first(&relay, 1, 1)?;
    let mut bare = Bare::new(cluster)?;
    let pushes = setup.size(40, 2);
    let mut compared = Compared::default();
    let mut number = 0;
    for round in 0..=setup.rounds() {
        let [mut by_relay, mut by_bare] = [Timed::default(); 2];
        for _ in 0..pushes {
            let records = records(number, member.device);
            number += 1;
            by_bare.add(|| bare.upsert(&records))?;
            let request = member.push_of(records);
            let pushed = by_relay.add(|| member.push(&request))?;
            if pushed.verdicts.iter().any(|verdict| *verdict != Verdict::Accepted) {
                return Err("a record was not accepted".into());
            }
        }
        // The first round fills the tables.
        if round > 0 {
            compared.push(by_relay, by_bare, pushes * RECORDS);
        }
    }
    if bare.rows()? != number * RECORDS / 2 + RECORDS / 2 {
        return Err("the bare table holds other rows".into());
    }
    Ok(compared)
}

/// Half of the rows are those that the push before it wrote first.
fn records(push: u64, device: DeviceId) -> Vec<SealedRecord> {
    let first = push * RECORDS / 2;
    let now = runlog::now().as_millis().cast_unsigned();
    (first..first + RECORDS).map(|row| sealed_record(row, now + push, device)).collect()
}

/// What a table of records comes down to: a row for each key, the newer wins, readers go by a
/// sequence.
struct Bare {
    client: Client,
    upsert: Statement,
    sequence: i64,
}

impl Bare {
    fn new(cluster: &Cluster) -> Result<Self, Failed> {
        let mut client = Client::connect(&cluster.url("bare"), NoTls)?;
        client.batch_execute(
            "CREATE SCHEMA bare;
             CREATE TABLE bare.records (
               vault bytea NOT NULL, sequence bigint NOT NULL, table_tag bytea NOT NULL,
               row_key bytea NOT NULL, clock bytea NOT NULL, pusher bytea NOT NULL,
               generation bigint NOT NULL, key_id bytea NOT NULL, nonce bytea NOT NULL,
               cells bytea NOT NULL, sealed bytea NOT NULL,
               PRIMARY KEY (vault, row_key)
             );
             ALTER TABLE bare.records ALTER COLUMN sealed SET STORAGE EXTERNAL;
             CREATE INDEX ON bare.records (vault, sequence);",
        )?;
        let upsert = client.prepare(
            "INSERT INTO bare.records
             SELECT $1, n.sequence, n.table_tag, n.row_key, n.clock, $2, n.generation, n.key_id,
               n.nonce, n.cells, n.sealed
             FROM unnest($3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[],
               $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[])
             AS n (sequence, table_tag, row_key, clock, generation, key_id, nonce, cells, sealed)
             ON CONFLICT (vault, row_key) DO UPDATE SET sequence = excluded.sequence,
               clock = excluded.clock, pusher = excluded.pusher, nonce = excluded.nonce,
               generation = excluded.generation, key_id = excluded.key_id, cells = excluded.cells,
               sealed = excluded.sealed
             WHERE records.clock < excluded.clock",
        )?;
        Ok(Self { client, upsert, sequence: 0 })
    }

    fn upsert(&mut self, records: &[SealedRecord]) -> Result<(), Failed> {
        let first = self.sequence + 1;
        self.sequence += records.len() as i64;
        let sequences: Vec<i64> = (first..=self.sequence).collect();
        let of = |bytes: fn(&SealedRecord) -> &[u8]| records.iter().map(bytes).collect::<Vec<_>>();
        let clocks: Vec<Vec<u8>> =
            records.iter().map(|record| record.clock.to_wire().to_vec()).collect();
        let generations: Vec<i64> =
            records.iter().map(|record| record.key.generation.into()).collect();
        let cells: Vec<Vec<u8>> = records.iter().map(cells).collect();
        let (vault, pusher) = ([1u8; 16].as_slice(), [2u8; 16].as_slice());
        let written = self.client.execute(
            &self.upsert,
            &[
                &vault,
                &pusher,
                &sequences,
                &of(|record| &record.table.0),
                &of(|record| &record.row.0),
                &clocks,
                &generations,
                &of(|record| &record.key.id),
                &of(|record| &record.nonce),
                &cells,
                &of(|record| &record.sealed),
            ],
        )?;
        if written == records.len() as u64 { Ok(()) } else { Err("a row was not written".into()) }
    }

    fn rows(&mut self) -> Result<u64, Failed> {
        let row = self.client.query_one("SELECT count(*) FROM bare.records", &[])?;
        Ok(row.get::<_, i64>(0).cast_unsigned())
    }
}

fn cells(record: &SealedRecord) -> Vec<u8> {
    record.cells.iter().flat_map(|cell| cell.mark.0.into_iter().chain(cell.tag.0)).collect()
}
