//! What a row costs beyond its values.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use runlog_core::store::Store;
use support::{filled, in_memory, new_execution, put_ending, put_execution};

/// C3: at most 40 bytes for the clocks and the change number of a row that was written once and
/// finished once, whatever its number.
#[test]
fn clocks_and_number_of_a_finished_run_stay_small() {
    let mut store = in_memory();
    filled(&mut store, 300);
    for number in 1_000_000..1_000_010 {
        put_execution(&mut store, &new_execution(number), number);
        put_ending(&mut store, number, "completed", 0, number + 100);
    }
    // A record's header holds the number of bytes of the blob in two of its own, and that of the
    // change in one; the change itself takes up to eight.
    let largest: i64 = store
        .connection()
        .query_row(
            "SELECT max(length(clocks) + 2 + 1 + CASE
                 WHEN change < 128 THEN 1 WHEN change < 32768 THEN 2
                 WHEN change < 8388608 THEN 3 WHEN change < 2147483648 THEN 4 ELSE 8 END)
             FROM executions WHERE outcome IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(largest <= 40, "{largest} bytes");
    assert!(largest > 20, "{largest} bytes: nothing was measured");
    store.persist().unwrap();
}
