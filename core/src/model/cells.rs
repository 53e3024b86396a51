//! Executions as the cells of their row, and back.

use super::execution::{Ending, Execution, Exit, NewExecution, Summary};
use super::fields::{bounded, texts_from_json};
use super::{Attributes, InvalidValue, LIMITS, Outcome, Params, WorkflowId};
use crate::clock::ColumnId;
use crate::id::{DeviceId, ExecutionId};
use crate::json;
use crate::schema::executions as column;
use crate::time::Timestamp;
use crate::value::Value;

/// Whether and where an execution is shown. Derived from its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Not whole yet, or holding a value of a newer program: kept and forwarded, not shown.
    Hidden,
    /// In the history.
    Live,
    /// In the trash.
    Trashed,
}

impl Visibility {
    /// Of an execution with these cells, in the order of
    /// [`Table::columns`](crate::schema::Table::columns).
    pub fn of(cells: &[Value]) -> Self {
        match check_shown(cells) {
            Ok(true) => Self::Trashed,
            Ok(false) => Self::Live,
            Err(_) => Self::Hidden,
        }
    }
}

/// Everything that a shown execution must satisfy. Returns whether it is in the trash.
fn check_shown(cells: &[Value]) -> Result<bool, InvalidValue> {
    let cells = Cells(cells);
    cells.summary(ExecutionId::from_u128(0), Timestamp::default())?;
    cells.details()?;
    cells.flag("deleted", column::DELETED)
}

struct Cells<'a>(&'a [Value]);

impl Cells<'_> {
    fn get(&self, column: ColumnId) -> &Value {
        const NULL: &Value = &Value::Null;
        self.0.get(column.index()).unwrap_or(NULL)
    }

    fn optional_text(
        &self,
        field: &'static str,
        id: ColumnId,
    ) -> Result<Option<&str>, InvalidValue> {
        match self.get(id) {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(InvalidValue::new(field, "is no text")),
        }
    }

    fn text(&self, field: &'static str, id: ColumnId) -> Result<&str, InvalidValue> {
        self.optional_text(field, id)?.ok_or_else(|| InvalidValue::new(field, "is missing"))
    }

    fn owned(&self, field: &'static str, id: ColumnId) -> Result<Option<String>, InvalidValue> {
        Ok(self.optional_text(field, id)?.map(str::to_owned))
    }

    fn integer(&self, field: &'static str, id: ColumnId) -> Result<Option<i64>, InvalidValue> {
        match self.get(id) {
            Value::Null => Ok(None),
            Value::Integer(value) => Ok(Some(*value)),
            _ => Err(InvalidValue::new(field, "is no integer")),
        }
    }

    fn small(&self, field: &'static str, id: ColumnId) -> Result<Option<i32>, InvalidValue> {
        let Some(value) = self.integer(field, id)? else { return Ok(None) };
        let small = i32::try_from(value);
        small.map(Some).map_err(|_| InvalidValue::new(field, format!("{value} is out of range")))
    }

    fn time(&self, field: &'static str, id: ColumnId) -> Result<Option<Timestamp>, InvalidValue> {
        let Some(millis) = self.integer(field, id)? else { return Ok(None) };
        let time = Timestamp::from_millis(millis);
        if time.as_millis() != millis {
            return Err(InvalidValue::new(field, format!("{millis} ms is beyond year 9999")));
        }
        Ok(Some(time))
    }

    fn optional_flag(
        &self,
        field: &'static str,
        id: ColumnId,
    ) -> Result<Option<bool>, InvalidValue> {
        match self.integer(field, id)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(other) => Err(InvalidValue::new(field, format!("{other} is neither 0 nor 1"))),
        }
    }

    fn flag(&self, field: &'static str, id: ColumnId) -> Result<bool, InvalidValue> {
        self.optional_flag(field, id)?.ok_or_else(|| InvalidValue::new(field, "is missing"))
    }

    fn id(&self, field: &'static str, id: ColumnId) -> Result<Option<[u8; 16]>, InvalidValue> {
        match self.get(id) {
            Value::Null => Ok(None),
            Value::Blob(bytes) => <[u8; 16]>::try_from(bytes.as_slice())
                .map(Some)
                .map_err(|_| InvalidValue::new(field, "is no id of 16 bytes")),
            _ => Err(InvalidValue::new(field, "is no id of 16 bytes")),
        }
    }

    fn ending(&self) -> Result<Option<Ending>, InvalidValue> {
        let outcome = self.optional_text("outcome", column::OUTCOME)?;
        let ended_at = self.time("ended_at", column::ENDED_AT)?;
        let code = self.small("exit_code", column::EXIT_CODE)?;
        let exit = match (code, self.small("signal", column::SIGNAL)?) {
            (None, None) => Exit::Unknown,
            (Some(code), None) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (Some(_), Some(_)) => {
                return Err(InvalidValue::new("signal", "stands beside an exit code"));
            }
        };
        match (outcome, ended_at) {
            (Some(outcome), Some(ended_at)) => {
                Ok(Some(Ending { outcome: outcome.parse::<Outcome>()?, ended_at, exit }))
            }
            (None, None) if exit == Exit::Unknown => Ok(None),
            _ => Err(InvalidValue::new("outcome", "an ending has both an outcome and ended_at")),
        }
    }

    fn argv(&self) -> Result<Vec<String>, InvalidValue> {
        let text = self.text("argv", column::ARGV)?;
        if text == "[]" {
            return Ok(Vec::new());
        }
        texts_from_json(text)
    }

    fn summary(&self, id: ExecutionId, updated_at: Timestamp) -> Result<Summary, InvalidValue> {
        let missing = |field| move || InvalidValue::new(field, "is missing");
        Ok(Summary {
            id,
            kind: self.text("kind", column::KIND)?.parse()?,
            workflow_id: WorkflowId::new(self.text("workflow_id", column::WORKFLOW_ID)?)?,
            workflow_name: self.owned("workflow_name", column::WORKFLOW_NAME)?,
            started_at: self.time("started_at", column::STARTED_AT)?,
            ending: self.ending()?,
            lost_at: self.time("lost_at", column::LOST_AT)?,
            argv: self.argv()?,
            binary_path: self.owned("binary_path", column::BINARY_PATH)?,
            working_directory: self.owned("working_directory", column::WORKING_DIRECTORY)?,
            user: self.owned("user", column::USER)?,
            device_id: self
                .id("device_id", column::DEVICE_ID)?
                .map(DeviceId::from_bytes)
                .ok_or_else(missing("device_id"))?,
            host_name: self.owned("host_name", column::HOST_NAME)?,
            parent_id: self.id("parent_id", column::PARENT_ID)?.map(ExecutionId::from_bytes),
            retry_of: self.id("retry_of", column::RETRY_OF)?.map(ExecutionId::from_bytes),
            engine_id: self.owned("engine_id", column::ENGINE_ID)?,
            used_fallback: self.optional_flag("used_fallback", column::USED_FALLBACK)?,
            note: self.owned("note", column::NOTE)?,
            pinned: self.flag("pinned", column::PINNED)?,
            created_at: self
                .time("created_at", column::CREATED_AT)?
                .ok_or_else(missing("created_at"))?,
            updated_at,
            deleted: self.flag("deleted", column::DELETED)?,
            tags: Vec::new(),
        })
    }

    fn details(&self) -> Result<(Option<String>, Params, Attributes), InvalidValue> {
        Ok((
            self.owned("compiled_prompt", column::COMPILED_PROMPT)?,
            Params::from_json(self.text("params", column::PARAMS)?)?,
            Attributes::from_json(self.text("attributes", column::ATTRIBUTES)?)?,
        ))
    }
}

impl Summary {
    /// From a row's cells (those of [`executions::SUMMARY`](crate::schema::executions::SUMMARY) are
    /// read), without its tags.
    ///
    /// # Errors
    /// [`InvalidValue`] where the row is not whole or holds what this program does not know.
    pub fn from_cells(
        id: ExecutionId,
        cells: &[Value],
        updated_at: Timestamp,
    ) -> Result<Self, InvalidValue> {
        Cells(cells).summary(id, updated_at)
    }
}

impl Execution {
    /// From all of a row's cells, without its tags.
    ///
    /// # Errors
    /// See [`Summary::from_cells`].
    pub fn from_cells(
        id: ExecutionId,
        cells: &[Value],
        updated_at: Timestamp,
    ) -> Result<Self, InvalidValue> {
        let summary = Summary::from_cells(id, cells, updated_at)?;
        let (compiled_prompt, params, attributes) = Cells(cells).details()?;
        Ok(Self { summary, compiled_prompt, params, attributes })
    }
}

impl Ending {
    /// The cells that an ending writes: all of them, the empty ones too.
    pub fn to_cells(&self) -> [(ColumnId, Value); 4] {
        [
            (column::OUTCOME, Value::from(self.outcome.as_str())),
            (column::ENDED_AT, Value::from(self.ended_at.as_millis())),
            (column::EXIT_CODE, Value::from(self.exit.code().map(i64::from))),
            (column::SIGNAL, Value::from(self.exit.signal().map(i64::from))),
        ]
    }
}

impl NewExecution {
    /// The cells that a start writes: what is set. A column that was never written is empty everywhere,
    /// so an empty one need not be written, and costs nothing on its way to other devices.
    ///
    /// # Errors
    /// [`InvalidValue`] where a field is beyond its limit.
    pub fn to_cells(&self, device: DeviceId) -> Result<Vec<(ColumnId, Value)>, InvalidValue> {
        self.check()?;
        let argv = if self.argv.is_empty() {
            "[]".to_owned()
        } else {
            json::text(&serde_json::Value::from(self.argv.as_slice()))
        };
        bounded("argv", &argv, LIMITS.argv)?;
        let text = |text: &Option<String>| Value::from(text.as_deref());
        let id = |id: Option<ExecutionId>| Value::from(id.map(|id| id.as_bytes().to_vec()));
        let time = |time: Timestamp| time.as_millis();
        let mut cells = vec![
            (column::STARTED_AT, Value::from(self.started_at.map(time))),
            (column::DELETED, Value::Integer(0)),
            (column::PINNED, Value::Integer(self.pinned.into())),
            (column::KIND, Value::from(self.kind.as_str())),
            (column::WORKFLOW_ID, Value::from(self.workflow_id.as_str())),
            (column::WORKFLOW_NAME, text(&self.workflow_name)),
            (column::CREATED_AT, Value::from(time(self.created_at))),
            (column::DEVICE_ID, Value::from(device.as_bytes().to_vec())),
            (column::HOST_NAME, text(&self.host_name)),
            (column::USER, text(&self.user)),
            (column::WORKING_DIRECTORY, text(&self.working_directory)),
            (column::BINARY_PATH, text(&self.binary_path)),
            (column::PARENT_ID, id(self.parent_id)),
            (column::RETRY_OF, id(self.retry_of)),
            (column::ENGINE_ID, text(&self.engine_id)),
            (column::USED_FALLBACK, Value::from(self.used_fallback.map(i64::from))),
            (column::NOTE, text(&self.note)),
            (column::ARGV, Value::from(argv)),
            (column::PARAMS, Value::from(self.params.to_json())),
            (column::ATTRIBUTES, Value::from(self.attributes.to_json()?)),
            (column::COMPILED_PROMPT, text(&self.compiled_prompt)),
        ];
        cells.retain(|(_, value)| !value.is_null());
        Ok(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Status, Tag};
    use crate::schema::Table;

    fn cells_of(written: &[(ColumnId, Value)]) -> Vec<Value> {
        let mut cells = vec![Value::Null; Table::Executions.columns().len()];
        for (column, value) in written {
            cells[column.index()] = value.clone();
        }
        cells
    }

    fn started() -> NewExecution {
        let at = Timestamp::from_millis(1_000);
        let mut new =
            NewExecution::new(ExecutionId::from_u128(1), Kind::Command, "make", at).unwrap();
        new.argv = vec!["make".into(), "test".into()];
        new.params.set("jobs", "2").unwrap();
        new.tags = vec![Tag::new("ci").unwrap()];
        new
    }

    #[test]
    fn a_started_execution_reads_back_from_its_cells() {
        let new = started();
        let cells = cells_of(&new.to_cells(DeviceId::from_u128(7)).unwrap());
        let read = Execution::from_cells(new.id, &cells, new.created_at).unwrap();
        assert_eq!(read.status(), Status::Running);
        assert_eq!(read.summary.argv, new.argv);
        assert_eq!(read.params, new.params);
        assert_eq!(Visibility::of(&cells), Visibility::Live);
    }

    /// SYNC 3: a row that is not whole is kept and hidden, whichever column is missing or unknown.
    #[test]
    fn a_row_in_parts_is_hidden() {
        let written = started().to_cells(DeviceId::from_u128(7)).unwrap();
        for required in [column::KIND, column::WORKFLOW_ID, column::CREATED_AT, column::PARAMS] {
            let mut cells = cells_of(&written);
            cells[required.index()] = Value::Null;
            assert_eq!(Visibility::of(&cells), Visibility::Hidden);
        }
        let mut newer = cells_of(&written);
        newer[column::KIND.index()] = Value::from("agent");
        assert_eq!(Visibility::of(&newer), Visibility::Hidden);
    }

    #[test]
    fn half_an_ending_is_none() {
        let mut cells = cells_of(&started().to_cells(DeviceId::from_u128(7)).unwrap());
        cells[column::OUTCOME.index()] = Value::from("failed");
        assert_eq!(Visibility::of(&cells), Visibility::Hidden);
        cells[column::ENDED_AT.index()] = Value::Integer(2_000);
        assert_eq!(Visibility::of(&cells), Visibility::Live);
    }
}
