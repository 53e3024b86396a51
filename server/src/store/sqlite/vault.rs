//! One vault's records in SQLite.

use std::collections::{BTreeSet, HashMap};

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
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::columns::{
    array, caught_up, cells, drops, from_bits, put_cells, put_drops, to_bits,
};
use crate::store::{Listed, Selection, StoreResult, Stored, VaultTx, VaultWork};

/// Runs work on a vault, where it is there.
pub(super) fn run(
    transaction: &Connection,
    vault: VaultId,
    work: &mut VaultWork<'_>,
) -> StoreResult<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM vaults WHERE vault = ?1)";
    let found: bool = transaction.query_row(sql, [vault.0], |row| row.get(0))?;
    if found {
        work(&mut SqliteVault { transaction, vault: vault.0 })?;
    }
    Ok(found)
}

struct SqliteVault<'a> {
    transaction: &'a Connection,
    vault: [u8; VaultId::LEN],
}

/// Columns of a record. Where a row is asked for, the index by row is named: SQLite would rather read
/// the whole vault in the order of its sequence than sort the two or three records of a row.
const RECORD: &str = "sequence, table_tag, row_key, clock, pusher, generation, key_id, nonce, \
                      checksum, cells, drops, sealed, weight";

impl VaultTx for SqliteVault<'_> {
    fn vault(&mut self) -> StoreResult<Vault> {
        let sql = "SELECT head, head_push, newest, bytes, quota FROM vaults WHERE vault = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let (head, push, newest, bytes, quota) = statement.query_row([self.vault], |row| {
            Ok((number(row, 0)?, id(row, 1)?, number(row, 2)?, number(row, 3)?, number(row, 4)?))
        })?;
        Ok(Vault {
            head: push.map(|push| Place { sequence: head, push: PushId(push) }),
            newest: ClockTime::from_packed(newest),
            bytes,
            quota,
        })
    }

    fn device(&mut self, device: DeviceId) -> StoreResult<DeviceState> {
        let sql = "SELECT ack_token, sent, sent_push, last_push, last_before, last_content, \
                   last_answer, caught_up, caught_up_at FROM devices WHERE vault = ?1 AND device = ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let state = statement.query_row(params![self.vault, device.as_bytes()], |row| {
            let push = id(row, 3)?;
            let last = push.map(|push| {
                Ok::<_, rusqlite::Error>(LastPush {
                    id: PushId(push),
                    before: id(row, 4)?.map(AckToken),
                    content: number(row, 5)?,
                    answer: row.get(6)?,
                })
            });
            let sent: Option<i64> = row.get(1)?;
            let sent = sent.zip(id(row, 2)?);
            Ok(DeviceState {
                token: id(row, 0)?.map(AckToken),
                sent: sent.map(|(sequence, push)| Place {
                    sequence: from_bits(sequence),
                    push: PushId(push),
                }),
                last: last.transpose()?,
                caught_up: caught_up(row.get(7)?, row.get(8)?),
            })
        });
        Ok(state.optional()?.unwrap_or_default())
    }

    fn acknowledged(&mut self, since: Timestamp) -> StoreResult<u64> {
        let sql = "SELECT coalesce(min(coalesce(caught_up, 0)), 0) FROM devices \
                   WHERE vault = ?1 AND revoked = 0 AND coalesce(seen_at, created_at) >= ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let values = params![self.vault, since.as_millis()];
        Ok(statement.query_row(values, |row| number(row, 0))?)
    }

    fn note_caught_up(&mut self, device: DeviceId, caught_up: CaughtUp) -> StoreResult<()> {
        let sql = "UPDATE devices SET caught_up = ?3, caught_up_at = ?4 \
                   WHERE vault = ?1 AND device = ?2";
        let (sequence, at) = (to_bits(caught_up.sequence), caught_up.at.as_millis());
        self.transaction.execute(sql, params![self.vault, device.as_bytes(), sequence, at])?;
        Ok(())
    }

    fn push_at(&mut self, sequence: u64) -> StoreResult<Option<PushId>> {
        let sql = "SELECT push FROM pushes WHERE vault = ?1 AND last >= ?2 ORDER BY last LIMIT 1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let push = statement
            .query_row(params![self.vault, to_bits(sequence)], |row| row.get(0).map(PushId));
        Ok(push.optional()?)
    }

    fn rows(&mut self, keys: &BTreeSet<OpaqueKey>) -> StoreResult<HashMap<OpaqueKey, HeldRow>> {
        let sql = format!(
            "SELECT {RECORD} FROM records INDEXED BY records_by_row \
             WHERE vault = ?1 AND row_key = ?2 ORDER BY sequence"
        );
        let mut records = self.transaction.prepare_cached(&sql)?;
        let sql = "SELECT clock FROM floors WHERE vault = ?1 AND row_key = ?2";
        let mut floors = self.transaction.prepare_cached(sql)?;
        let mut rows = HashMap::new();
        for key in keys {
            let mut held = HeldRow::default();
            let floor: Option<[u8; Clock::WIRE_LEN]> =
                floors.query_row(params![self.vault, key.0], |row| row.get(0)).optional()?;
            held.floor = floor.map(Clock::from_wire);
            let mut found = records.query(params![self.vault, key.0])?;
            while let Some(row) = found.next()? {
                held.headers.push(stored(row)?.header());
            }
            if held != HeldRow::default() {
                rows.insert(*key, held);
            }
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
                   WHERE vault = ?1 AND sequence > ?2 AND pusher IS NOT ?3 \
                   ORDER BY sequence LIMIT ?4";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let except = except.map(|device| *device.as_bytes());
        let values = params![self.vault, to_bits(after), except, limit as i64];
        Ok(statement.query_map(values, listed)?.collect::<Result<_, _>>()?)
    }

    fn list_rows(&mut self, rows: Selection<'_>, limit: usize) -> StoreResult<Vec<Listed>> {
        match rows {
            Selection::Part { table, part, after } => {
                let sql = "SELECT sequence, row_key, weight FROM records \
                           WHERE vault = ?1 AND row_key > ?2 AND row_key <= ?3 AND table_tag = ?4 \
                           ORDER BY row_key, sequence LIMIT ?5";
                let mut statement = self.transaction.prepare_cached(sql)?;
                // Shorter than any key of the part, so before all of them.
                let first = after.map_or(vec![part], |row| row.0.to_vec().max(vec![part]));
                let last: [u8; 17] = std::array::from_fn(|i| if i == 0 { part } else { 0xff });
                let values = params![self.vault, first, last, table.0, limit as i64];
                Ok(statement.query_map(values, listed)?.collect::<Result<_, _>>()?)
            }
            Selection::Rows(keys) => {
                let sql = "SELECT sequence, row_key, weight \
                           FROM records INDEXED BY records_by_row \
                           WHERE vault = ?1 AND row_key = ?2 ORDER BY sequence";
                let mut statement = self.transaction.prepare_cached(sql)?;
                let mut all = Vec::new();
                for key in keys {
                    for found in statement.query_map(params![self.vault, key.0], listed)? {
                        all.push(found?);
                    }
                    if all.len() >= limit {
                        all.truncate(limit);
                        break;
                    }
                }
                Ok(all)
            }
        }
    }

    fn records(&mut self, sequences: &[u64]) -> StoreResult<Vec<Stored>> {
        let sql = format!("SELECT {RECORD} FROM records WHERE vault = ?1 AND sequence = ?2");
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let mut all = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let mut rows = statement.query(params![self.vault, to_bits(*sequence)])?;
            if let Some(row) = rows.next()? {
                all.push(stored(row)?);
            }
        }
        Ok(all)
    }

    fn scan(&mut self, table: TableTag, visit: &mut dyn FnMut(Stored)) -> StoreResult<()> {
        let sql = format!(
            "SELECT {RECORD} FROM records WHERE vault = ?1 AND table_tag = ?2 \
             ORDER BY row_key, sequence"
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let mut rows = statement.query(params![self.vault, table.0])?;
        while let Some(row) = rows.next()? {
            visit(stored(row)?);
        }
        Ok(())
    }

    fn digests(&mut self) -> StoreResult<Vec<(TableTag, Digest)>> {
        let sql = "SELECT table_tag, count, sum FROM digests WHERE vault = ?1 ORDER BY table_tag";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let digests = statement.query_map([self.vault], |row| {
            let sum = u128::from_be_bytes(row.get(2)?);
            Ok((TableTag(row.get(0)?), Digest { count: number(row, 1)?, sum }))
        })?;
        Ok(digests.collect::<Result<_, _>>()?)
    }

    fn carry_out(
        &mut self,
        device: DeviceId,
        prepared: &Prepared<'_>,
        plan: &PushPlan,
    ) -> StoreResult<()> {
        self.delete(&plan.deletes)?;
        let sql = format!(
            "INSERT INTO records (vault, {RECORD}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        );
        let mut insert = self.transaction.prepare_cached(&sql)?;
        for new in &plan.inserts {
            let record = &prepared.push.records[new.index];
            insert.execute(params![
                self.vault,
                to_bits(new.sequence),
                record.table.0,
                record.row.0,
                record.clock.to_wire(),
                device.as_bytes(),
                record.key.generation,
                record.key.id,
                record.nonce,
                to_bits(prepared.checksums[new.index]),
                put_cells(&record.cells),
                record.drops.as_ref().map(put_drops),
                record.sealed,
                record.weight() as i64,
            ])?;
        }
        let sql = "UPDATE records SET generation = ?3, key_id = ?4, nonce = ?5, checksum = ?6, \
                   cells = ?7, drops = ?8, sealed = ?9, weight = ?10, table_tag = ?11 \
                   WHERE vault = ?1 AND sequence = ?2";
        let mut replace = self.transaction.prepare_cached(sql)?;
        for new in &plan.replaces {
            let record = &prepared.push.records[new.index];
            replace.execute(params![
                self.vault,
                to_bits(new.sequence),
                record.key.generation,
                record.key.id,
                record.nonce,
                to_bits(prepared.checksums[new.index]),
                put_cells(&record.cells),
                record.drops.as_ref().map(put_drops),
                record.sealed,
                record.weight() as i64,
                record.table.0,
            ])?;
        }
        let sql = "INSERT INTO floors (vault, row_key, clock) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (vault, row_key) DO UPDATE SET clock = excluded.clock";
        let mut floor = self.transaction.prepare_cached(sql)?;
        for (key, clock) in &plan.floors {
            floor.execute(params![self.vault, key.0, clock.to_wire()])?;
        }
        self.add_digests(&plan.digests)?;
        self.change(device, &plan.change)
    }

    fn change(&mut self, device: DeviceId, change: &Change) -> StoreResult<()> {
        let Change { vault, place, device: state } = change;
        let sql = "UPDATE vaults SET head = ?2, head_push = ?3, newest = ?4, bytes = ?5 \
                   WHERE vault = ?1";
        self.transaction.prepare_cached(sql)?.execute(params![
            self.vault,
            to_bits(vault.sequence()),
            vault.head.map(|head| head.push.0),
            to_bits(vault.newest.packed()),
            to_bits(vault.bytes),
        ])?;
        let sql = "INSERT INTO pushes (vault, last, push) VALUES (?1, ?2, ?3)";
        let mut push = self.transaction.prepare_cached(sql)?;
        push.execute(params![self.vault, to_bits(place.sequence), place.push.0])?;
        let sql = "UPDATE devices SET ack_token = ?3, sent = ?4, sent_push = ?5, last_push = ?6, \
                   last_before = ?7, last_content = ?8, last_answer = ?9, caught_up = ?10, \
                   caught_up_at = ?11 \
                   WHERE vault = ?1 AND device = ?2";
        let last = state.last.as_ref();
        self.transaction.prepare_cached(sql)?.execute(params![
            self.vault,
            device.as_bytes(),
            state.token.map(|token| token.0),
            state.sent.map(|sent| to_bits(sent.sequence)),
            state.sent.map(|sent| sent.push.0),
            last.map(|last| last.id.0),
            last.and_then(|last| last.before).map(|before| before.0),
            last.map(|last| to_bits(last.content)),
            last.map(|last| &last.answer),
            state.caught_up.map(|caught_up| to_bits(caught_up.sequence)),
            state.caught_up.map(|caught_up| caught_up.at.as_millis()),
        ])?;
        Ok(())
    }

    fn let_go(&mut self, plan: &DamagePlan) -> StoreResult<()> {
        self.delete(&plan.deletes)?;
        self.add_digests(&plan.digests)?;
        let sql = "UPDATE vaults SET bytes = max(0, bytes - ?2) WHERE vault = ?1";
        self.transaction.execute(sql, params![self.vault, to_bits(plan.freed)])?;
        Ok(())
    }
}

impl SqliteVault<'_> {
    fn delete(&mut self, sequences: &[u64]) -> StoreResult<()> {
        let sql = "DELETE FROM records WHERE vault = ?1 AND sequence = ?2";
        let mut delete = self.transaction.prepare_cached(sql)?;
        for sequence in sequences {
            delete.execute(params![self.vault, to_bits(*sequence)])?;
        }
        Ok(())
    }

    fn add_digests(&mut self, changes: &[(TableTag, Digest)]) -> StoreResult<()> {
        let mut digests: HashMap<TableTag, Digest> = self.digests()?.into_iter().collect();
        let sql = "INSERT INTO digests (vault, table_tag, count, sum) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (vault, table_tag) \
                   DO UPDATE SET count = excluded.count, sum = excluded.sum";
        let mut put = self.transaction.prepare_cached(sql)?;
        let sql = "DELETE FROM digests WHERE vault = ?1 AND table_tag = ?2";
        let mut remove = self.transaction.prepare_cached(sql)?;
        for (table, change) in changes {
            let digest = digests.entry(*table).or_default();
            digest.merge(change);
            if digest.is_empty() {
                remove.execute(params![self.vault, table.0])?;
            } else {
                let sum = digest.sum.to_be_bytes();
                put.execute(params![self.vault, table.0, to_bits(digest.count), sum])?;
            }
        }
        Ok(())
    }
}

fn number(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get(index).map(from_bits)
}

fn id(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<[u8; 16]>> {
    row.get(index)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed { sequence: number(row, 0)?, row: OpaqueKey(row.get(1)?), weight: number(row, 2)? })
}

fn stored(row: &Row<'_>) -> StoreResult<Stored> {
    let blob = |index: usize| row.get_ref(index).map(|value| value.as_blob().unwrap_or_default());
    let dropped: Option<Vec<u8>> = row.get(10)?;
    Ok(Stored {
        sequence: number(row, 0)?,
        pusher: DeviceId::from_bytes(row.get(4)?),
        checksum: number(row, 8)?,
        weight: number(row, 12)?,
        record: SealedRecord {
            table: TableTag(row.get(1)?),
            row: OpaqueKey(row.get(2)?),
            clock: Clock::from_wire(row.get(3)?),
            cells: cells(blob(9)?)?,
            key: KeyId { generation: row.get(5)?, id: array(blob(6)?)? },
            nonce: array(blob(7)?)?,
            sealed: row.get(11)?,
            drops: dropped.as_deref().map(drops).transpose()?,
        },
    })
}
