//! Seed 0: prompts that were sent, in one table.

use runlog_core::history::{Imported, device_of_name};
use runlog_core::log::Lines;
use runlog_core::model::{Kind, LIMITS};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::draft::{Draft, Times};
use super::rows::{self, Columns, SourceRow};
use super::{Item, Sink, Skipped, Step, fields};

pub(super) const TABLE: &str = "ExecutionHistoryEntry";

pub(super) const DETECT: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema \
     WHERE type = 'table' AND name = 'ExecutionHistoryEntry' COLLATE NOCASE)";

const ROWS: [&str; 2] = [
    "SELECT rowid AS runlog_import_rowid, * FROM ExecutionHistoryEntry ORDER BY rowid",
    "SELECT * FROM ExecutionHistoryEntry ORDER BY Id COLLATE BINARY",
];

/// The columns that are mapped, and those of its sync, which are not taken over.
const KNOWN: [&str; 11] = [
    "Id",
    "EngineId",
    "PromptCompiled",
    "ExecutedAt",
    "Status",
    "UsedFallback",
    "DeviceId",
    "UpdatedAt",
    "IsDeleted",
    "IsSynced",
    "SyncedAt",
];

pub(super) fn read(connection: &Connection, sink: Sink<'_>) -> Step<()> {
    let mut statement = match rows::prepare(connection, &ROWS)? {
        Ok(statement) => statement,
        Err(reason) => {
            return sink(Item::Skipped(Skipped { table: TABLE, rowid: None, id: None, reason }));
        }
    };
    let columns = Columns::of(&statement);
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let row = SourceRow { columns: &columns, row };
        let item = match imported(&row) {
            Ok(imported) => Item::Execution { table: TABLE, imported: Box::new(imported) },
            Err(reason) => row.skipped(TABLE, "Id", reason),
        };
        sink(item)?;
    }
    Ok(())
}

fn imported(row: &SourceRow<'_>) -> Result<Imported, String> {
    let id = fields::id_of(row.get("Id"), fields::BlobOrder::DotNet)
        .ok_or("its id is no UUID, or the empty one")?;
    let executed = fields::time_of(row.get("ExecutedAt"));
    let updated = fields::time_of(row.get("UpdatedAt"));
    let started_at = executed
        .or(updated)
        .ok_or("it has no time: neither ExecutedAt nor UpdatedAt can be read as one")?;
    // Marking a row as uploaded set both times. Such an update is none: taken for one, an old row
    // would beat edits that were made before the upload.
    let is_mark = updated.is_some() && updated == fields::time_of(row.get("SyncedAt"));
    let changed_at = updated.filter(|_| !is_mark).map_or(started_at, |at| at.max(started_at));
    let times = Times {
        started_at,
        created_at: started_at,
        changed_at,
        ended_at: None,
        heard_at: started_at,
    };
    let engine = fields::text_of(row.get("EngineId")).filter(|engine| !engine.is_empty());
    let workflow = engine.as_deref().unwrap_or(Kind::Prompt.as_str());
    let mut draft =
        Draft::new(id, Kind::Prompt, workflow, started_at).map_err(|error| error.to_string())?;
    draft.execution.engine_id = engine.map(|id| draft.fit("engine_id", id, LIMITS.short_text));
    draft.execution.compiled_prompt = fields::text_of(row.get("PromptCompiled"))
        .map(|prompt| draft.fit("compiled_prompt", prompt, LIMITS.compiled_prompt));
    let fallback = fields::flag_of(row.get("UsedFallback"));
    draft.execution.used_fallback = fallback;
    let deleted = fields::flag_of(row.get("IsDeleted"));
    let device_name = fields::text_of(row.get("DeviceId")).unwrap_or_default();
    let device = device_of_name(&device_name);
    let is_uuid = fields::id_of(row.get("DeviceId"), fields::BlobOrder::Network).is_some();
    draft.keep_odd("imported_device", row.get("DeviceId"), is_uuid || device_name.is_empty());
    draft.keep_odd("imported_executed_at", row.get("ExecutedAt"), executed.is_some());
    draft.keep_odd("imported_updated_at", row.get("UpdatedAt"), updated.is_some());
    draft.keep_odd("imported_used_fallback", row.get("UsedFallback"), fallback.is_some());
    draft.keep_odd("imported_is_deleted", row.get("IsDeleted"), deleted.is_some());
    if matches!(row.get("PromptCompiled"), ValueRef::Blob(_)) {
        let is_read = draft.execution.compiled_prompt.is_some();
        draft.keep_odd("imported_prompt", row.get("PromptCompiled"), is_read);
    }
    draft.keep(row.others(&KNOWN));
    let status = fields::text_of(row.get("Status"));
    let imported = draft.finish(device, status.as_deref(), None, times, Lines::new());
    Ok(Imported { deleted: deleted.unwrap_or(false), ..imported })
}
