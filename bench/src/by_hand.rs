//! Last writer wins, written by hand for one table: what a competent application would do that knows
//! nothing of hidden rows, unknown columns or purged keys.
//!
//! Each row is read and written once, with all that has come for it. Its clocks are one packed blob:
//! for each clock the time, the number of the device, and the set of columns under it.

use std::fmt::Write;

use runlog_core::id::DeviceId;
use runlog_core::model::Params;
use runlog_core::schema::{Table, executions as column};
use runlog_core::value::Value;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::Failed;
use crate::benches::merge::RemoteRow;

/// The columns under one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    time: u64,
    device: u16,
    columns: u32,
}

const GROUP_BYTES: usize = 14;

/// The merge, and what it keeps between batches.
#[derive(Debug)]
pub(crate) struct ByHand {
    connection: Connection,
    devices: Vec<DeviceId>,
    change: u64,
    insert: String,
}

impl ByHand {
    pub(crate) fn new(connection: Connection) -> Self {
        let insert = insert_of(&["visibility", "change", "clocks"]);
        Self { connection, devices: Vec::new(), change: 0, insert }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Merges rows in one transaction.
    pub(crate) fn merge(&mut self, rows: &[RemoteRow]) -> Result<(), Failed> {
        let tx = self.connection.transaction()?;
        let mut select = tx.prepare_cached("SELECT clocks FROM executions WHERE id = ?1")?;
        let mut insert = tx.prepare_cached(&self.insert)?;
        let mut add_param = tx.prepare_cached(ADD_PARAM)?;
        for row in rows {
            let held: Option<Vec<u8>> =
                select.query_row([row.id.as_bytes()], |found| found.get(0)).optional()?;
            let is_new = held.is_none();
            let mut groups = held.map(|bytes| decoded(&bytes)).unwrap_or_default();
            let mut won: [Option<&Value>; 32] = [None; 32];
            for (clock, cells) in &row.writes {
                let device = number_of(&mut self.devices, clock.device);
                let time = clock.time.packed();
                let named = cells.iter().fold(0u32, |set, (id, _)| set | 1 << id.index());
                let taken = take(&mut groups, Group { time, device, columns: named });
                let taken = cells.iter().filter(|(id, _)| taken >> id.index() & 1 == 1);
                taken.for_each(|(id, value)| won[id.index()] = Some(value));
            }
            if won.iter().all(Option::is_none) {
                continue;
            }
            self.change += 1;
            let clocks = encoded(&groups);
            if !is_new {
                update(&tx, row, &won, self.change, &clocks)?;
                continue;
            }
            insert.raw_bind_parameter(1, 1)?;
            insert.raw_bind_parameter(2, self.change.cast_signed())?;
            insert.raw_bind_parameter(3, clocks)?;
            insert.raw_bind_parameter(4, row.id.as_bytes())?;
            for (at, _) in Table::Executions.columns().iter().enumerate() {
                insert.raw_bind_parameter(5 + at, Cell(won[at]))?;
            }
            insert.raw_execute()?;
            index_params(&mut add_param, tx.last_insert_rowid(), &won)?;
        }
        drop((select, insert, add_param));
        Ok(tx.commit()?)
    }
}

/// Inserts the rows without looking for them, and without clocks.
pub(crate) fn insert_plainly(
    connection: &mut Connection,
    rows: &[RemoteRow],
) -> Result<(), Failed> {
    let tx = connection.transaction()?;
    let mut insert = tx.prepare_cached(&insert_of(&["visibility"]))?;
    let mut add_param = tx.prepare_cached(ADD_PARAM)?;
    for row in rows {
        let mut cells: [Option<&Value>; 32] = [None; 32];
        let written = row.writes.iter().flat_map(|(_, cells)| cells);
        written.for_each(|(id, value)| cells[id.index()] = Some(value));
        insert.raw_bind_parameter(1, 1)?;
        insert.raw_bind_parameter(2, row.id.as_bytes())?;
        for (at, _) in Table::Executions.columns().iter().enumerate() {
            insert.raw_bind_parameter(3 + at, Cell(cells[at]))?;
        }
        insert.raw_execute()?;
        index_params(&mut add_param, tx.last_insert_rowid(), &cells)?;
    }
    drop((insert, add_param));
    Ok(tx.commit()?)
}

const ADD_PARAM: &str =
    "INSERT INTO param_index (name, value, begun_at, row) VALUES (?1, ?2, ?3, ?4)";

fn index_params(
    add: &mut rusqlite::CachedStatement<'_>,
    row: i64,
    cells: &[Option<&Value>; 32],
) -> Result<(), Failed> {
    let text = cells[column::PARAMS.index()].and_then(Value::as_text).unwrap_or("{}");
    let begun_at = cells[column::STARTED_AT.index()].and_then(Value::as_integer);
    for (name, value) in Params::from_json(text)?.iter() {
        add.execute(params![name, value, begun_at, row])?;
    }
    Ok(())
}

/// Gives the columns that are older to the group. Returns which they are.
fn take(groups: &mut Vec<Group>, new: Group) -> u32 {
    let is_newer = |held: &Group| (held.time, held.device) >= (new.time, new.device);
    let kept = groups.iter().filter(|held| is_newer(held)).fold(0, |set, held| set | held.columns);
    let taken = new.columns & !kept;
    if taken != 0 {
        groups.iter_mut().for_each(|held| held.columns &= !taken);
        groups.retain(|held| held.columns != 0);
        groups.push(Group { columns: taken, ..new });
    }
    taken
}

fn number_of(devices: &mut Vec<DeviceId>, device: DeviceId) -> u16 {
    let known = devices.iter().position(|held| *held == device);
    known.unwrap_or_else(|| {
        devices.push(device);
        devices.len() - 1
    }) as u16
}

fn encoded(groups: &[Group]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(groups.len() * GROUP_BYTES);
    for group in groups {
        bytes.extend_from_slice(&group.time.to_be_bytes());
        bytes.extend_from_slice(&group.device.to_be_bytes());
        bytes.extend_from_slice(&group.columns.to_be_bytes());
    }
    bytes
}

fn decoded(bytes: &[u8]) -> Vec<Group> {
    let number = |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let group = |bytes: &[u8]| Group {
        time: number(&bytes[..8]),
        device: number(&bytes[8..10]) as u16,
        columns: number(&bytes[10..]) as u32,
    };
    bytes.chunks_exact(GROUP_BYTES).map(group).collect()
}

fn insert_of(before: &[&str]) -> String {
    let columns = Table::Executions.columns().iter().map(|column| column.name);
    let names: Vec<&str> = before.iter().copied().chain(["id"]).chain(columns).collect();
    let marks = vec!["?"; names.len()].join(", ");
    format!("INSERT INTO executions ({}) VALUES ({marks})", names.join(", "))
}

fn update(
    tx: &Transaction<'_>,
    row: &RemoteRow,
    won: &[Option<&Value>; 32],
    change: u64,
    clocks: &[u8],
) -> Result<(), Failed> {
    let mut text = String::from("UPDATE executions SET change = ?1, clocks = ?2");
    let won = won.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
    for (at, _) in won.clone() {
        write!(text, ", {} = ?{}", Table::Executions.columns()[at].name, at + 4)?;
    }
    let mut update = tx.prepare_cached(&(text + " WHERE id = ?3"))?;
    update.raw_bind_parameter(1, change.cast_signed())?;
    update.raw_bind_parameter(2, clocks)?;
    update.raw_bind_parameter(3, row.id.as_bytes())?;
    for (at, value) in won {
        update.raw_bind_parameter(at + 4, Cell(Some(value)))?;
    }
    update.raw_execute()?;
    Ok(())
}

/// A value as a bound parameter.
struct Cell<'a>(Option<&'a Value>);

impl rusqlite::ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            None | Some(Value::Null) => ValueRef::Null,
            Some(Value::Integer(value)) => ValueRef::Integer(*value),
            Some(Value::Real(value)) => ValueRef::Real(*value),
            Some(Value::Text(text)) => ValueRef::Text(text.as_bytes()),
            Some(Value::Blob(bytes)) => ValueRef::Blob(bytes),
        }))
    }
}
