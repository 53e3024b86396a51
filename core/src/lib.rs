//! Model, clocks, merge and the storage trait of Runlog, without I/O.
