//! Calls that read.

use std::ops::ControlFlow;

use runlog_core::history::HistoryReader;
use runlog_core::id::{DeviceId, ExecutionId, IdPattern};
use runlog_core::log::{Level, LogEntry, LogFilter, LogRange, Stream};
use runlog_core::model::{Kind, Status};
use runlog_core::query::{self, Cursor, ListQuery, Order, SyncFilter};
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::arguments::{Argument, Mistake, Text, arguments};
use super::{ApiError, shape};

arguments! {
    /// Which executions.
    #[derive(Debug, Default)]
    pub(super) struct Filter {
        workflow_id ("workflowId"): Option<String>,
        kind: Option<Text<Kind>>,
        status: Option<Text<Status>>,
        device_id ("deviceId"): Option<Text<DeviceId>>,
        retry_of ("retryOf"): Option<Text<ExecutionId>>,
        tag: Option<String>,
        param: Option<Pair>,
        exit_code ("exitCode"): Option<i32>,
        since: Option<i64>,
        until: Option<i64>,
        duration_min ("durationMin"): Option<u64>,
        duration_max ("durationMax"): Option<u64>,
        sync_state ("syncState"): Option<Text<SyncFilter>>,
        deleted: bool = false,
    }

    /// A page of executions.
    #[derive(Debug)]
    pub(super) struct List {
        filter: Filter = Filter::default(),
        order: Sort = Sort(Order::NewestFirst),
        /// Executions on a page.
        limit: u32 = 50,
        offset: u64 = 0,
        after: Option<String>,
    }
}

/// The order of a page, as JavaScript names it.
#[derive(Debug)]
pub(super) struct Sort(Order);

impl Argument for Sort {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        Ok(Self(match String::of(field, value)?.as_str() {
            "newest" => Order::NewestFirst,
            "oldest" => Order::OldestFirst,
            "longest" => Order::LongestFirst,
            "shortest" => Order::ShortestFirst,
            other => return Err(Mistake::new(field, format!("'{other}' is unknown"))),
        }))
    }
}

/// A name and a value.
#[derive(Debug)]
pub(super) struct Pair(String, String);

impl Argument for Pair {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        let texts = <[String; 2]>::try_from(Vec::of(field, value)?);
        let [name, value] = texts.map_err(|_| Mistake::new(field, "it is a name and a value"))?;
        Ok(Self(name, value))
    }
}

arguments! {
    /// One execution.
    #[derive(Debug)]
    pub(super) struct Get {
        /// Its id, or an end or beginning of it that no other has.
        id: Text<IdPattern>,
    }

    /// A part of a log.
    #[derive(Debug)]
    pub(super) struct Log {
        id: Text<ExecutionId>,
        /// From this sequence on.
        from: Option<u64>,
        /// The last so many lines instead.
        tail: Option<u64>,
        stream: Option<Text<Stream>>,
        level: Option<Text<Level>>,
        /// Lines in one answer.
        limit: usize = 1_000,
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
        filter.retry_of = self.retry_of.map(|id| id.0);
        filter.tag = self.tag;
        filter.param = self.param.map(|Pair(name, value)| (name, value));
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
    query.order = list.order.0;
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
