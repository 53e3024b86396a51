//! The store in memory, which is the reference, keeps its own promises.

runlog_contract::contract_tests!(#[test] fn => runlog_contract::MemoryFactory);
