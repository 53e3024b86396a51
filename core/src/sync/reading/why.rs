//! Why a value is here: who wrote it, how it came here, and what it displaced.

use serde::Serialize;
use serde_json::Value as Json;

use crate::clock::{Clock, ColumnId, ColumnSet};
use crate::history::{HistoryError, HistoryReader, predecessors};
use crate::id::{DeviceId, ExecutionId};
use crate::model::{InvalidValue, Tag};
use crate::schema::{RowKey, Table, executions, tags};
use crate::store::{ItemKey, ReadTx, Row};
use crate::sync::displaced::Displaced;
use crate::sync::run::{Direction, EntityOutcome, LogQuery, SyncId, SyncLogEntry, SyncRun};
use crate::time::Timestamp;
use crate::value::Value;

/// Rows of the sync log that are looked through for one value.
const LOOKED_THROUGH: usize = 1_000;

/// Why a field of an execution has its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The field, as it was asked for.
    pub field: String,
    /// The column that decides it: of a status, that of the outcome or of the start.
    pub column: &'static str,
    /// The value, as surfaces show it; of a tag, whether it is there.
    pub value: Json,
    /// Who wrote it; `None` where nobody ever did.
    pub written: Option<Written>,
    /// How it came here; `None` where this device wrote it, and where it is not known any more.
    pub arrived: Option<Arrived>,
    /// What was displaced here last in this column; `None` where nothing was, or too long ago.
    pub displaced: Option<DisplacedValue>,
}

/// Who wrote a value, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The device.
    pub device_id: DeviceId,
    /// When, by the clock of that device.
    pub at: Timestamp,
    /// The counter of the clock within that millisecond.
    pub counter: u16,
    /// Whether it was this device, under this id or an earlier one.
    pub here: bool,
}

/// How a value came here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arrived {
    /// The run of syncing that brought it.
    pub sync_id: SyncId,
    /// When.
    pub at: Timestamp,
    /// Whether that is certain. Where the value displaced nothing, it is taken from the sync log:
    /// the first run after it was written that changed the row.
    pub certain: bool,
    /// The run, as long as it is kept.
    pub run: Option<SyncRun>,
}

/// What was displaced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DisplacedValue {
    /// The value.
    pub value: Json,
    /// Who had written it.
    pub written: Written,
    /// When it was displaced here.
    pub at: Timestamp,
    /// The run that brought what displaced it.
    pub sync_id: Option<SyncId>,
    /// Whether it was displaced by the value that is here now, not by one in between.
    pub by_this_value: bool,
}

impl HistoryReader<'_> {
    /// Why a field of an execution has its value. Fields are named as in JSON (`status`, `note`,
    /// `exit_code`), a tag as `tag:NAME`.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`], and [`HistoryError::Invalid`] where there is no such field.
    pub fn why(&self, id: ExecutionId, field: &str) -> Result<Why, HistoryError> {
        let row = self.row_of(id)?;
        let (key, column) = match field.strip_prefix("tag:") {
            Some(tag) => (RowKey::Tag(id, Tag::new(tag)?), tags::DELETED),
            None => (RowKey::Execution(id), column_of(field, &row)?),
        };
        Account::of(self.tx())?.why(field, &key, column)
    }

    /// Why each field of an execution that was ever written has its value: in the order of the
    /// columns, then tags.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`].
    pub fn whys(&self, id: ExecutionId) -> Result<Vec<Why>, HistoryError> {
        let row = self.row_of(id)?;
        let account = Account::of(self.tx())?;
        let mut whys = Vec::new();
        for column in Table::Executions.columns() {
            let empty = row.cells[column.id.index()].is_null();
            let why = account.why(column.name, &RowKey::Execution(id), column.id)?;
            if why.written.is_some() && (!empty || why.displaced.is_some()) {
                whys.push(why);
            }
        }
        for (tag, _) in self.tx().tags(id)? {
            let field = format!("tag:{tag}");
            whys.push(account.why(&field, &RowKey::Tag(id, tag), tags::DELETED)?);
        }
        Ok(whys)
    }

    fn row_of(&self, id: ExecutionId) -> Result<Row, HistoryError> {
        let row = self.tx().row(&RowKey::Execution(id), executions::ALL)?;
        row.ok_or(HistoryError::NotFound { id })
    }
}

/// The column that decides a field.
fn column_of(field: &str, row: &Row) -> Result<ColumnId, HistoryError> {
    let holds = |column: ColumnId| !row.cells[column.index()].is_null();
    let ended = if holds(executions::OUTCOME) || !holds(executions::LOST_AT) {
        executions::ENDED_AT
    } else {
        executions::LOST_AT
    };
    let newest = || {
        let groups = row.clocks.groups().into_iter().max_by_key(|(clock, _)| *clock);
        groups.and_then(|(_, columns)| columns.iter().next()).unwrap_or(executions::CREATED_AT)
    };
    Ok(match field {
        "status" if holds(executions::OUTCOME) => executions::OUTCOME,
        "status" if holds(executions::LOST_AT) => executions::LOST_AT,
        "status" if holds(executions::STARTED_AT) => executions::STARTED_AT,
        "status" => executions::CREATED_AT,
        "ended_at" | "duration_ms" => ended,
        "ended_at_approximate" => executions::LOST_AT,
        "updated_at" => newest(),
        name => Table::Executions.column(name).ok_or_else(|| unknown(name))?.id,
    })
}

fn unknown(field: &str) -> HistoryError {
    let names: Vec<&str> = Table::Executions.columns().iter().map(|column| column.name).collect();
    let reason =
        format!("there is no '{field}'; there are status, {} and tag:NAME", names.join(", "));
    InvalidValue { field: "field", reason }.into()
}

/// What all answers of one transaction share.
struct Account<'a> {
    tx: &'a dyn ReadTx,
    /// The ids of this device, earlier ones included.
    own: Vec<DeviceId>,
}

impl<'a> Account<'a> {
    fn of(tx: &'a dyn ReadTx) -> Result<Self, HistoryError> {
        let mut own = predecessors(tx)?;
        own.extend(tx.device()?);
        Ok(Self { tx, own })
    }

    fn why(&self, field: &str, key: &RowKey, column: ColumnId) -> Result<Why, HistoryError> {
        let item = ItemKey::from(key);
        let name = key.table().columns()[column.index()].name;
        let row = self.tx.row(key, ColumnSet::of(&[column]))?;
        let clock = row.as_ref().map_or(Clock::ZERO, |row| row.clocks.of(column));
        let value = row.map_or(Value::Null, |mut row| row.cells.swap_remove(column.index()));
        let displaced = Displaced::of(self.tx, &item, name)?;
        let written = (clock != Clock::ZERO).then(|| self.written(clock));
        let arrived = match &written {
            Some(written) if !written.here => self.arrived(&item, clock, displaced.as_ref())?,
            _ => None,
        };
        Ok(Why {
            field: field.to_owned(),
            column: name,
            value: shown(key.table(), column, &value),
            written,
            arrived,
            displaced: displaced.map(|displaced| DisplacedValue {
                value: shown(key.table(), column, &displaced.value),
                written: self.written(displaced.clock),
                at: displaced.at,
                sync_id: displaced.run,
                by_this_value: displaced.by == clock,
            }),
        })
    }

    fn written(&self, clock: Clock) -> Written {
        let Clock { time, device } = clock;
        let here = self.own.contains(&device);
        Written { device_id: device, at: time.timestamp(), counter: time.counter(), here }
    }

    fn arrived(
        &self,
        item: &ItemKey,
        clock: Clock,
        displaced: Option<&Displaced>,
    ) -> Result<Option<Arrived>, HistoryError> {
        let noted = displaced.filter(|displaced| displaced.by == clock);
        let noted = noted.and_then(|displaced| Some((displaced.run?, displaced.at)));
        let (found, certain) = match noted {
            Some(noted) => (Some(noted), true),
            None => (self.logged(item, clock)?, false),
        };
        let Some((sync_id, at)) = found else { return Ok(None) };
        Ok(Some(Arrived { sync_id, at, certain, run: self.tx.sync_run(sync_id)? }))
    }

    /// The first run after the value was written that changed the row here; where clocks disagree,
    /// the last one at all.
    fn logged(
        &self,
        item: &ItemKey,
        clock: Clock,
    ) -> Result<Option<(SyncId, Timestamp)>, HistoryError> {
        let query =
            LogQuery { entity: item.execution(), changes_only: true, ..LogQuery::default() };
        let rows = self.tx.sync_log(&query, None, LOOKED_THROUGH)?;
        let brought = |entry: &&SyncLogEntry| {
            entry.entity_type.as_deref() == Some(&item.table)
                && entry.direction == Direction::RemoteToLocal
                && matches!(entry.outcome, Some(EntityOutcome::Applied | EntityOutcome::Repaired))
        };
        let newest_first = || rows.iter().map(|(_, entry)| entry).filter(brought);
        let written_at = clock.time.timestamp();
        let found = newest_first().take_while(|entry| entry.at >= written_at).last();
        Ok(found.or_else(|| newest_first().next()).map(|entry| (entry.run, entry.at)))
    }
}

/// A cell as surfaces show the field.
fn shown(table: Table, column: ColumnId, value: &Value) -> Json {
    let flag = |value: i64| match value {
        0 => Json::Bool(false),
        1 => Json::Bool(true),
        other => other.into(),
    };
    match (table, column, value) {
        // A tag is there where it is not removed.
        (Table::Tags, tags::DELETED, Value::Integer(deleted)) => Json::Bool(*deleted == 0),
        (Table::Tags, tags::DELETED, Value::Null) => Json::Bool(false),
        (
            Table::Executions,
            executions::DELETED | executions::PINNED | executions::USED_FALLBACK,
            Value::Integer(value),
        ) => flag(*value),
        (
            Table::Executions,
            executions::ENDED_AT
            | executions::LOST_AT
            | executions::STARTED_AT
            | executions::CREATED_AT,
            Value::Integer(millis),
        ) => Timestamp::from_millis(*millis).to_string().into(),
        (
            Table::Executions,
            executions::ARGV | executions::PARAMS | executions::ATTRIBUTES,
            Value::Text(text),
        ) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        (_, _, Value::Null) => Json::Null,
        (_, _, Value::Integer(value)) => (*value).into(),
        (_, _, Value::Real(value)) => (*value).into(),
        (_, _, Value::Text(text)) => text.as_str().into(),
        (_, _, Value::Blob(bytes)) => match uuid::Uuid::from_slice(bytes) {
            Ok(id) => id.as_hyphenated().to_string().into(),
            Err(_) => format!("{} bytes", bytes.len()).into(),
        },
    }
}
