//! Every point where this crate asks its environment: time, randomness, names.

use std::time::{SystemTime, UNIX_EPOCH};

use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::store::{BackendId, OwnerId};
use runlog_core::time::Timestamp;

/// The wall clock's time.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A new execution id for this moment.
pub fn new_execution_id() -> ExecutionId {
    let millis = u64::try_from(now().as_millis()).unwrap_or_default();
    ExecutionId::v7(millis, &random())
}

pub(crate) fn new_device_id() -> DeviceId {
    DeviceId::from_bytes(random())
}

pub(crate) fn new_owner_id() -> OwnerId {
    OwnerId(u128::from_be_bytes(random()))
}

pub(crate) fn new_backend_id() -> BackendId {
    BackendId(u128::from_be_bytes(random()))
}

/// A random number, to spread what would happen at once.
pub(crate) fn random_number() -> u32 {
    u32::from_be_bytes(random())
}

/// The operating system's randomness.
pub(crate) fn entropy() -> impl FnMut(&mut [u8]) {
    fill
}

/// Random bytes from the operating system.
///
/// # Panics
/// Where the operating system has no randomness to give: ids that repeat would lose data later.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// # Panics
/// As [`random`].
#[allow(clippy::expect_used)]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// This machine's name in its network.
pub fn host_name() -> Option<String> {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    (!name.is_empty()).then_some(name)
}

/// The name of the user who runs this process.
pub fn user_name() -> Option<String> {
    let from_environment = ["USER", "LOGNAME", "USERNAME"];
    let name = from_environment.iter().find_map(|variable| std::env::var(variable).ok());
    #[cfg(unix)]
    let name = name.or_else(|| name_of(rustix::process::getuid().as_raw()));
    name.filter(|name| !name.is_empty())
}

/// The name of a user id: as /etc/passwd has it, else the number.
#[cfg(unix)]
fn name_of(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named.or_else(|| Some(uid.to_string()))
}
