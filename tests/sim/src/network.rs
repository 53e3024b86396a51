//! What travels: requests and answers as bytes, with what can befall them.

use runlog_core::id::DeviceId;
use runlog_core::store::BackendId;

/// A message under way from or to a device.
#[derive(Clone, Debug)]
pub enum Flight {
    /// On its way to the relay.
    Request(Letter),
    /// On its way back; `None` where it will never come.
    Answer(Option<Vec<u8>>),
}

/// A request under way.
#[derive(Clone, Debug)]
pub struct Letter {
    pub backend: BackendId,
    pub relay: usize,
    pub device: DeviceId,
    pub bytes: Vec<u8>,
}
