//! Making operations from random numbers, over few ids, so that they meet.

use runlog_core::clock::{Clock, ClockTime, ColumnId};
use runlog_core::codec::RowRecord;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{GapReason, LogKey, LogLimits};
use runlog_core::model::{
    Attributes, Ending, Exit, Kind, NewExecution, Outcome, Params, Status, Tag,
};
use runlog_core::query::{ListQuery, Order};
use runlog_core::schema::{RowKey, Table, executions};
use runlog_core::store::{Backend, OwnerId, Rejection};
use runlog_core::time::Timestamp;
use runlog_core::value::Value;

use super::operation::LogWork;
use super::{Direct, Operation, Step, Work};
use crate::random::Random;
use crate::sample::{self, BACKENDS, OTHER, change_number};

/// How many runs a script is about.
const RUNS: u64 = 8;
const TAGS: [&str; 4] = ["a", "b", "c", "\u{1f600}'"];
const PARAMS: [&str; 3] = ["env", "'; --", "p"];
const TEXTS: [&str; 5] = ["", "x", "prod", "'; --", "\u{1f600}\0"];

/// Makes the steps of a seed, one after the other.
#[derive(Clone, Debug)]
pub struct Generator {
    pub(super) random: Random,
    /// The wall clock, which mostly goes on.
    seconds: i64,
}

impl Generator {
    /// The steps of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), seconds: 10 }
    }

    /// The next step.
    pub fn step(&mut self) -> Step {
        self.seconds += self.random.below(20) as i64 - 2;
        let now = sample::at(self.seconds);
        let count = if self.random.chance(70) { 1 } else { 1 + self.random.below(4) };
        let work = if self.random.chance(80) {
            Work::History((0..count).map(|_| self.operation(now)).collect())
        } else {
            Work::Store((0..count).map(|_| self.direct()).collect())
        };
        Step { now, work, rolled_back: self.random.chance(5) }
    }

    /// A step that another device could have made as well: no purge, no log.
    pub fn shared_step(&mut self) -> Step {
        loop {
            let step = self.step();
            let is_shared = |operation: &Operation| {
                !matches!(operation, Operation::Purge(_) | Operation::Log(..) | Operation::Merge(_))
            };
            if matches!(&step.work, Work::History(all) if all.iter().all(is_shared)) {
                return step;
            }
        }
    }

    /// A listing, with filters that often match something of a script.
    pub fn query(&mut self) -> ListQuery {
        const ORDERS: [Order; 4] =
            [Order::NewestFirst, Order::OldestFirst, Order::LongestFirst, Order::ShortestFirst];
        let mut query = ListQuery::newest(1 + self.random.below(4) as u32);
        query.order = self.random.pick(&ORDERS);
        query.offset = if self.random.chance(20) { self.random.below(4) } else { 0 };
        let filter = &mut query.filter;
        filter.deleted = self.random.chance(20);
        for _ in 0..self.random.below(4) {
            match self.random.below(12) {
                0 => filter.workflow_id = Some(self.random.pick(&["deploy", "test", "%"]).into()),
                1 => filter.kind = Some(self.random.pick(Kind::ALL)),
                2 => filter.status = Some(self.random.pick(Status::ALL)),
                3 => filter.device_id = Some(self.random.pick(&[sample::DEVICE, OTHER])),
                4 => filter.tag = Some(self.random.pick(&TAGS).to_owned()),
                5 => {
                    let name = self.random.pick(&PARAMS).to_owned();
                    filter.param = Some((name, self.random.pick(&TEXTS).to_owned()));
                }
                6 => filter.exit_code = Some(self.random.below(3) as i32),
                7 => filter.since = Some(self.time()),
                8 => filter.until = Some(self.time()),
                9 => filter.duration_ms_min = Some(self.random.below(9) * 4_000),
                10 => filter.retry_of = Some(self.id()),
                _ => filter.duration_ms_max = Some(self.random.below(9) * 4_000),
            }
        }
        query
    }

    fn operation(&mut self, now: Timestamp) -> Operation {
        let id = self.id();
        match self.random.below(100) {
            0..18 => Operation::Start(Box::new(self.new_execution(id, now))),
            18..21 => Operation::BeginRunning(id, now),
            21..32 => Operation::Finish(id, self.ending()),
            32..35 => Operation::Lose(id, now),
            35..39 => Operation::HoldLease(id, OwnerId(self.random.below(2).into())),
            39..42 => Operation::LoseOrphans { alive: OwnerId(1) },
            42..49 => Operation::Tag(id, self.tag()),
            49..52 => Operation::Untag(id, self.tag()),
            52..56 => Operation::SetNote(id, self.optional_text()),
            56..59 => Operation::SetPinned(id, self.random.chance(50)),
            59..62 => Operation::SetParams(id, self.params()),
            62..64 => Operation::SetAttributes(id, self.attributes()),
            64..69 => Operation::Delete(id),
            69..73 => Operation::Restore(id),
            73..76 => Operation::Purge(id),
            76..88 => Operation::Merge(self.batch()),
            88..89 => Operation::ReviewHidden,
            _ => Operation::Log(id, self.log_work()),
        }
    }

    fn direct(&mut self) -> Direct {
        if self.random.chance(40) {
            return self.sync_work();
        }
        let backend = self.random.pick(&BACKENDS);
        let change = change_number(self.random.below(60));
        match self.random.below(10) {
            0..2 => {
                let position = vec![self.random.any() as u8; self.random.below(4) as usize];
                let enabled = self.random.chance(80);
                let known = sample::backend(0, 0);
                let sent = change;
                Direct::PutBackend(Backend { id: backend, enabled, sent, position, ..known })
            }
            2 => Direct::RemoveBackend(backend),
            3 => Direct::PutMark(backend, change, sample::at(self.seconds)),
            4 => {
                let (key, reason) = (self.row_key(), self.text());
                let refusal = sample::refusal(0, &key, change.get(), &reason);
                Direct::PutRejection(Rejection { backend, ..refusal })
            }
            5 => {
                let clock = self.clock();
                let cell = sample::kept_cell(self.column_name(), self.value(), clock);
                Direct::Keep(self.table_name(), self.row_key().to_bytes(), cell)
            }
            6 => {
                let column = self.column_name().to_owned();
                Direct::Unkeep(self.table_name(), self.row_key().to_bytes(), column)
            }
            7 => {
                let log = LogKey { execution: self.id(), device: OTHER };
                let (count, first) = (1 + self.random.below(9), 1 + 10 * self.random.below(5));
                let lines = sample::many_lines(count as usize, "theirs");
                Direct::PutPiece(sample::piece(log, first, &lines, 1), lines)
            }
            8 => {
                let log = LogKey { execution: self.id(), device: OTHER };
                let first = 10 * self.random.below(6);
                let last = first + self.random.below(8);
                let mut gap = sample::gap(log, first, last, 1);
                gap.reason = self.random.pick(&[GapReason::Limit, GapReason::Queue]);
                Direct::PutGap(gap)
            }
            _ => Direct::RemoveLease(self.id()),
        }
    }

    fn id(&mut self) -> ExecutionId {
        sample::id(self.random.below(RUNS))
    }

    fn tag(&mut self) -> Tag {
        sample::tag(self.random.pick(&TAGS))
    }

    pub(super) fn text(&mut self) -> String {
        self.random.pick(&TEXTS).to_owned()
    }

    pub(super) fn optional_text(&mut self) -> Option<String> {
        self.random.chance(60).then(|| self.text())
    }

    fn optional_id(&mut self) -> Option<ExecutionId> {
        self.random.chance(30).then(|| self.id())
    }

    /// A time around that of the script, so that many are equal.
    fn time(&mut self) -> Timestamp {
        sample::at(self.seconds - 20 + 4 * self.random.below(10) as i64)
    }

    fn params(&mut self) -> Params {
        let mut params = Params::new();
        for name in PARAMS {
            if self.random.chance(50) {
                params.set(name, self.text()).unwrap();
            }
        }
        params
    }

    fn attributes(&mut self) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.set("number", self.random.below(5));
        attributes.set(self.text(), self.text());
        attributes
    }

    fn ending(&mut self) -> Ending {
        let code = self.random.below(3) as i32;
        let exits = [Exit::Unknown, Exit::Code(code), Exit::Signal(9)];
        let outcome = self.random.pick(Outcome::ALL);
        Ending { outcome, ended_at: self.time(), exit: self.random.pick(&exits) }
    }

    fn new_execution(&mut self, id: ExecutionId, now: Timestamp) -> NewExecution {
        let kind = self.random.pick(Kind::ALL);
        let workflow = self.random.pick(&["deploy", "test", "%"]);
        let mut new = NewExecution::new(id, kind, workflow, now).unwrap();
        new.started_at = self.random.chance(85).then(|| self.time());
        new.workflow_name = self.optional_text();
        new.note = self.optional_text();
        new.compiled_prompt = self.optional_text();
        new.used_fallback = self.random.chance(30).then(|| self.random.chance(50));
        (new.parent_id, new.retry_of) = (self.optional_id(), self.optional_id());
        new.pinned = self.random.chance(20);
        new.params = self.params();
        new.attributes = self.attributes();
        new.tags = (0..self.random.below(3)).map(|_| self.tag()).collect();
        new
    }

    fn log_work(&mut self) -> LogWork {
        let lines = 2_000 * (1 + self.random.below(8));
        let limits =
            self.random.pick(&[LogLimits::default(), LogLimits { lines, ..LogLimits::UNLIMITED }]);
        let batches = (0..self.random.below(3)).map(|_| {
            let is_long = self.random.chance(10);
            let count = if is_long { self.random.below(5_000) } else { self.random.below(9) };
            sample::many_lines(count as usize, self.random.pick(&TEXTS))
        });
        let batches = batches.collect();
        let dropped = if self.random.chance(20) { self.random.below(9) } else { 0 };
        LogWork { limits, batches, dropped, sealed: self.random.chance(50) }
    }

    /// A clock of another device, around the time of the script.
    fn clock(&mut self) -> Clock {
        let millis = sample::at(self.seconds - 30 + self.random.below(40) as i64).as_millis();
        let time = ClockTime::new(millis as u64, self.random.below(3) as u16);
        Clock { time, device: DeviceId::from_u128(0xe0 + u128::from(self.random.below(3))) }
    }

    pub(super) fn row_key(&mut self) -> RowKey {
        let id = self.id();
        if self.random.chance(70) { RowKey::Execution(id) } else { RowKey::Tag(id, self.tag()) }
    }

    fn table_name(&mut self) -> String {
        self.random.pick(&["executions", "tags", "moods", ""]).to_owned()
    }

    fn column_name(&mut self) -> &'static str {
        self.random.pick(&["mood", "", "Note"])
    }

    fn value(&mut self) -> Value {
        match self.random.below(6) {
            0 => Value::Null,
            1 => Value::Integer(self.random.any() as i64),
            2 => Value::Real(f64::from_bits(self.random.any())),
            3 => Value::Blob(self.text().into_bytes()),
            _ => Value::Text(self.text()),
        }
    }

    /// Records as other devices send them: whole runs, parts, and what nobody here knows.
    fn batch(&mut self) -> Vec<RowRecord> {
        (0..1 + self.random.below(4)).map(|_| self.record()).collect()
    }

    fn record(&mut self) -> RowRecord {
        let clock = self.clock();
        let key = self.row_key();
        let mut cells = match key.table() {
            Table::Executions if self.random.chance(50) => self.whole_run(key.execution(), clock),
            Table::Executions => self.part_of_a_run(),
            _ => vec![("deleted".to_owned(), Value::Integer(self.random.below(2) as i64))],
        };
        if self.random.chance(15) {
            cells.push((self.column_name().to_owned(), self.value()));
        }
        let is_known = self.random.chance(92);
        let table = if is_known { key.table().name() } else { "moods" }.to_owned();
        let bytes = if self.random.chance(99) { key.to_bytes() } else { vec![1; 3] };
        RowRecord { table, key: bytes, clock, cells }
    }

    fn whole_run(&mut self, id: ExecutionId, clock: Clock) -> Vec<(String, Value)> {
        let new = self.new_execution(id, clock.time.timestamp());
        named(&new.to_cells(clock.device).unwrap())
    }

    fn part_of_a_run(&mut self) -> Vec<(String, Value)> {
        let one = |id, value| vec![(id, value)];
        named(&match self.random.below(8) {
            0 => one(executions::STARTED_AT, self.time().as_millis().into()),
            1 => one(executions::LOST_AT, self.time().as_millis().into()),
            2 => one(executions::DELETED, Value::Integer(self.random.below(2) as i64)),
            3 => one(executions::PINNED, Value::Integer(self.random.below(2) as i64)),
            4 => one(executions::NOTE, self.optional_text().into()),
            5 => one(executions::KIND, (self.random.pick(&["agent", "job"])).into()),
            6 => one(executions::ENDED_AT, self.value()),
            _ => self.ending().to_cells().to_vec(),
        })
    }
}

/// Cells under the names of their columns.
fn named(cells: &[(ColumnId, Value)]) -> Vec<(String, Value)> {
    let columns = Table::Executions.columns();
    let name = |id: ColumnId| columns[id.index()].name.to_owned();
    cells.iter().map(|(id, value)| (name(*id), value.clone())).collect()
}
