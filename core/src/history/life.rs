//! The life of an execution: start, finish, and what becomes of it when its process dies unseen.

use super::masking::masked_cells;
use super::{HistoryError, HistoryWriter};
use crate::clock::ColumnSet;
use crate::id::{DeviceId, ExecutionId};
use crate::model::{Ending, NewExecution, Outcome, Status, Visibility};
use crate::schema::{RowKey, executions as column};
use crate::store::{Lease, OwnerId, StoreError};
use crate::time::Timestamp;
use crate::value::Value;

const LIFE: ColumnSet =
    ColumnSet::of(&[column::OUTCOME, column::LOST_AT, column::STARTED_AT, column::DEVICE_ID]);

impl HistoryWriter<'_> {
    /// Adds an execution, its secrets masked.
    ///
    /// # Errors
    /// [`HistoryError::Exists`] where the id is taken, [`HistoryError::Invalid`] where a field is
    /// beyond its limit.
    pub fn start(&mut self, new: &NewExecution) -> Result<(), HistoryError> {
        let cells = masked_cells(self.masker, new.to_cells(self.device())?)?;
        let clock = self.tick()?;
        let key = RowKey::Execution(new.id);
        self.insert(&key, &cells, clock, Visibility::Live).map_err(|error| match error {
            HistoryError::Store(StoreError::RowExists) => HistoryError::Exists { id: new.id },
            other => other,
        })?;
        new.tags.iter().try_for_each(|tag| self.write_tag(new.id, tag, false))
    }

    /// Says that an execution which waited has begun.
    ///
    /// # Errors
    /// [`HistoryError::Transition`] where it has begun or ended already.
    pub fn begin_running(&mut self, id: ExecutionId, at: Timestamp) -> Result<(), HistoryError> {
        let row = self.live(id, LIFE)?;
        let status = status_of(&row.cells);
        if status != Status::NotStarted {
            return Err(HistoryError::Transition { id, status, action: "begin" });
        }
        self.edit(id, row, &[(column::STARTED_AT, Value::Integer(at.as_millis()))])
    }

    /// Ends an execution. One that was judged lost may still report its ending; a run that was put
    /// into the trash while it was going may as well.
    ///
    /// # Errors
    /// [`HistoryError::Transition`] where an ending was reported already.
    pub fn finish(&mut self, id: ExecutionId, ending: &Ending) -> Result<(), HistoryError> {
        let row = self.shown(id, LIFE)?;
        let status = status_of(&row.cells);
        if !matches!(status, Status::NotStarted | Status::Running | Status::Lost) {
            return Err(HistoryError::Transition { id, status, action: "end again" });
        }
        self.edit(id, row, &ending.to_cells())?;
        Ok(self.tx.remove_lease(id)?)
    }

    /// Judges that the process of a run of this device died unseen; `at` is when it was last heard
    /// of. Anything that the run reports still beats the judgement.
    ///
    /// # Errors
    /// [`HistoryError::Transition`] where it is not running or belongs to another device.
    pub fn lose(&mut self, id: ExecutionId, at: Timestamp) -> Result<(), HistoryError> {
        let row = self.shown(id, LIFE)?;
        let status = status_of(&row.cells);
        let writer = row.cells[column::DEVICE_ID.index()].as_blob().and_then(DeviceId::from_slice);
        let own = writer.is_some_and(|id| self.ids().is_ok_and(|ids| ids.contains(&id)));
        if status != Status::Running {
            return Err(HistoryError::Transition { id, status, action: "be lost" });
        }
        if !own {
            let action = "be judged here: it belongs to another device";
            return Err(HistoryError::Transition { id, status, action });
        }
        self.edit(id, row, &[(column::LOST_AT, Value::Integer(at.as_millis()))])?;
        Ok(self.tx.remove_lease(id)?)
    }

    /// Sets or renews the lease of a run: `owner` is the process that records it and lives.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn hold_lease(&mut self, id: ExecutionId, owner: OwnerId) -> Result<(), HistoryError> {
        let lease = Lease { execution: id, owner, heartbeat_at: self.now };
        Ok(self.tx.put_lease(&lease)?)
    }

    /// Judges every running run of this device whose owner is not alive, one without a lease
    /// included, and says which they were.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn lose_orphans(
        &mut self,
        alive: &mut dyn FnMut(OwnerId) -> bool,
    ) -> Result<Vec<ExecutionId>, HistoryError> {
        let leases = self.tx.leases()?;
        let mut lost = Vec::new();
        let mut running = Vec::new();
        for device in self.ids()? {
            running.extend(self.reader().running_here(device)?);
        }
        for id in running {
            let lease = leases.iter().find(|lease| lease.execution == id);
            if lease.is_some_and(|lease| alive(lease.owner)) {
                continue;
            }
            let heard = self.last_heard(id, lease.map(|lease| lease.heartbeat_at))?;
            self.lose(id, heard)?;
            lost.push(id);
        }
        // A heartbeat that came after an ending must not stay for ever.
        for lease in leases.iter().filter(|lease| !alive(lease.owner)) {
            self.tx.remove_lease(lease.execution)?;
        }
        Ok(lost)
    }

    /// The ids of this device: the one it has, and those it had.
    fn ids(&self) -> Result<Vec<DeviceId>, HistoryError> {
        let mut ids = super::predecessors(&*self.tx)?;
        ids.push(self.device());
        Ok(ids)
    }

    /// The last sign of life: heartbeat or log line, else the start.
    fn last_heard(
        &self,
        id: ExecutionId,
        heartbeat: Option<Timestamp>,
    ) -> Result<Timestamp, HistoryError> {
        let row = self.shown(id, LIFE)?;
        let started = row.cells[column::STARTED_AT.index()].as_integer().unwrap_or_default();
        // All of them: the last sequence may be that of a gap.
        let pieces = self.tx.pieces(id, 0..=i64::MAX as u64)?;
        let logged = pieces.iter().map(|piece| piece.last_at).max();
        let signs = [Some(Timestamp::from_millis(started)), heartbeat, logged];
        Ok(signs.into_iter().flatten().max().unwrap_or(self.now))
    }
}

/// The status that the cells of [`LIFE`] give.
fn status_of(cells: &[Value]) -> Status {
    let set = |id: crate::clock::ColumnId| !cells[id.index()].is_null();
    let outcome = cells[column::OUTCOME.index()].as_text().and_then(|text| text.parse().ok());
    match outcome {
        Some(outcome) => Outcome::into(outcome),
        None if set(column::LOST_AT) => Status::Lost,
        None if set(column::STARTED_AT) => Status::Running,
        None => Status::NotStarted,
    }
}
