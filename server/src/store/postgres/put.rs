//! Many records in one statement: a parameter for each column, which PostgreSQL takes apart.

use runlog_core::relay::Prepared;

use crate::store::columns::{put_cells, put_drops, to_bits};

pub(super) const PUT_NEW: &str = "INSERT INTO records (vault, pusher, sequence, table_tag, row_key, clock, \
     generation, key_id, nonce, weight, checksum, cells, drops, sealed) \
     SELECT $1, $2, * FROM unnest($3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], \
     $7::bigint[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bigint[], $12::bytea[], \
     $13::bytea[], $14::bytea[])";

/// Sealed anew: sequence and pusher stay.
pub(super) const PUT_AGAIN: &str = "UPDATE records r SET table_tag = n.table_tag, generation = n.generation, \
     key_id = n.key_id, nonce = n.nonce, weight = n.weight, checksum = n.checksum, \
     cells = n.cells, drops = n.drops, sealed = n.sealed \
     FROM unnest($3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[], $8::bytea[], \
     $9::bytea[], $10::bigint[], $11::bigint[], $12::bytea[], $13::bytea[], $14::bytea[]) \
     AS n (sequence, table_tag, row_key, clock, generation, key_id, nonce, weight, checksum, \
     cells, drops, sealed) \
     WHERE r.vault = $1 AND r.sequence = n.sequence AND $2::bytea IS NOT NULL";

/// Records by column, as one statement takes them.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) sequences: Vec<i64>,
    pub(super) tables: Vec<&'a [u8]>,
    pub(super) rows: Vec<&'a [u8]>,
    pub(super) clocks: Vec<Vec<u8>>,
    pub(super) generations: Vec<i64>,
    pub(super) key_ids: Vec<&'a [u8]>,
    pub(super) nonces: Vec<&'a [u8]>,
    pub(super) weights: Vec<i64>,
    pub(super) checksums: Vec<i64>,
    pub(super) cells: Vec<Vec<u8>>,
    pub(super) drops: Vec<Option<Vec<u8>>>,
    pub(super) sealed: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(prepared: &Prepared<'a>, chosen: impl Iterator<Item = (u64, usize)>) -> Self {
        let mut columns = Self::default();
        for (sequence, index) in chosen {
            let record = &prepared.push.records[index];
            columns.sequences.push(to_bits(sequence));
            columns.tables.push(&record.table.0);
            columns.rows.push(&record.row.0);
            columns.clocks.push(record.clock.to_wire().to_vec());
            columns.generations.push(record.key.generation.into());
            columns.key_ids.push(&record.key.id);
            columns.nonces.push(&record.nonce);
            columns.weights.push(record.weight() as i64);
            columns.checksums.push(to_bits(prepared.checksums[index]));
            columns.cells.push(put_cells(&record.cells));
            columns.drops.push(record.drops.as_ref().map(put_drops));
            columns.sealed.push(&record.sealed);
        }
        columns
    }
}
