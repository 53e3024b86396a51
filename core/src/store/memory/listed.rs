//! Executions as listings filter and sort them.

use super::{RowPlace, State};
use crate::model::{Execution, Tag, Visibility};
use crate::query::{Filter, Order, SyncFilter};
use crate::schema::RowKey;
use crate::store::{ItemKey, Row};
use crate::time::Timestamp;

impl State {
    pub(super) fn listed(&self, filter: &Filter) -> Vec<Listed<'_>> {
        let shown = if filter.deleted { Visibility::Trashed } else { Visibility::Live };
        self.rows
            .iter()
            .filter(|(_, row)| row.visibility == shown)
            .filter_map(|(place, row)| Listed::new(self, place, row))
            .filter(|listed| listed.matches(self, filter))
            .collect()
    }
}

/// An execution with what listings sort and filter by.
pub(super) struct Listed<'a> {
    pub(super) execution: Execution,
    pub(super) row: &'a Row,
    number: i64,
}

impl<'a> Listed<'a> {
    fn new(state: &State, place: &RowPlace, row: &'a Row) -> Option<Self> {
        let (id, None) = place else { return None };
        let execution = Execution::from_cells(*id, &row.cells, updated_at(row)).ok()?;
        Some(Self { execution, row, number: *state.row_numbers[id] })
    }

    fn begun_at(&self) -> Timestamp {
        let summary = &self.execution.summary;
        summary.started_at.unwrap_or(summary.created_at)
    }

    pub(super) fn sort_key(&self, order: Order) -> (i64, i64) {
        let key = if order.by_duration() {
            self.execution.summary.duration_ms().map_or(-1, |millis| millis as i64)
        } else {
            self.begun_at().as_millis()
        };
        (key, self.number)
    }

    fn matches(&self, state: &State, filter: &Filter) -> bool {
        let summary = &self.execution.summary;
        let tagged = |tag: &String| {
            Tag::new(tag.as_str()).is_ok_and(|tag| {
                let row = state.rows.get(&(summary.id, Some(tag)));
                row.is_some_and(|row| row.visibility == Visibility::Live)
            })
        };
        let exit_code = summary.ending.and_then(|ending| ending.exit.code());
        let duration = summary.duration_ms();
        filter.workflow_id.as_ref().is_none_or(|id| summary.workflow_id.as_str() == id)
            && filter.kind.is_none_or(|kind| summary.kind == kind)
            && filter.status.is_none_or(|status| summary.status() == status)
            && filter.device_id.is_none_or(|device| summary.device_id == device)
            && filter.retry_of.is_none_or(|id| summary.retry_of == Some(id))
            && filter.tag.as_ref().is_none_or(tagged)
            && filter
                .param
                .as_ref()
                .is_none_or(|(name, value)| self.execution.params.get(name) == Some(value.as_str()))
            && filter.exit_code.is_none_or(|code| exit_code == Some(code))
            && filter.since.is_none_or(|since| self.begun_at() >= since)
            && filter.until.is_none_or(|until| self.begun_at() < until)
            && filter.duration_ms_min.is_none_or(|min| duration.is_some_and(|ms| ms >= min))
            && filter.duration_ms_max.is_none_or(|max| duration.is_some_and(|ms| ms <= max))
            && filter.sync_state.is_none_or(|asked| self.stands(state, asked))
    }

    /// Whether the row stands so toward the backends that take part.
    fn stands(&self, state: &State, asked: SyncFilter) -> bool {
        let enabled = || state.backends.values().filter(|backend| backend.enabled);
        let Some(least) = enabled().map(|backend| backend.sent).min() else { return false };
        let item = ItemKey::from(&RowKey::Execution(self.execution.summary.id));
        let rejected = enabled().any(|backend| {
            let rejection = state.rejections.get(&(backend.id, item.clone()));
            rejection.is_some_and(|rejection| rejection.change >= self.row.change)
        });
        match asked {
            SyncFilter::Synced => self.row.change <= least && !rejected,
            SyncFilter::Waiting => self.row.change > least,
            SyncFilter::Rejected => rejected,
        }
    }
}

pub(super) fn updated_at(row: &Row) -> Timestamp {
    row.clocks.newest().map(|clock| clock.time.timestamp()).unwrap_or_default()
}
