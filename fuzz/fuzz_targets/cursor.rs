//! Cursors of listings, which users hand back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::query::{Cursor, Order};

const ORDERS: [Order; 4] =
    [Order::NewestFirst, Order::OldestFirst, Order::LongestFirst, Order::ShortestFirst];

fuzz_target!(|text: &str| {
    for order in ORDERS {
        if let Ok(cursor) = Cursor::parse(text, order) {
            assert_eq!(Cursor::parse(&cursor.to_string(), order), Ok(cursor));
        }
    }
});
