//! Listings: a page of executions, or how many there are.
//!
//! Each listing walks one index in its own order: by time, that of the first filter in a fixed
//! priority; by duration, that of the durations. The other filters are checked on the way. So no
//! listing sorts, and a page costs what it shows and what it skips.
//!
//! The one exception are the few executions that wait for a backend or were refused by one
//! ([`standing`](crate::standing)): they are found by what makes them few, and then sorted.

use runlog_core::model::Visibility;
use runlog_core::query::{Cursor, ListQuery};
use runlog_core::schema::{Table, executions};
use runlog_core::store::{ListedPage, ListedRow};
use runlog_core::value::Value;
use rusqlite::CachedStatement;

use crate::derived::{is_indexed_whole, params_hold};
use crate::error::Outcome;
use crate::listing::{Bind, Listing, PARAMS_AT, SELECTED_BEFORE_CELLS, Want};
use crate::rows::visibility_number;
use crate::standing::Standing;
use crate::tx::Tx;
use crate::values::{bytes_at, execution_at, value_at};

/// A page, and where the next one begins.
pub(crate) fn page(tx: &Tx<'_>, query: &ListQuery) -> Outcome<ListedPage> {
    let limit = query.page_len();
    let unindexed = unindexed_param(query);
    let standing = match Standing::of(tx, &query.filter)? {
        Some(standing) => standing,
        None => return Ok(ListedPage { rows: Vec::new(), next: None }),
    };
    let listing = Listing::new(query, &standing, Want::Page { verified: unindexed.is_some() });
    let mut select = prepare(tx, &listing)?;
    let mut found = select.raw_query();
    let mut page = Vec::with_capacity(limit.min(64));
    let mut last = None;
    let mut next = None;
    let mut skip = if unindexed.is_some() { query.offset } else { 0 };
    while let Some(row) = found.next()? {
        if let Some((name, value)) = unindexed {
            if !params_hold(row.get_ref(PARAMS_AT)?.as_str().ok(), name, value) {
                continue;
            }
            if skip > 0 {
                skip -= 1;
                continue;
            }
        }
        if page.len() == limit {
            next = last.map(|(key, number)| Cursor::new(query.order, key, number));
            break;
        }
        last = Some((row.get(0)?, row.get(1)?));
        page.push(listed(tx, row)?);
    }
    Ok(ListedPage { rows: page, next })
}

/// How many executions match.
pub(crate) fn count(tx: &Tx<'_>, query: &ListQuery) -> Outcome<u64> {
    let Some(standing) = Standing::of(tx, &query.filter)? else { return Ok(0) };
    let Some((name, value)) = unindexed_param(query) else {
        let mut select = prepare(tx, &Listing::new(query, &standing, Want::Count))?;
        let mut rows = select.raw_query();
        let count: i64 = rows.next()?.map_or(Ok(0), |row| row.get(0))?;
        return Ok(count.cast_unsigned());
    };
    let mut select = prepare(tx, &Listing::new(query, &standing, Want::Params))?;
    let mut rows = select.raw_query();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += u64::from(params_hold(row.get_ref(0)?.as_str().ok(), name, value));
    }
    Ok(count)
}

/// The param to look for, where the index alone does not tell it.
fn unindexed_param(query: &ListQuery) -> Option<(&str, &str)> {
    let (name, value) = query.filter.param.as_ref()?;
    (!is_indexed_whole(value)).then_some((name, value))
}

fn prepare<'a>(tx: &Tx<'a>, listing: &Listing<'_>) -> Outcome<CachedStatement<'a>> {
    let mut select = tx.prepare(&listing.text)?;
    for (at, bind) in listing.binds.iter().enumerate() {
        match bind {
            Bind::Integer(value) => select.raw_bind_parameter(at + 1, value)?,
            Bind::Text(text) => select.raw_bind_parameter(at + 1, text)?,
            Bind::Bytes(bytes) => select.raw_bind_parameter(at + 1, bytes)?,
        }
    }
    Ok(select)
}

fn listed(tx: &Tx<'_>, row: &rusqlite::Row<'_>) -> Outcome<ListedRow> {
    let mut cells = vec![Value::Null; Table::Executions.columns().len()];
    for (at, column) in executions::SUMMARY.iter().enumerate() {
        cells[column.index()] = value_at(row, SELECTED_BEFORE_CELLS + at)?;
    }
    let clocks = tx.decode_clocks(bytes_at(row, 3)?)?;
    let newest = clocks.newest().map(|clock| clock.time.timestamp());
    Ok(ListedRow { id: execution_at(row, 2)?, cells, updated_at: newest.unwrap_or_default() })
}

/// The visibility that a listing shows.
pub(crate) fn shown(query: &ListQuery) -> i64 {
    visibility_number(if query.filter.deleted { Visibility::Trashed } else { Visibility::Live })
}
