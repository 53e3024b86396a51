//! Last writer wins, column by column.
//!
//! A change to a row names columns and one clock for all of them. Each column takes the value of its
//! newest clock; of two equal clocks the one held first, which is the same write (but for those of a
//! device and its copy: see `sync::twins`). Nothing else is looked at, never the values, so the result
//! does not depend on the order in which changes arrive: merging is commutative, associative and
//! idempotent. Whatever needs another rule (a status, a set of tags, a log) has a shape in which the
//! newest clock of each column is the right answer.
//!
//! The rule is that of a last-writer-wins register per cell, see Shapiro et al., "A comprehensive
//! study of Convergent and Commutative Replicated Data Types", 2011, section 3.2.

use crate::clock::{Clock, ColumnId, ColumnSet, RowClocks};
use crate::value::Value;

/// Takes the cells that win against the row's clocks, and gives their columns the clock.
///
/// Returns the cells that won; empty where the change is known or outdated.
///
/// ```
/// use runlog_core::clock::{Clock, ClockTime, ColumnId, RowClocks};
/// use runlog_core::id::DeviceId;
/// use runlog_core::merge::merge_cells;
///
/// let at = |millis| Clock { time: ClockTime::new(millis, 0), device: DeviceId::from_u128(1) };
/// let (note, pinned) = (ColumnId::new(0), ColumnId::new(1));
/// let mut clocks = RowClocks::new();
/// merge_cells(&mut clocks, at(2), vec![(note, "new".into())]);
/// let won = merge_cells(&mut clocks, at(1), vec![(note, "old".into()), (pinned, 1.into())]);
/// assert_eq!(won, [(pinned, 1.into())]);
/// ```
pub fn merge_cells(
    clocks: &mut RowClocks,
    clock: Clock,
    mut cells: Vec<(ColumnId, Value)>,
) -> Vec<(ColumnId, Value)> {
    let named: ColumnSet = cells.iter().map(|(column, _)| *column).collect();
    let won = clocks.won_by(clock, named);
    if won != named {
        cells.retain(|(column, _)| won.contains(*column));
    }
    clocks.set(won, clock);
    cells
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::ClockTime;
    use crate::id::DeviceId;
    use crate::model::Status;
    use crate::schema::executions as column;

    const COLUMNS: u8 = 8;

    /// A write as a device makes it: equal clocks mean the same write, so values follow from clocks.
    #[derive(Clone, Debug)]
    struct Write {
        clock: Clock,
        columns: u8,
    }

    impl Write {
        fn cells(&self) -> Vec<(ColumnId, Value)> {
            let columns = (0..COLUMNS).filter(|number| self.columns >> number & 1 == 1);
            columns
                .map(|number| (ColumnId::new(number), Value::from(format!("{:?}", self.clock))))
                .collect()
        }
    }

    fn any_write() -> impl Strategy<Value = Write> {
        (0..12u64, 0..3u16, 1..4u128, any::<u8>()).prop_map(|(millis, counter, device, columns)| {
            let device = DeviceId::from_u128(device);
            Write { clock: Clock { time: ClockTime::new(millis, counter), device }, columns }
        })
    }

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Row {
        cells: Vec<Value>,
        clocks: RowClocks,
    }

    impl Row {
        fn after(writes: &[Write]) -> Self {
            let mut row =
                Self { cells: vec![Value::Null; COLUMNS.into()], clocks: RowClocks::new() };
            writes.iter().for_each(|write| row.apply(write.clock, write.cells()));
            row
        }

        fn apply(&mut self, clock: Clock, cells: Vec<(ColumnId, Value)>) {
            for (column, value) in merge_cells(&mut self.clocks, clock, cells) {
                self.cells[column.index()] = value;
            }
        }

        /// Merges all of another row, as the records it would be sent in.
        fn merge(&mut self, other: &Self) {
            for (clock, columns) in other.clocks.groups() {
                let cells =
                    columns.iter().map(|id| (id, other.cells[id.index()].clone())).collect();
                self.apply(clock, cells);
            }
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(
            writes in proptest::collection::vec(any_write(), 0..24),
            seed in any::<u64>(),
        ) {
            let expected = Row::after(&writes);
            let mut shuffled = writes.clone();
            let mut state = seed | 1;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            prop_assert_eq!(&Row::after(&shuffled), &expected);
            shuffled.extend(writes);
            prop_assert_eq!(Row::after(&shuffled), expected);
        }

        #[test]
        fn rows_merge_as_a_lattice(
            a in proptest::collection::vec(any_write(), 0..12),
            b in proptest::collection::vec(any_write(), 0..12),
            c in proptest::collection::vec(any_write(), 0..12),
        ) {
            let [a, b, c] = [a, b, c].map(|writes| Row::after(&writes));
            let joined = |left: &Row, right: &Row| {
                let mut row = left.clone();
                row.merge(right);
                row
            };
            prop_assert_eq!(joined(&a, &b), joined(&b, &a));
            prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
            prop_assert_eq!(joined(&a, &a), a);
        }

        /// T16: a relay that keeps, of each column, only the newest clock takes nothing away.
        #[test]
        fn covered_records_can_be_dropped(writes in proptest::collection::vec(any_write(), 0..24)) {
            let expected = Row::after(&writes);
            let kept: Vec<Write> = writes
                .iter()
                .filter(|write| {
                    write.cells().iter().any(|(id, _)| expected.clocks.of(*id) == write.clock)
                })
                .cloned()
                .collect();
            prop_assert_eq!(Row::after(&kept), expected);
        }

        /// M2: whatever arrives in whatever order, the status never goes back.
        #[test]
        fn status_only_moves_forward(
            events in proptest::collection::vec((0..4u8, 1..50u64, 1..4u128), 1..20)
        ) {
            let mut clocks = RowClocks::new();
            let mut cells = vec![Value::Null; 6];
            let mut before = Status::NotStarted;
            for (event, millis, device) in events {
                let device = DeviceId::from_u128(device);
                let clock = Clock { time: ClockTime::new(millis, event.into()), device };
                let at = Value::Integer(millis as i64);
                let written = match event {
                    0 => vec![(column::STARTED_AT, at)],
                    1 => vec![(column::LOST_AT, at)],
                    other => vec![
                        (column::OUTCOME, Value::from(if other == 2 { "completed" } else { "failed" })),
                        (column::ENDED_AT, at),
                        (column::EXIT_CODE, Value::Null),
                        (column::SIGNAL, Value::Null),
                    ],
                };
                for (id, value) in merge_cells(&mut clocks, clock, written) {
                    cells[id.index()] = value;
                }
                let now = status_of(&cells);
                prop_assert!(now.rank() >= before.rank(), "{} after {}", now, before);
                before = now;
            }
        }
    }

    fn status_of(cells: &[Value]) -> Status {
        let has = |id: ColumnId| !cells[id.index()].is_null();
        match cells[column::OUTCOME.index()].as_text() {
            Some(outcome) => outcome.parse::<crate::model::Outcome>().unwrap().into(),
            None if has(column::LOST_AT) => Status::Lost,
            None if has(column::STARTED_AT) => Status::Running,
            None => Status::NotStarted,
        }
    }

    /// T5: with one clock a row, the later of two edits to different columns takes the other away.
    #[test]
    fn edits_of_two_columns_both_stay() {
        let at = |millis, device| Clock {
            time: ClockTime::new(millis, 0),
            device: DeviceId::from_u128(device),
        };
        let mut row = Row::after(&[Write { clock: at(1, 1), columns: 0b11 }]);
        row.apply(at(10, 1), vec![(ColumnId::new(0), "from A".into())]);
        row.apply(at(11, 2), vec![(ColumnId::new(1), "from B".into())]);
        assert_eq!(row.cells[..2], ["from A".into(), "from B".into()]);
    }
}
