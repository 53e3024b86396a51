//! One vault's records in PostgreSQL.

use std::collections::{BTreeSet, HashMap};

use postgres::Row;
use runlog_core::clock::{Clock, ClockTime};
use runlog_core::id::DeviceId;
use runlog_core::relay::{
    CaughtUp, Change, DamagePlan, DeviceState, HeldRow, LastPush, Prepared, PushPlan, Vault,
};
use runlog_core::sealed::{
    AckToken, Digest, KeyId, OpaqueKey, PushId, SealedRecord, TableTag, VaultId,
};
use runlog_core::sync::message::Place;
use runlog_core::time::Timestamp;

use super::connection::Connection;
use super::put::{Columns, PUT_AGAIN, PUT_NEW};
use crate::store::columns::{array, caught_up, cells, drops, from_bits, to_bits};
use crate::store::{Listed, Selection, StoreError, StoreResult, Stored, VaultTx};

pub(super) struct PostgresVault<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) vault: [u8; VaultId::LEN],
}

/// The columns of [`stored`].
macro_rules! record {
    ($($rest:literal)*) => {
        concat!(
            "SELECT r.sequence, r.table_tag, r.row_key, r.clock, r.pusher, r.generation, r.key_id, \
             r.nonce, r.checksum, r.cells, r.drops, r.sealed, r.weight ",
            $($rest),*
        )
    };
}

/// How many records are scanned at once.
const SCANNED: usize = 256;

impl VaultTx for PostgresVault<'_> {
    fn vault(&mut self) -> StoreResult<Vault> {
        let sql = "SELECT head, head_push, newest, bytes, quota FROM vaults WHERE vault = $1";
        let row = self.connection.query_opt(sql, &[&self.id()])?;
        let row = row.ok_or(StoreError::Corrupt("the vault is gone"))?;
        let push: Option<&[u8]> = row.get(1);
        let head = push
            .map(array)
            .transpose()?
            .map(|push| Place { sequence: from_bits(row.get(0)), push: PushId(push) });
        Ok(Vault {
            head,
            newest: ClockTime::from_packed(from_bits(row.get(2))),
            bytes: from_bits(row.get(3)),
            quota: from_bits(row.get(4)),
        })
    }

    fn device(&mut self, device: DeviceId) -> StoreResult<DeviceState> {
        let sql = "SELECT ack_token, sent, sent_push, last_push, last_before, last_content, \
                   last_answer, caught_up, caught_up_at FROM devices WHERE vault = $1 AND device = $2";
        let values = [self.vault.as_slice(), device.as_bytes()];
        let row = self.connection.query_opt(sql, &[&values[0], &values[1]])?;
        let Some(row) = row else { return Ok(DeviceState::default()) };
        let id = |index: usize| row.get::<_, Option<&[u8]>>(index).map(array::<16>).transpose();
        let last = match id(3)? {
            Some(push) => Some(LastPush {
                id: PushId(push),
                before: id(4)?.map(AckToken),
                content: from_bits(row.get(5)),
                answer: row.get(6),
            }),
            None => None,
        };
        let sent: Option<i64> = row.get(1);
        Ok(DeviceState {
            token: id(0)?.map(AckToken),
            sent: sent
                .zip(id(2)?)
                .map(|(sent, push)| Place { sequence: from_bits(sent), push: PushId(push) }),
            last,
            caught_up: caught_up(row.get(7), row.get(8)),
        })
    }

    fn acknowledged(&mut self, since: Timestamp) -> StoreResult<u64> {
        let sql = "SELECT coalesce(min(coalesce(caught_up, 0)), 0) FROM devices \
                   WHERE vault = $1 AND NOT revoked AND coalesce(seen_at, created_at) >= $2";
        let row = self.connection.query_opt(sql, &[&self.id(), &since.as_millis()])?;
        Ok(row.map_or(0, |row| from_bits(row.get(0))))
    }

    fn note_caught_up(&mut self, device: DeviceId, caught_up: CaughtUp) -> StoreResult<()> {
        let sql = "UPDATE devices SET caught_up = $3, caught_up_at = $4 \
                   WHERE vault = $1 AND device = $2";
        let (sequence, at) = (to_bits(caught_up.sequence), caught_up.at.as_millis());
        let device = device.as_bytes().as_slice();
        self.connection.execute(sql, &[&self.id(), &device, &sequence, &at])?;
        Ok(())
    }

    fn push_at(&mut self, sequence: u64) -> StoreResult<Option<PushId>> {
        let sql = "SELECT push FROM pushes WHERE vault = $1 AND last >= $2 ORDER BY last LIMIT 1";
        let row = self.connection.query_opt(sql, &[&self.id(), &to_bits(sequence)])?;
        row.map(|row| array(row.get(0)).map(PushId)).transpose()
    }

    fn rows(&mut self, keys: &BTreeSet<OpaqueKey>) -> StoreResult<HashMap<OpaqueKey, HeldRow>> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let mut rows: HashMap<OpaqueKey, HeldRow> = HashMap::new();
        let sql = "SELECT row_key, clock FROM floors WHERE vault = $1 AND row_key = ANY($2)";
        for row in self.connection.query(sql, &[&self.id(), &keys])? {
            let floor = Clock::from_wire(array(row.get(1))?);
            rows.entry(OpaqueKey(array(row.get(0))?)).or_default().floor = Some(floor);
        }
        let sql = record!(
            "FROM records r WHERE r.vault = $1 AND r.row_key = ANY($2) \
             ORDER BY r.row_key, r.sequence"
        );
        for row in self.connection.query(sql, &[&self.id(), &keys])? {
            let header = stored(&row)?.header();
            rows.entry(header.row).or_default().headers.push(header);
        }
        Ok(rows)
    }

    fn list_after(
        &mut self,
        after: u64,
        except: Option<DeviceId>,
        limit: usize,
    ) -> StoreResult<Vec<Listed>> {
        let sql = "SELECT sequence, row_key, weight FROM records \
                   WHERE vault = $1 AND sequence > $2 AND pusher IS DISTINCT FROM $3::bytea \
                   ORDER BY sequence LIMIT $4";
        let except = except.map(|device| device.as_bytes().to_vec());
        let values = (to_bits(after), limit as i64);
        let rows = self.connection.query(sql, &[&self.id(), &values.0, &except, &values.1])?;
        rows.iter().map(listed).collect()
    }

    fn list_rows(&mut self, rows: Selection<'_>, limit: usize) -> StoreResult<Vec<Listed>> {
        let limit = limit as i64;
        let rows = match rows {
            Selection::Part { table, part, after } => {
                let sql = "SELECT sequence, row_key, weight FROM records \
                           WHERE vault = $1 AND row_key > $2 AND row_key <= $3 AND table_tag = $4 \
                           ORDER BY row_key, sequence LIMIT $5";
                // Shorter than any key of the part, so before all of them.
                let first = after.map_or(vec![part], |row| row.0.to_vec().max(vec![part]));
                let last: [u8; 17] = std::array::from_fn(|i| if i == 0 { part } else { 0xff });
                let (last, table) = (last.as_slice(), table.0.as_slice());
                self.connection.query(sql, &[&self.id(), &first, &last, &table, &limit])?
            }
            Selection::Rows(keys) => {
                let sql = "SELECT sequence, row_key, weight FROM records \
                           WHERE vault = $1 AND row_key = ANY($2) \
                           ORDER BY row_key, sequence LIMIT $3";
                let keys: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
                self.connection.query(sql, &[&self.id(), &keys, &limit])?
            }
        };
        rows.iter().map(listed).collect()
    }

    fn records(&mut self, sequences: &[u64]) -> StoreResult<Vec<Stored>> {
        let sql = record!(
            "FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (sequence, number) \
             JOIN records r ON r.vault = $1 AND r.sequence = wanted.sequence ORDER BY wanted.number"
        );
        let sequences: Vec<i64> = sequences.iter().copied().map(to_bits).collect();
        let rows = self.connection.query(sql, &[&self.id(), &sequences])?;
        rows.iter().map(stored).collect()
    }

    fn scan(&mut self, table: TableTag, visit: &mut dyn FnMut(Stored)) -> StoreResult<()> {
        let sql = record!(
            "FROM records r WHERE r.vault = $1 AND r.table_tag = $2 \
             AND (r.row_key, r.sequence) > ($3, $4) ORDER BY r.row_key, r.sequence LIMIT $5"
        );
        let mut after = (Vec::new(), 0);
        loop {
            let (table, limit) = (table.0.as_slice(), SCANNED as i64);
            let values = (&after.0, &after.1);
            let rows =
                self.connection.query(sql, &[&self.id(), &table, values.0, values.1, &limit])?;
            let full = rows.len() == SCANNED;
            for row in rows {
                let stored = stored(&row)?;
                after = (stored.record.row.0.to_vec(), to_bits(stored.sequence));
                visit(stored);
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn digests(&mut self) -> StoreResult<Vec<(TableTag, Digest)>> {
        let sql = "SELECT table_tag, count, sum FROM digests WHERE vault = $1 ORDER BY table_tag";
        let rows = self.connection.query(sql, &[&self.id()])?;
        let digest = |row: &Row| {
            let sum = u128::from_be_bytes(array(row.get(2))?);
            let digest = Digest { count: from_bits(row.get(1)), sum };
            Ok((TableTag(array(row.get(0))?), digest))
        };
        rows.iter().map(digest).collect()
    }

    fn carry_out(
        &mut self,
        device: DeviceId,
        prepared: &Prepared<'_>,
        plan: &PushPlan,
    ) -> StoreResult<()> {
        self.delete(&plan.deletes)?;
        let inserts = plan.inserts.iter().map(|new| (new.sequence, new.index));
        self.put(PUT_NEW, device, Columns::of(prepared, inserts))?;
        let replaces = plan.replaces.iter().map(|new| (new.sequence, new.index));
        self.put(PUT_AGAIN, device, Columns::of(prepared, replaces))?;
        if !plan.floors.is_empty() {
            let sql = "INSERT INTO floors (vault, row_key, clock) \
                       SELECT $1, * FROM unnest($2::bytea[], $3::bytea[]) \
                       ON CONFLICT (vault, row_key) DO UPDATE SET clock = excluded.clock";
            let keys: Vec<&[u8]> = plan.floors.iter().map(|(key, _)| key.0.as_slice()).collect();
            let clocks: Vec<Vec<u8>> =
                plan.floors.iter().map(|(_, clock)| clock.to_wire().to_vec()).collect();
            self.connection.execute(sql, &[&self.id(), &keys, &clocks])?;
        }
        self.add_digests(&plan.digests)?;
        self.change(device, &plan.change)
    }

    fn change(&mut self, device: DeviceId, change: &Change) -> StoreResult<()> {
        let Change { vault, place, device: state } = change;
        let sql = "WITH vault AS (UPDATE vaults \
                     SET head = $2, head_push = $3, newest = $4, bytes = $5 WHERE vault = $1) \
                   INSERT INTO pushes (vault, last, push) VALUES ($1, $6, $7)";
        let push = vault.head.map(|head| head.push.0.to_vec());
        let numbers =
            [vault.sequence(), vault.newest.packed(), vault.bytes, place.sequence].map(to_bits);
        let [head, newest, bytes, last] = &numbers;
        let place = place.push.0.as_slice();
        self.connection.execute(sql, &[&self.id(), head, &push, newest, bytes, last, &place])?;
        let sql = "UPDATE devices SET ack_token = $3, sent = $4, sent_push = $5, last_push = $6, \
                   last_before = $7, last_content = $8, last_answer = $9, caught_up = $10, \
                   caught_up_at = $11 \
                   WHERE vault = $1 AND device = $2";
        let newest = state.last.as_ref();
        self.connection.execute(
            sql,
            &[
                &self.id(),
                &device.as_bytes().as_slice(),
                &state.token.map(|token| token.0.to_vec()),
                &state.sent.map(|sent| to_bits(sent.sequence)),
                &state.sent.map(|sent| sent.push.0.to_vec()),
                &newest.map(|last| last.id.0.to_vec()),
                &newest.and_then(|last| last.before).map(|before| before.0.to_vec()),
                &newest.map(|last| to_bits(last.content)),
                &newest.map(|last| last.answer.as_slice()),
                &state.caught_up.map(|caught_up| to_bits(caught_up.sequence)),
                &state.caught_up.map(|caught_up| caught_up.at.as_millis()),
            ],
        )?;
        Ok(())
    }

    fn let_go(&mut self, plan: &DamagePlan) -> StoreResult<()> {
        self.delete(&plan.deletes)?;
        self.add_digests(&plan.digests)?;
        let sql = "UPDATE vaults SET bytes = greatest(0, bytes - $2) WHERE vault = $1";
        self.connection.execute(sql, &[&self.id(), &to_bits(plan.freed)])?;
        Ok(())
    }
}

impl PostgresVault<'_> {
    fn id(&self) -> Vec<u8> {
        self.vault.to_vec()
    }

    fn delete(&mut self, sequences: &[u64]) -> StoreResult<()> {
        if sequences.is_empty() {
            return Ok(());
        }
        let sql = "DELETE FROM records WHERE vault = $1 AND sequence = ANY($2)";
        let sequences: Vec<i64> = sequences.iter().copied().map(to_bits).collect();
        self.connection.execute(sql, &[&self.id(), &sequences])?;
        Ok(())
    }

    fn add_digests(&mut self, changes: &[(TableTag, Digest)]) -> StoreResult<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut digests: HashMap<TableTag, Digest> = self.digests()?.into_iter().collect();
        let (mut tables, mut counts, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        let mut gone: Vec<&[u8]> = Vec::new();
        for (table, change) in changes {
            let digest = digests.entry(*table).or_default();
            digest.merge(change);
            if digest.is_empty() {
                gone.push(&table.0);
                continue;
            }
            tables.push(table.0.as_slice());
            counts.push(to_bits(digest.count));
            sums.push(digest.sum.to_be_bytes().to_vec());
        }
        let sql = "INSERT INTO digests (vault, table_tag, count, sum) \
                   SELECT $1, * FROM unnest($2::bytea[], $3::bigint[], $4::bytea[]) \
                   ON CONFLICT (vault, table_tag) \
                   DO UPDATE SET count = excluded.count, sum = excluded.sum";
        self.connection.execute(sql, &[&self.id(), &tables, &counts, &sums])?;
        if gone.is_empty() {
            return Ok(());
        }
        let sql = "DELETE FROM digests WHERE vault = $1 AND table_tag = ANY($2)";
        self.connection.execute(sql, &[&self.id(), &gone])?;
        Ok(())
    }

    fn put(
        &mut self,
        sql: &'static str,
        device: DeviceId,
        columns: Columns<'_>,
    ) -> StoreResult<()> {
        if columns.sequences.is_empty() {
            return Ok(());
        }
        self.connection.execute(
            sql,
            &[
                &self.id(),
                &device.as_bytes().as_slice(),
                &columns.sequences,
                &columns.tables,
                &columns.rows,
                &columns.clocks,
                &columns.generations,
                &columns.key_ids,
                &columns.nonces,
                &columns.weights,
                &columns.checksums,
                &columns.cells,
                &columns.drops,
                &columns.sealed,
            ],
        )?;
        Ok(())
    }
}

fn listed(row: &Row) -> StoreResult<Listed> {
    Ok(Listed {
        sequence: from_bits(row.get(0)),
        row: OpaqueKey(array(row.get(1))?),
        weight: from_bits(row.get(2)),
    })
}

fn stored(row: &Row) -> StoreResult<Stored> {
    let generation: i64 = row.get(5);
    let generation =
        u32::try_from(generation).map_err(|_| StoreError::Corrupt("a key's generation"))?;
    let dropped: Option<&[u8]> = row.get(10);
    Ok(Stored {
        sequence: from_bits(row.get(0)),
        pusher: DeviceId::from_bytes(array(row.get(4))?),
        checksum: from_bits(row.get(8)),
        weight: from_bits(row.get(12)),
        record: SealedRecord {
            table: TableTag(array(row.get(1))?),
            row: OpaqueKey(array(row.get(2))?),
            clock: Clock::from_wire(array(row.get(3))?),
            cells: cells(row.get(9))?,
            key: KeyId { generation, id: array(row.get(6))? },
            nonce: array(row.get(7))?,
            sealed: row.get(11),
            drops: dropped.map(drops).transpose()?,
        },
    })
}
