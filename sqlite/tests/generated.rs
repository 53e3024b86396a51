//! Columns that SQLite derives, against the model that they repeat.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use proptest::prelude::*;
use runlog_core::model::{Summary, Visibility};
use runlog_core::schema::{RowKey, executions};
use runlog_core::time::Timestamp;
use runlog_core::value::Value;
use support::{DEVICE, clock, id, in_memory, new_execution, put};

fn time() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![Just(None), (0..5_000i64).prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn status_time_and_duration_are_the_models(
        started in time(), lost in time(), created in 0..5_000i64,
        ended in proptest::option::of((0..3usize, 0..5_000i64)),
    ) {
        let mut store = in_memory();
        let outcome = ended.map(|(outcome, _)| ["completed", "failed", "cancelled"][outcome]);
        let mut cells = new_execution(1).to_cells(DEVICE).unwrap();
        cells.extend([
            (executions::STARTED_AT, Value::from(started)),
            (executions::LOST_AT, Value::from(lost)),
            (executions::CREATED_AT, Value::from(created)),
            (executions::OUTCOME, Value::from(outcome)),
            (executions::ENDED_AT, Value::from(ended.map(|(_, at)| at))),
        ]);
        let key = RowKey::Execution(id(1));
        put(&mut store, &key, clock(1), 1, &cells).unwrap();
        let mut held = vec![Value::Null; executions::ALL.len()];
        for (column, value) in cells {
            held[column.index()] = value;
        }
        prop_assert_eq!(Visibility::of(&held), Visibility::Live);
        let summary = Summary::from_cells(id(1), &held, Timestamp::default()).unwrap();
        let found: (String, i64, i64) = store
            .connection()
            .query_row("SELECT status, begun_at, duration FROM executions", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        let begun_at = summary.started_at.unwrap_or(summary.created_at).as_millis();
        let duration = summary.duration_ms().map_or(-1, |millis| millis as i64);
        prop_assert_eq!(found, (summary.status().to_string(), begun_at, duration));
    }
}
