//! Keys of rows, of every table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::schema::{RowKey, Table};

fuzz_target!(|bytes: &[u8]| {
    for table in Table::ALL {
        if let Ok(key) = RowKey::from_bytes(*table, bytes) {
            assert_eq!(key.table(), *table);
            assert_eq!(RowKey::from_bytes(*table, &key.to_bytes()), Ok(key));
        }
    }
});
