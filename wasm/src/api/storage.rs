//! Calls about what is kept: how much there is, and how long the trash keeps it.

use runlog_core::history::{HistoryReader, TrashKeeps};
use runlog_core::query::ListQuery;
use runlog_core::store::Store;
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::arguments::arguments;
use super::{Api, ApiError};

arguments! {
    /// How long the trash keeps what was deleted.
    #[derive(Debug)]
    pub(super) struct Retention {
        /// Days; `null` for ever.
        trash_days ("trashDays"): Option<u32>,
    }

    /// Nothing more is asked.
    #[derive(Debug)]
    pub(super) struct Nothing {}
}

pub(super) fn totals(reader: &HistoryReader<'_>, _: Nothing) -> Result<Value, ApiError> {
    let mut deleted = ListQuery::newest(0);
    deleted.filter.deleted = true;
    let executions = reader.count(&ListQuery::newest(0))?;
    Ok(json!({ "executions": executions, "trash": reader.count(&deleted)? }))
}

pub(super) fn retention(reader: &HistoryReader<'_>, _: Nothing) -> Result<Value, ApiError> {
    let days = match reader.trash_keeps()? {
        TrashKeeps::Days(days) => Some(days),
        TrashKeeps::ForEver => None,
    };
    Ok(json!({ "trashDays": days }))
}

impl<S: Store> Api<S> {
    pub(super) fn set_retention(
        &mut self,
        retention: &Retention,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let keeps = retention.trash_days.map_or(TrashKeeps::ForEver, TrashKeeps::Days);
        self.history.write(now, |writer| writer.set_trash_keeps(keeps))?;
        Ok(Value::Null)
    }

    /// Purges what the trash has kept for long enough, and says how many executions that were.
    pub(super) fn empty_trash(&mut self, now: Timestamp) -> Result<Value, ApiError> {
        let (mut purged, mut next) = (0, None);
        loop {
            let emptied = self.history.write(now, |writer| writer.empty_trash(next))?;
            purged += emptied.purged;
            next = emptied.next;
            if next.is_none() {
                return Ok(purged.into());
            }
        }
    }
}
