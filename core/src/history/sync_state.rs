//! How a row stands toward the backends: derived from positions, never a flag.
//!
//! A backend has acknowledged everything up to a change number. A row's newest change has a number.
//! So an edit made while an upload was under way has a number above the one that the upload
//! acknowledges, and stays waiting (trap T2: a flag set by id after the upload would lose it).

use serde::Serialize;

use super::HistoryError;
use crate::clock::ColumnSet;
use crate::id::ExecutionId;
use crate::schema::RowKey;
use crate::store::{Backend, BackendId, ChangeNumber, ItemKey, ReadTx};
use crate::time::Timestamp;

/// How a row stands toward one backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyncState {
    /// The backend takes no part: nothing waits.
    New,
    /// Its newest change was not acknowledged yet.
    Waiting,
    /// Its newest change was refused.
    Rejected {
        /// Why, in the backend's words.
        reason: String,
    },
    /// The backend has its newest change.
    Synced {
        /// Since when, as far as marks reach back.
        at: Option<Timestamp>,
    },
}

/// How a row stands toward all enabled backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SyncSummary {
    /// Every enabled backend has it, and there is one.
    pub is_synced: bool,
    /// When the last of them got it.
    pub synced_at: Option<Timestamp>,
}

/// Of each execution, how its row stands toward all enabled backends.
pub(super) fn sync_summaries(
    tx: &dyn ReadTx,
    ids: &[ExecutionId],
) -> Result<Vec<SyncSummary>, HistoryError> {
    let backends = tx.backends()?;
    if backends.is_empty() {
        return Ok(vec![SyncSummary { is_synced: false, synced_at: None }; ids.len()]);
    }
    let summary = |id: &ExecutionId| Ok(states(tx, &backends, &RowKey::Execution(*id))?.0);
    ids.iter().map(summary).collect()
}

pub(super) fn sync_states(
    tx: &dyn ReadTx,
    key: &RowKey,
) -> Result<(SyncSummary, Vec<(BackendId, SyncState)>), HistoryError> {
    states(tx, &tx.backends()?, key)
}

fn states(
    tx: &dyn ReadTx,
    backends: &[Backend],
    key: &RowKey,
) -> Result<(SyncSummary, Vec<(BackendId, SyncState)>), HistoryError> {
    let id = key.execution();
    let row = tx.row(key, ColumnSet::EMPTY)?.ok_or(HistoryError::NotFound { id })?;
    let mut states = Vec::new();
    let mut summary = SyncSummary { is_synced: false, synced_at: None };
    let mut all = true;
    for backend in backends {
        let state = state_toward(tx, backend, key, row.change)?;
        if backend.enabled {
            match &state {
                SyncState::Synced { at } => summary.synced_at = summary.synced_at.max(*at),
                _ => all = false,
            }
            summary.is_synced = all;
        }
        states.push((backend.id, state));
    }
    if !summary.is_synced {
        summary.synced_at = None;
    }
    Ok((summary, states))
}

fn state_toward(
    tx: &dyn ReadTx,
    backend: &Backend,
    key: &RowKey,
    change: ChangeNumber,
) -> Result<SyncState, HistoryError> {
    if let Some(rejection) = tx.rejection(backend.id, &ItemKey::from(key))? {
        return Ok(SyncState::Rejected { reason: rejection.reason });
    }
    Ok(if change <= backend.sent {
        SyncState::Synced { at: tx.acknowledged_at(backend.id, change)? }
    } else if backend.enabled {
        SyncState::Waiting
    } else {
        SyncState::New
    })
}
