//! A device as small as can be, and the relay it talks to.

mod keeping;
mod merging;
mod paging;
mod standing;

use super::*;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::id::DeviceId;
use crate::sealed::*;
use crate::sync::message::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Numbers that never come twice.
#[derive(Clone, Default)]
struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes
            .iter_mut()
            .zip(self.0.to_le_bytes().iter().cycle())
            .for_each(|(to, from)| *to = *from);
    }
}

#[derive(Clone)]
struct Device {
    id: DeviceId,
    standing: Standing,
}

/// A relay that was set back must not draw the same tokens again: randomness is beside it.
#[derive(Clone, Default)]
struct World {
    relay: MemoryRelay,
    entropy: Counting,
}

impl World {
    fn new() -> Self {
        let relay = MemoryRelay::new(RelayLimits::default());
        Self { relay, entropy: Counting::default() }
    }

    fn ask(&mut self, device: &Device, request: Request) -> Answer {
        self.relay.handle(device.id, request, NOW, &mut self.entropy)
    }

    fn next_push(&mut self, device: &Device, records: Vec<SealedRecord>) -> Push {
        let id = PushId((&mut self.entropy as &mut dyn crate::entropy::Entropy).array());
        Push { standing: device.standing, id, records }
    }

    fn push(&mut self, device: &mut Device, records: Vec<SealedRecord>) -> Vec<Verdict> {
        let push = self.next_push(device, records);
        let answer = self.ask(device, Request::Push(push));
        let Answer::Pushed(pushed) = answer else { panic!("{answer:?}") };
        device.took(&pushed);
        pushed.verdicts
    }

    fn pull(&mut self, device: &mut Device, with_own: bool, bytes_max: u32) -> Vec<Delivered> {
        let mut all = Vec::new();
        loop {
            let answer = self.ask(device, device.pull(with_own, bytes_max));
            let Answer::Page(page) = answer else { panic!("{answer:?}") };
            assert!(!page.more || page.state.digests.is_empty());
            device.standing.got = page.next;
            all.extend(page.records);
            if !page.more {
                return all;
            }
        }
    }

    fn refusal(&mut self, device: &Device, request: Request) -> Option<Refusal> {
        match self.ask(device, request) {
            Answer::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl Device {
    fn new(id: u128) -> Self {
        Self { id: DeviceId::from_u128(id), standing: Standing::default() }
    }

    fn took(&mut self, pushed: &Pushed) {
        self.standing.sent = pushed.sent;
        self.standing.token = Some(pushed.token);
    }

    fn pull(&self, with_own: bool, bytes_max: u32) -> Request {
        Request::Pull(Pull {
            standing: self.standing,
            with_own,
            bytes_max,
            now: NOW,
            caught_up: false,
        })
    }
}

/// A record whose tags follow from row, column and clock, as those of devices do.
fn record(row: u8, millis: u64, device: u128, marks: &[u8]) -> SealedRecord {
    let time = ClockTime::new(NOW.as_millis() as u64 - 1000 + millis, 0);
    let cell = |mark: &u8| SealedCell {
        mark: Mark([*mark; 8]),
        tag: CellTag([row, millis as u8, device as u8, *mark]),
    };
    SealedRecord {
        table: TableTag([row % 2; 8]),
        row: OpaqueKey([row; 16]),
        clock: Clock { time, device: DeviceId::from_u128(device) },
        cells: marks.iter().map(cell).collect(),
        key: KeyId { generation: 1, id: [1; 8] },
        nonce: [0; 24],
        sealed: vec![row; 40],
        drops: None,
    }
}

fn generation(generation: u32, record: SealedRecord) -> SealedRecord {
    SealedRecord { key: KeyId { generation, id: [generation as u8; 8] }, ..record }
}

/// The record also drops rows up to the clock of this time.
fn dropping(record: SealedRecord, millis: u64, rows: &[u8]) -> SealedRecord {
    let floor = Clock {
        device: DeviceId::from_u128(u128::MAX),
        ..super::tests::record(0, millis, 0, &[]).clock
    };
    let keys = rows.iter().map(|row| OpaqueKey([*row; 16])).collect();
    SealedRecord { drops: Some(Drops { floor, keys }), ..record }
}
