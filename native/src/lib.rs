//! Record what you execute.
