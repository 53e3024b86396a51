//! Values as people read and write them.

pub(crate) mod argument;
pub(crate) mod duration;
pub(crate) mod plain;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod when;
