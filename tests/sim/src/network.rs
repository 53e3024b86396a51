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
    /// The backend that stands for the relay at its sender.
    pub backend: BackendId,
    /// To which relay.
    pub relay: usize,
    /// From which device.
    pub device: DeviceId,
    /// What.
    pub bytes: Vec<u8>,
}
