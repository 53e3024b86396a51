//! Importing the databases of other programs: what they become, and that nothing happens to them.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

mod driver;
mod hostile;
mod mapping;
mod same;
mod source;
