//! How executions stand toward the backends that take part, for listings that ask for it.
//!
//! Every index of a listing ends with its order, and a change number is in none of them: it changes
//! with each edit. What waits or was refused is few, or much. Where it is few, it is found by its
//! change number or its refusal and sorted; where it is much, a walk in the order of the listing
//! meets it soon.

use runlog_core::query::{Filter, SyncFilter};
use rusqlite::params;

use crate::error::Outcome;
use crate::sync_state;
use crate::tx::Tx;
use crate::values::signed;

/// Up to how many executions are sorted.
const FEW: i64 = 10_000;

/// The backends that take part.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) backends: Vec<[u8; 16]>,
    /// Every one of them has what is up to this change.
    pub(crate) sent: i64,
    /// Those that are asked for are few.
    pub(crate) few: bool,
}

impl Standing {
    /// What a filter needs to know; `None` where nothing can match.
    pub(crate) fn of(tx: &Tx<'_>, filter: &Filter) -> Outcome<Option<Self>> {
        let Some(asked) = filter.sync_state else { return Ok(Some(Self::default())) };
        let enabled = sync_state::backends(tx)?.into_iter().filter(|backend| backend.enabled);
        let enabled: Vec<_> = enabled.collect();
        let Some(least) = enabled.iter().map(|backend| backend.sent).min() else {
            return Ok(None);
        };
        let backends = enabled.iter().map(|backend| sync_state::bytes(backend.id)).collect();
        let mut standing = Self { backends, sent: signed(least.get()), few: false };
        standing.few = match asked {
            SyncFilter::Waiting => standing.waiting(tx)? <= FEW,
            SyncFilter::Rejected => standing.rejected(tx)? <= FEW,
            _ => false,
        };
        Ok(Some(standing))
    }

    /// How many wait, counted no further than it takes to know that they are not few.
    fn waiting(&self, tx: &Tx<'_>) -> Outcome<i64> {
        let mut select = tx.prepare(
            "SELECT count(*) FROM (SELECT 1 FROM executions INDEXED BY executions_change
             WHERE change > ?1 LIMIT ?2)",
        )?;
        Ok(select.query_row(params![self.sent, FEW + 1], |row| row.get(0))?)
    }

    /// How many were refused, counted likewise.
    fn rejected(&self, tx: &Tx<'_>) -> Outcome<i64> {
        let mut select = tx.prepare(
            "SELECT count(*) FROM (SELECT 1 FROM rejections
             WHERE backend = ?1 AND table_name = 'executions' LIMIT ?2)",
        )?;
        let mut all = 0;
        for backend in &self.backends {
            all += select.query_row(params![backend, FEW + 1], |row| row.get::<_, i64>(0))?;
        }
        Ok(all)
    }
}
