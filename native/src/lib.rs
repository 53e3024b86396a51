//! Record what you execute.

pub mod process;
