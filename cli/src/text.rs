//! Values as people read and write them.

pub(crate) mod argument;
pub(crate) mod duration;
pub(crate) mod plain;
pub(crate) mod size;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod table;
pub(crate) mod when;
