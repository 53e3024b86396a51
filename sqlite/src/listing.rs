//! The statement of a listing: which index it walks, and what it checks on the way.
//!
//! A statement is put together from fixed parts; values are bound.

use std::fmt::Write;

use runlog_core::query::{Filter, ListQuery, SyncFilter};
use runlog_core::schema::{Table, executions};

use crate::derived::indexed_part;
use crate::list::shown;
use crate::standing::Standing;
use crate::values::signed;

/// What a statement gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Sort key, row, id, clocks, summary columns; and the params, where the caller verifies them
    /// and counts rows itself.
    Page { verified: bool },
    /// The number of rows.
    Count,
    /// The params of each row.
    Params,
}

/// Result columns of a page before the cells.
pub(crate) const SELECTED_BEFORE_CELLS: usize = 4;
/// The result column of the params, where they are asked for.
pub(crate) const PARAMS_AT: usize = SELECTED_BEFORE_CELLS + executions::SUMMARY.len();

/// A value to bind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bind<'a> {
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8; 16]),
}

/// A statement with its values.
#[derive(Debug)]
pub(crate) struct Listing<'a> {
    pub(crate) text: String,
    pub(crate) binds: Vec<Bind<'a>>,
}

/// What a listing walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    Tag,
    Param,
    Executions(&'static str),
}

impl Walk {
    /// What finds those that stand as asked toward the backends, where they are few.
    fn of_few(asked: Option<SyncFilter>) -> Option<Self> {
        match asked? {
            SyncFilter::Waiting => Some(Self::Executions("executions_change")),
            SyncFilter::Rejected => Some(Self::Executions("sqlite_autoindex_executions_1")),
            _ => None,
        }
    }

    /// The index that answers most of the filter while keeping the order. The first filter wins
    /// that usually leaves fewest.
    fn of(filter: &Filter, by_duration: bool) -> Self {
        if by_duration {
            Self::Executions("executions_duration")
        } else if filter.retry_of.is_some() {
            Self::Executions("executions_retry_of")
        } else if filter.tag.is_some() {
            Self::Tag
        } else if filter.param.is_some() {
            Self::Param
        } else if filter.workflow_id.is_some() {
            Self::Executions("executions_workflow")
        } else if filter.exit_code.is_some() {
            Self::Executions("executions_exit_code")
        } else if filter.status.is_some() {
            Self::Executions("executions_status")
        } else if filter.device_id.is_some() {
            Self::Executions("executions_device")
        } else if filter.kind.is_some() {
            Self::Executions("executions_kind")
        } else {
            Self::Executions("executions_begun")
        }
    }
}

impl<'a> Listing<'a> {
    pub(crate) fn new(query: &'a ListQuery, standing: &'a Standing, want: Want) -> Self {
        let by_duration = match want {
            Want::Page { .. } => query.order.by_duration(),
            // Without an order, the durations are walked where nothing else narrows the count.
            Want::Count | Want::Params => {
                let filter = &query.filter;
                (filter.duration_ms_min.is_some() || filter.duration_ms_max.is_some())
                    && Walk::of(filter, false) == Walk::Executions("executions_begun")
                    && filter.since.is_none()
                    && filter.until.is_none()
            }
        };
        let few = Walk::of_few(query.filter.sync_state).filter(|_| standing.few);
        let walk = few.unwrap_or_else(|| Walk::of(&query.filter, by_duration));
        let key = match walk {
            Walk::Executions(_) if by_duration => ["e.duration", "e.row"],
            Walk::Executions(_) => ["e.begun_at", "e.row"],
            Walk::Tag | Walk::Param => ["d.begun_at", "d.row"],
        };
        let mut listing = Self { text: String::with_capacity(1_024), binds: Vec::new() };
        listing.select(want, key);
        listing.walk(walk, query);
        listing.filter(&query.filter, walk);
        listing.standing(query.filter.sync_state, standing);
        match want {
            Want::Page { verified } => {
                listing.bounds(query, by_duration, key, true);
                listing.order(query, key, verified);
            }
            Want::Count | Want::Params => listing.bounds(query, by_duration, key, false),
        }
        listing
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a condition with its value behind it.
    fn condition(&mut self, text: &str, bind: Bind<'a>) {
        self.push(" AND ");
        self.push(text);
        self.push(" ?");
        self.binds.push(bind);
    }

    fn select(&mut self, want: Want, [sort, row]: [&str; 2]) {
        match want {
            Want::Count => self.push("SELECT count(*)"),
            Want::Params => self.push("SELECT e.params"),
            Want::Page { verified } => {
                // Writing into a string does not fail.
                let _ = write!(self.text, "SELECT {sort}, {row}, e.id, e.clocks");
                for column in executions::SUMMARY.iter() {
                    let name = Table::Executions.columns()[column.index()].name;
                    let _ = write!(self.text, ", e.{name}");
                }
                if verified {
                    self.push(", e.params");
                }
            }
        }
    }

    fn walk(&mut self, walk: Walk, query: &'a ListQuery) {
        let filter = &query.filter;
        match walk {
            Walk::Executions(index) => {
                self.push(" FROM executions AS e INDEXED BY ");
                self.push(index);
                self.push(" WHERE e.visibility = ?");
            }
            Walk::Tag => {
                self.push(" FROM tag_index AS d CROSS JOIN executions AS e ON e.row = d.row");
                self.push(" WHERE d.tag = ?");
                self.binds.extend(filter.tag.as_deref().map(Bind::Text));
            }
            Walk::Param => {
                self.push(" FROM param_index AS d CROSS JOIN executions AS e ON e.row = d.row");
                self.push(" WHERE d.name = ? AND d.value = ?");
                if let Some((name, value)) = &filter.param {
                    self.binds.extend([Bind::Text(name), Bind::Text(indexed_part(value))]);
                }
            }
        }
        if !matches!(walk, Walk::Executions(_)) {
            self.push(" AND e.visibility = ?");
        }
        self.binds.push(Bind::Integer(shown(query)));
    }

    fn filter(&mut self, filter: &'a Filter, walk: Walk) {
        if let Some(id) = &filter.workflow_id {
            self.condition("e.workflow_id =", Bind::Text(id));
        }
        if let Some(id) = &filter.retry_of {
            self.condition("e.retry_of =", Bind::Bytes(id.as_bytes()));
        }
        if let Some(code) = filter.exit_code {
            self.condition("e.exit_code =", Bind::Integer(code.into()));
        }
        if let Some(status) = filter.status {
            self.condition("e.status =", Bind::Text(status.as_str()));
        }
        if let Some(device) = &filter.device_id {
            self.condition("e.device_id =", Bind::Bytes(device.as_bytes()));
        }
        if let Some(kind) = filter.kind {
            self.condition("e.kind =", Bind::Text(kind.as_str()));
        }
        if let Some(tag) = filter.tag.as_ref().filter(|_| walk != Walk::Tag) {
            self.push(
                " AND EXISTS (SELECT 1 FROM tag_index AS t WHERE t.begun_at = e.begun_at \
                 AND t.row = e.row",
            );
            self.condition("t.tag =", Bind::Text(tag));
            self.push(")");
        }
        if let Some((name, value)) = filter.param.as_ref().filter(|_| walk != Walk::Param) {
            self.push(
                " AND EXISTS (SELECT 1 FROM param_index AS p WHERE p.begun_at = e.begun_at \
                 AND p.row = e.row",
            );
            self.condition("p.name =", Bind::Text(name));
            self.condition("p.value =", Bind::Text(indexed_part(value)));
            self.push(")");
        }
    }

    /// How the row stands toward the backends that take part.
    fn standing(&mut self, asked: Option<SyncFilter>, standing: &'a Standing) {
        match asked {
            None => {}
            Some(SyncFilter::Waiting) => self.condition("e.change >", Bind::Integer(standing.sent)),
            Some(SyncFilter::Rejected) => {
                if standing.few {
                    self.push(" AND e.id IN (SELECT f.key FROM rejections AS f WHERE");
                    self.refused_by(standing, "f");
                    self.push(")");
                }
                self.push(" AND EXISTS (SELECT 1 FROM rejections AS r WHERE");
                self.refused_by(standing, "r");
                self.push(" AND r.key = e.id AND r.change >= e.change)");
            }
            Some(_) => {
                self.condition("e.change <=", Bind::Integer(standing.sent));
                self.push(" AND NOT EXISTS (SELECT 1 FROM rejections AS r WHERE");
                self.refused_by(standing, "r");
                self.push(" AND r.key = e.id AND r.change >= e.change)");
            }
        }
    }

    /// That a refusal is one of an execution by a backend that takes part.
    fn refused_by(&mut self, standing: &'a Standing, refusal: &'static str) {
        // Writing into a string does not fail.
        let _ = write!(self.text, " {refusal}.backend IN (");
        for (at, backend) in standing.backends.iter().enumerate() {
            self.push(if at == 0 { "?" } else { ", ?" });
            self.binds.push(Bind::Bytes(backend));
        }
        let _ = write!(self.text, ") AND {refusal}.table_name = '{}'", Table::Executions.name());
    }

    /// The ranges of time and duration, and where the page begins. A cursor and a bound on the same
    /// side are one bound: the tighter of the two, so that SQLite seeks to it.
    fn bounds(
        &mut self,
        query: &'a ListQuery,
        by_duration: bool,
        key: [&'static str; 2],
        paged: bool,
    ) {
        let filter = &query.filter;
        let has_duration = filter.duration_ms_min.is_some() || filter.duration_ms_max.is_some();
        // What has no duration has -1, and passes no bound on it.
        let shortest = has_duration.then(|| signed(filter.duration_ms_min.unwrap_or(0)));
        let longest = filter.duration_ms_max.map(signed);
        let since = filter.since.map(|time| time.as_millis());
        let before = filter.until.map(|time| time.as_millis());
        let time = if by_duration { "e.begun_at" } else { key[0] };
        let mut lowest = [(time, since), ("e.duration", shortest)];
        let mut highest = [(time, "<", before), ("e.duration", "<=", longest)];
        if let Some(cursor) = query.after.filter(|_| paged) {
            let sorted = usize::from(by_duration);
            let outdone = if query.order.descending() {
                let (_, operator, bound) = &mut highest[sorted];
                // Below the bound, all rows are behind the cursor already.
                let inside = |bound: i64| match *operator {
                    "<" => bound <= cursor.key(),
                    _ => bound < cursor.key(),
                };
                let outdone = bound.is_some_and(inside);
                if !outdone {
                    *bound = None;
                }
                outdone
            } else {
                let (_, bound) = &mut lowest[sorted];
                let outdone = bound.is_some_and(|bound| bound > cursor.key());
                if !outdone {
                    *bound = None;
                }
                outdone
            };
            if !outdone {
                let side = if query.order.descending() { "<" } else { ">" };
                // Writing into a string does not fail.
                let _ = write!(self.text, " AND ({}, {}) {side} (?, ?)", key[0], key[1]);
                self.binds.extend([Bind::Integer(cursor.key()), Bind::Integer(cursor.row())]);
            }
        }
        for (column, bound) in lowest {
            if let Some(bound) = bound {
                self.condition(&format!("{column} >="), Bind::Integer(bound));
            }
        }
        for (column, operator, bound) in highest {
            if let Some(bound) = bound {
                self.condition(&format!("{column} {operator}"), Bind::Integer(bound));
            }
        }
    }

    /// One row more than the page holds tells whether there is another page. Where the caller
    /// verifies rows, it counts them as well.
    fn order(&mut self, query: &ListQuery, [sort, row]: [&str; 2], verified: bool) {
        let side = if query.order.descending() { "DESC" } else { "ASC" };
        // Writing into a string does not fail.
        let _ = write!(self.text, " ORDER BY {sort} {side}, {row} {side}");
        if !verified {
            self.push(" LIMIT ? OFFSET ?");
            self.binds.push(Bind::Integer(query.page_len() as i64 + 1));
            self.binds.push(Bind::Integer(signed(query.offset)));
        }
    }
}
