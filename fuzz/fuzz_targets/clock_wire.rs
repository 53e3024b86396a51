//! Every 24 bytes are a clock, and their order is the order of the clocks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runlog_core::clock::Clock;

fuzz_target!(|wires: ([u8; Clock::WIRE_LEN], [u8; Clock::WIRE_LEN])| {
    let clocks = (Clock::from_wire(wires.0), Clock::from_wire(wires.1));
    assert_eq!((clocks.0.to_wire(), clocks.1.to_wire()), wires);
    assert_eq!(clocks.0.cmp(&clocks.1), wires.0.cmp(&wires.1));
});
