//! Seed 1: workflow runs with their params and logs, in three tables.

use runlog_core::history::{Imported, device_of_name};
use runlog_core::id::DeviceId;
use runlog_core::log::Lines;
use runlog_core::model::Kind;
use runlog_core::time::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement};

use super::children::{Children, Key, OWNER};
use super::draft::{Draft, Times};
use super::rows::{self, Columns, SourceRow};
use super::{Item, LogPart, Sink, Skipped, Step, events, fields};

pub(super) const EXECUTIONS: &str = "executions";
const PARAMS: &str = "execution_params";
const LOGS: &str = "execution_logs";

/// The table `executions` of our own databases has no `start_time`.
pub(super) const DETECT: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema \
     WHERE type = 'table' AND name = 'executions' COLLATE NOCASE) \
     AND EXISTS (SELECT 1 FROM pragma_table_info('executions') \
     WHERE name = 'id' COLLATE NOCASE) \
     AND EXISTS (SELECT 1 FROM pragma_table_info('executions') \
     WHERE name = 'start_time' COLLATE NOCASE)";

const IS_TABLE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema \
     WHERE type = 'table' AND name = ?1 COLLATE NOCASE)";

const EXECUTION_ROWS: [&str; 2] = [
    "SELECT rowid AS runlog_import_rowid, * FROM executions ORDER BY id COLLATE BINARY, rowid",
    "SELECT * FROM executions ORDER BY id COLLATE BINARY",
];
const PARAM_ROWS: [&str; 2] = [
    "SELECT rowid AS runlog_import_rowid, * FROM execution_params \
     ORDER BY execution_id COLLATE BINARY, rowid",
    "SELECT * FROM execution_params ORDER BY execution_id COLLATE BINARY",
];
const LOG_ROWS: [&str; 3] = [
    "SELECT rowid AS runlog_import_rowid, * FROM execution_logs \
     ORDER BY execution_id COLLATE BINARY, sequence, rowid",
    "SELECT * FROM execution_logs ORDER BY execution_id COLLATE BINARY, sequence",
    "SELECT * FROM execution_logs ORDER BY execution_id COLLATE BINARY",
];
const LAST_LOG_TIME: [&str; 1] = ["SELECT timestamp FROM execution_logs \
     WHERE execution_id = ?1 ORDER BY sequence DESC, rowid DESC LIMIT 1"];

/// The columns that are mapped.
const KNOWN: [&str; 10] = [
    "id",
    "workflow_id",
    "workflow_name",
    "status",
    "start_time",
    "end_time",
    "exit_code",
    "binary_path",
    "created_at",
    "updated_at",
];

/// The source names no device. Every importing device must give it the same one.
const DEVICE_NAME: &str = "workflow-manager";
/// Text at which a part of a log ends. Never to be changed: pieces end where parts end.
const LOG_PART_BYTES: usize = 4 << 20;
/// Most params of one execution.
const PARAMS_MAX: usize = 10_000;

pub(super) fn read(connection: &Connection, sink: Sink<'_>) -> Step<()> {
    let mut executions = match rows::prepare(connection, &EXECUTION_ROWS)? {
        Ok(statement) => statement,
        Err(reason) => return sink(unreadable(EXECUTIONS, reason)),
    };
    let mut params = child_table(connection, PARAMS, &PARAM_ROWS, sink)?;
    let mut logs = child_table(connection, LOGS, &LOG_ROWS, sink)?;
    let mut reader = Reader {
        connection,
        device: device_of_name(DEVICE_NAME),
        params: Children::open(PARAMS, params.as_mut())?,
        logs: Children::open(LOGS, logs.as_mut())?,
    };
    let columns = Columns::of(&executions);
    let mut rows = executions.query([])?;
    while let Some(row) = rows.next()? {
        let row = SourceRow { columns: &columns, row };
        let key = Key::of(row.get("id"));
        reader.params.skip_to(Some(&key), sink)?;
        reader.logs.skip_to(Some(&key), sink)?;
        match begin(&row) {
            Ok((draft, times)) => reader.execution(&row, &key, draft, times, sink)?,
            Err(reason) => sink(row.skipped(EXECUTIONS, "id", reason))?,
        }
    }
    reader.params.skip_to(None, sink)?;
    reader.logs.skip_to(None, sink)
}

fn unreadable(table: &'static str, reason: String) -> Item {
    Item::Skipped(Skipped { table, rowid: None, id: None, reason })
}

/// The rows of a table that an older source may not have.
fn child_table<'c>(
    connection: &'c Connection,
    table: &'static str,
    statements: &[&str],
    sink: Sink<'_>,
) -> Step<Option<Statement<'c>>> {
    if !connection.query_row(IS_TABLE, [table], |row| row.get(0))? {
        return Ok(None);
    }
    match rows::prepare(connection, statements)? {
        Ok(statement) => Ok(Some(statement)),
        Err(reason) => sink(unreadable(table, reason)).map(|()| None),
    }
}

/// What the row itself says.
fn begin(row: &SourceRow<'_>) -> Result<(Draft, Times), String> {
    let id = fields::id_of(row.get("id"), fields::BlobOrder::Network)
        .ok_or("its id is no UUID, or the empty one")?;
    let [start, end, created, updated] = ["start_time", "end_time", "created_at", "updated_at"]
        .map(|name| fields::time_of(row.get(name)));
    let started_at = start
        .or(created)
        .or(updated)
        .or(end)
        .ok_or("it has no time: none of its time columns can be read as one")?;
    let changed_at = [start, end, created, updated].into_iter().flatten().max();
    let times = Times {
        started_at,
        created_at: created.unwrap_or(started_at),
        changed_at: changed_at.unwrap_or(started_at),
        ended_at: end,
        heard_at: started_at,
    };
    let workflow = fields::text_of(row.get("workflow_id")).unwrap_or_default();
    let mut draft =
        Draft::new(id, Kind::Workflow, &workflow, started_at).map_err(|error| error.to_string())?;
    draft.execution.workflow_name = draft.short("workflow_name", row.get("workflow_name"));
    draft.execution.binary_path = draft.short("binary_path", row.get("binary_path"));
    draft.keep_odd("imported_start_time", row.get("start_time"), start.is_some());
    draft.keep_odd("imported_end_time", row.get("end_time"), end.is_some());
    draft.keep_odd("imported_created_at", row.get("created_at"), created.is_some());
    draft.keep_odd("imported_updated_at", row.get("updated_at"), updated.is_some());
    draft.keep(row.others(&KNOWN));
    Ok((draft, times))
}

struct Reader<'c, 's> {
    connection: &'c Connection,
    device: DeviceId,
    params: Children<'s>,
    logs: Children<'s>,
}

impl Reader<'_, '_> {
    /// Hands out an execution with what belongs to it.
    fn execution(
        &mut self,
        row: &SourceRow<'_>,
        key: &Key,
        mut draft: Draft,
        mut times: Times,
        sink: Sink<'_>,
    ) -> Step<()> {
        let execution = draft.execution.id;
        self.read_params(key, &mut draft, sink)?;
        let mut line_time = times.started_at;
        let log = self.log_part(key, &mut line_time, sink)?;
        let mut first = 1 + log.len() as u64;
        times.heard_at = line_time;
        if self.logs.is_of(key) && times.ended_at.is_none() {
            times.heard_at = self.last_log_time(row.get("id"))?.unwrap_or(line_time);
        }
        let exit_code = fields::small_of(row.get("exit_code"));
        draft.keep_odd("imported_exit_code", row.get("exit_code"), exit_code.is_some());
        let status = fields::text_of(row.get("status"));
        let imported: Imported =
            draft.finish(self.device, status.as_deref(), exit_code, times, log);
        sink(Item::Execution { table: EXECUTIONS, imported: Box::new(imported) })?;
        while self.logs.is_of(key) {
            let lines = self.log_part(key, &mut line_time, sink)?;
            let count = lines.len() as u64;
            sink(Item::Log(LogPart { execution, device: self.device, first, lines }))?;
            first += count;
        }
        Ok(())
    }

    fn read_params(&mut self, key: &Key, draft: &mut Draft, sink: Sink<'_>) -> Step<()> {
        let params = &mut draft.execution.params;
        self.params.each(key, |row| {
            let name = fields::text_of(row.get("param_name"));
            let value = fields::text_of(row.get("param_value"));
            let refused = match (name, value) {
                (Some(name), Some(_)) if params.get(&name).is_some() => {
                    Some(format!("the execution has another param '{}'", fields::cut(name, 80)))
                }
                (Some(_), Some(_)) if params.iter().len() >= PARAMS_MAX => {
                    Some(format!("the execution has more than {PARAMS_MAX} params"))
                }
                (Some(name), Some(value)) => {
                    params.set(name, value).err().map(|error| error.to_string())
                }
                _ => Some("its name or its value is no text".to_owned()),
            };
            refused.map_or(Ok(()), |reason| sink(row.skipped(PARAMS, OWNER, reason)))?;
            Ok(true)
        })
    }

    /// The next part of a log. A line without a readable time has that of the line before it.
    fn log_part(&mut self, key: &Key, time: &mut Timestamp, sink: Sink<'_>) -> Step<Lines> {
        let mut lines = Lines::new();
        self.logs.each(key, |row| {
            let log_type = fields::text_of(row.get("log_type"));
            match fields::text_of(row.get("log_data")) {
                Some(data) => {
                    *time = fields::time_of(row.get("timestamp")).unwrap_or(*time);
                    events::push(&mut lines, log_type.as_deref().unwrap_or("log"), &data, *time);
                }
                None => sink(row.skipped(LOGS, OWNER, "its log_data is no text".to_owned()))?,
            }
            Ok(lines.bytes() < LOG_PART_BYTES)
        })?;
        lines.detect_levels();
        Ok(lines)
    }

    fn last_log_time(&self, id: ValueRef<'_>) -> Step<Option<Timestamp>> {
        let Ok(mut statement) = rows::prepare(self.connection, &LAST_LOG_TIME)? else {
            return Ok(None);
        };
        let mut rows = statement.query([ToSqlOutput::Borrowed(id)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(fields::time_of(row.get_ref(0)?))
    }
}
