//! Numbers for devices, so that a stored clock names its device in a byte or two.

use runlog_core::clock::DeviceNumbers;
use runlog_core::id::DeviceId;
use runlog_core::sorted_map::SortedMap;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Failure, Outcome};

/// The numbers seen so far. A number is never changed or given twice, so what is committed stays
/// right for ever; what the running transaction gave is forgotten when it is rolled back.
#[derive(Debug, Default)]
pub(crate) struct DeviceCache {
    numbers: SortedMap<DeviceId, u32>,
    devices: SortedMap<u32, DeviceId>,
    given: Vec<(DeviceId, u32)>,
}

impl DeviceCache {
    fn add(&mut self, device: DeviceId, number: u32) {
        self.numbers.insert(device, number);
        self.devices.insert(number, device);
    }

    /// The transaction that gave numbers is committed.
    pub(crate) fn commit(&mut self) {
        self.given.clear();
    }

    /// The transaction that gave numbers is undone.
    pub(crate) fn roll_back(&mut self) {
        for (device, number) in self.given.drain(..) {
            self.numbers.remove(&device);
            self.devices.remove(&number);
        }
    }
}

/// The numbers of one database.
pub(crate) struct Devices<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) cache: &'a mut DeviceCache,
}

impl Devices<'_> {
    /// The number of a device that has one.
    pub(crate) fn known_number(&mut self, device: DeviceId) -> Outcome<Option<u32>> {
        if let Some(number) = self.cache.numbers.get(&device) {
            return Ok(Some(*number));
        }
        let mut select =
            self.connection.prepare_cached("SELECT number FROM devices WHERE id = ?1")?;
        let number = select.query_row([device.as_bytes()], |row| row.get(0)).optional()?;
        if let Some(number) = number {
            self.cache.add(device, number);
        }
        Ok(number)
    }
}

impl DeviceNumbers for Devices<'_> {
    type Error = Failure;

    fn number_of(&mut self, device: DeviceId) -> Outcome<u32> {
        if let Some(number) = self.known_number(device)? {
            return Ok(number);
        }
        let mut insert = self.connection.prepare_cached("INSERT INTO devices (id) VALUES (?1)")?;
        let number = insert.insert(params![device.as_bytes()])?;
        let number = u32::try_from(number)
            .map_err(|_| Failure::corrupt(format!("device number {number} is out of range")))?;
        self.cache.add(device, number);
        self.cache.given.push((device, number));
        Ok(number)
    }

    fn device_of(&mut self, number: u32) -> Outcome<DeviceId> {
        if let Some(device) = self.cache.devices.get(&number) {
            return Ok(*device);
        }
        let mut select =
            self.connection.prepare_cached("SELECT id FROM devices WHERE number = ?1")?;
        let id: Option<[u8; 16]> = select.query_row([number], |row| row.get(0)).optional()?;
        let unknown = || Failure::corrupt(format!("no device has the number {number}"));
        let device = DeviceId::from_bytes(id.ok_or_else(unknown)?);
        self.cache.add(device, number);
        Ok(device)
    }
}
