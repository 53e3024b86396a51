//! Calls that read.

use std::ops::ControlFlow;

use runlog_core::history::HistoryReader;
use runlog_core::id::{DeviceId, ExecutionId, IdPattern};
use runlog_core::log::{Level, LogEntry, LogFilter, LogRange, Stream};
use runlog_core::model::{Kind, Status};
use runlog_core::query::{self, Cursor, ListQuery, Order, SyncFilter};
use runlog_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ApiError;
use super::shape::{self, Text};

/// Which executions.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    workflow_id: Option<String>,
    kind: Option<Text<Kind>>,
    status: Option<Text<Status>>,
    device_id: Option<Text<DeviceId>>,
    tag: Option<String>,
    param: Option<(String, String)>,
    exit_code: Option<i32>,
    since: Option<i64>,
    until: Option<i64>,
    duration_min: Option<u64>,
    duration_max: Option<u64>,
    sync_state: Option<Text<SyncFilter>>,
    deleted: bool,
}

/// A page of executions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct List {
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    order: Sort,
    #[serde(default = "List::limit")]
    limit: u32,
    #[serde(default)]
    offset: u64,
    after: Option<String>,
}

impl List {
    /// Executions on a page unless told.
    const fn limit() -> u32 {
        50
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Sort {
    #[default]
    Newest,
    Oldest,
    Longest,
    Shortest,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Newest => Self::NewestFirst,
            Sort::Oldest => Self::OldestFirst,
            Sort::Longest => Self::LongestFirst,
            Sort::Shortest => Self::ShortestFirst,
        }
    }
}

/// One execution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Get {
    /// Its id, or an end or beginning of it that no other has.
    id: Text<IdPattern>,
}

/// A part of a log.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Log {
    id: Text<ExecutionId>,
    /// From this sequence on.
    from: Option<u64>,
    /// The last so many lines instead.
    tail: Option<u64>,
    stream: Option<Text<Stream>>,
    level: Option<Text<Level>>,
    #[serde(default = "Log::limit")]
    limit: usize,
}

impl Log {
    /// Lines in one answer unless told.
    const fn limit() -> usize {
        1_000
    }
}

impl Filter {
    fn query(self) -> query::Filter {
        let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let mut filter = query::Filter::default();
        filter.workflow_id = self.workflow_id;
        filter.kind = self.kind.map(|kind| kind.0);
        filter.status = self.status.map(|status| status.0);
        filter.device_id = self.device_id.map(|device| device.0);
        filter.tag = self.tag;
        filter.param = self.param;
        filter.exit_code = self.exit_code;
        filter.since = at(self.since);
        filter.until = at(self.until);
        filter.duration_ms_min = self.duration_min;
        filter.duration_ms_max = self.duration_max;
        filter.sync_state = self.sync_state.map(|state| state.0);
        filter.deleted = self.deleted;
        filter
    }
}

pub(super) fn list(reader: &HistoryReader<'_>, list: List) -> Result<Value, ApiError> {
    let mut query = ListQuery::newest(list.limit);
    query.order = list.order.into();
    query.filter = list.filter.query();
    query.offset = list.offset;
    query.after = list.after.map(|text| Cursor::parse(&text, query.order)).transpose()?;
    let page = reader.list(&query)?;
    let executions: Vec<Value> = page.executions.iter().map(shape::summary).collect();
    Ok(json!({ "executions": executions, "next": page.next.map(|next| next.to_string()) }))
}

pub(super) fn count(reader: &HistoryReader<'_>, filter: Filter) -> Result<Value, ApiError> {
    let mut query = ListQuery::newest(0);
    query.filter = filter.query();
    Ok(reader.count(&query)?.into())
}

pub(super) fn get(reader: &HistoryReader<'_>, get: Get) -> Result<Value, ApiError> {
    let id = reader.find(&get.id.0)?;
    Ok(reader.execution(id)?.map_or(Value::Null, |execution| shape::execution(&execution)))
}

pub(super) fn log(reader: &HistoryReader<'_>, log: Log) -> Result<Value, ApiError> {
    let range = match log.tail {
        Some(lines) => LogRange::Tail(lines.min(log.limit as u64)),
        None => LogRange::Sequences { first: log.from.unwrap_or(0), last: i64::MAX as u64 },
    };
    let filter = LogFilter {
        stream: log.stream.map(|stream| stream.0),
        level: log.level.map(|level| level.0),
    };
    let mut entries = Vec::new();
    let mut more = false;
    reader.log(log.id.0, range, &filter, &mut |entry: LogEntry<'_>| {
        if entries.len() >= log.limit {
            more = true;
            return ControlFlow::Break(());
        }
        entries.push(shape::log_entry(&entry));
        ControlFlow::Continue(())
    })?;
    Ok(json!({ "entries": entries, "more": more, "last": reader.last_sequence(log.id.0)? }))
}
