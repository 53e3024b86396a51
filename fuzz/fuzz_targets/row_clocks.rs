//! The stored clocks of a row: what is read means the same after it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::clock::{DeviceNumbers, RowClocks};
use runlog_core::codec::DecodeError;
use runlog_core::id::DeviceId;

/// Every number is that of a device.
struct AnyNumber;

impl DeviceNumbers for AnyNumber {
    type Error = DecodeError;

    fn number_of(&mut self, device: DeviceId) -> Result<u32, DecodeError> {
        Ok(device.uuid().as_u128() as u32)
    }

    fn device_of(&mut self, number: u32) -> Result<DeviceId, DecodeError> {
        Ok(DeviceId::from_u128(number.into()))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(clocks) = RowClocks::decode(bytes, &mut AnyNumber) else { return };
    let mut written = Vec::new();
    clocks.encode(&mut AnyNumber, &mut written).expect("devices have numbers");
    let again = RowClocks::decode(&written, &mut AnyNumber).expect("it was just written");
    assert_eq!(again.groups(), clocks.groups());
});
