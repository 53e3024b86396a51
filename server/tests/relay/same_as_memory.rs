//! A relay with a database answers as the one in memory does.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use runlog_core::entropy::Entropy;
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::sealed::*;
use runlog_core::sync::message::*;

use crate::support::{Device, NOW, Place, Relay, record};

#[derive(Clone, Debug)]
enum Step {
    Push {
        device: usize,
        records: Vec<SealedRecord>,
    },
    Repeat {
        device: usize,
    },
    Pull {
        device: usize,
        with_own: bool,
        bytes_max: u32,
        caught_up: bool,
    },
    Resolve {
        device: usize,
        newest: bool,
    },
    Look {
        device: usize,
        row: u8,
    },
    /// With the standing that the device had before its newest push.
    Stale {
        device: usize,
    },
    /// With a place that the relay cannot know.
    Lost {
        device: usize,
        restarts: bool,
    },
}

fn any_record() -> impl Strategy<Value = SealedRecord> {
    // Few of each, so that the same columns of a row come at the same clock, with another key.
    let marks = proptest::sample::subsequence(vec![1u8, 2], 1..=2);
    (0..4u8, 4..8u64, 1..3u128, marks, 1..4u32).prop_map(|(row, millis, device, marks, key)| {
        let mut record = record(row, millis, device, &marks);
        record.key = KeyId { generation: key, id: [key as u8; 8] };
        record.sealed = vec![row | 1; 40 + key as usize];
        record.nonce = [key as u8; 24];
        if (u64::from(row) + millis + device as u64).is_multiple_of(6) {
            let floor = self::record(0, millis / 2, 0, &[]).clock;
            let keys = vec![OpaqueKey([(row + 1) % 4; 16]), OpaqueKey([9; 16])];
            record.drops = Some(Drops { floor, keys });
        }
        if millis == 7 {
            record.sealed = vec![5; 3000];
        }
        record
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let device = 0..3usize;
    let records = proptest::collection::vec(any_record(), 0..6);
    prop_oneof![
        8 => (device.clone(), records).prop_map(|(device, records)| Step::Push { device, records }),
        1 => device.clone().prop_map(|device| Step::Repeat { device }),
        4 => (device.clone(), any::<bool>(), 0..3000u32, any::<bool>()).prop_map(
            |(device, with_own, bytes_max, caught_up)| {
                Step::Pull { device, with_own, bytes_max, caught_up }
            }
        ),
        1 => (device.clone(), any::<bool>())
            .prop_map(|(device, newest)| Step::Resolve { device, newest }),
        2 => (device.clone(), 0..4u8).prop_map(|(device, row)| Step::Look { device, row }),
        1 => device.clone().prop_map(|device| Step::Stale { device }),
        1 => (device, any::<bool>()).prop_map(|(device, restarts)| Step::Lost { device, restarts }),
    ]
}

/// Tokens and the identities of restarts are drawn at random on both sides: each side's device keeps
/// its own, and they are left out of the comparison.
struct Both<'a> {
    relay: &'a Relay,
    memory: MemoryRelay,
    entropy: Seeded,
    devices: Vec<[Device; 2]>,
    before: Vec<[Option<(Request, Standing)>; 2]>,
}

struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes
            .iter_mut()
            .zip(self.0.to_le_bytes().iter().cycle())
            .for_each(|(to, from)| *to = *from);
    }
}

fn blind(answer: Answer) -> Answer {
    let place = |place: Option<runlog_core::sync::message::Place>| {
        place.map(|place| runlog_core::sync::message::Place { push: PushId([0; 16]), ..place })
    };
    match answer {
        Answer::Page(page) => Answer::Page(Page { next: place(page.next), ..page }),
        Answer::Pushed(pushed) => Answer::Pushed(Pushed { token: AckToken([0; 16]), ..pushed }),
        Answer::Resolved(resolved) => Answer::Resolved(Resolved {
            token: resolved.token.map(|_| AckToken([0; 16])),
            sent: place(resolved.sent),
            ..resolved
        }),
        other => other,
    }
}

impl Both<'_> {
    /// Asks both, and holds their answers against each other.
    fn ask(&mut self, device: usize, make: impl Fn(&Device) -> Request) -> [Answer; 2] {
        let [served, remembered] = &self.devices[device];
        let (_, first) = self.relay.ask(served, &make(served));
        let request = make(remembered);
        let second = self.memory.handle(remembered.id, request, NOW, &mut self.entropy);
        assert_eq!(blind(first.clone()), blind(second.clone()));
        [first, second]
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Push { device, records } => {
                self.devices[*device].iter_mut().for_each(|device| device.pushes += 1);
                let make = |device: &Device| {
                    let mut device = Device { pushes: device.pushes - 1, ..device.clone() };
                    device.push(records.clone())
                };
                let before = [0, 1].map(|side| {
                    let device = &self.devices[*device][side];
                    Some((make(device), device.standing))
                });
                self.before[*device] = before;
                for (side, answer) in self.ask(*device, make).into_iter().enumerate() {
                    let Answer::Pushed(pushed) = answer else { panic!("{answer:?}") };
                    self.devices[*device][side].took(&pushed);
                }
            }
            Step::Pull { device, with_own, bytes_max, caught_up } => {
                let answers = self.ask(*device, |device| {
                    device.pull_caught_up(*with_own, *bytes_max, *caught_up)
                });
                for (side, answer) in answers.into_iter().enumerate() {
                    let Answer::Page(page) = answer else { panic!("{answer:?}") };
                    self.devices[*device][side].standing.got = page.next;
                }
            }
            other => self.step_aside(other),
        }
    }

    fn step_aside(&mut self, step: &Step) {
        match step {
            Step::Repeat { device } if self.before[*device][0].is_some() => {
                let [served, remembered] = self.before[*device].clone().map(Option::unwrap);
                let (_, first) = self.relay.ask(&self.devices[*device][0], &served.0);
                let id = self.devices[*device][1].id;
                let second = self.memory.handle(id, remembered.0, NOW, &mut self.entropy);
                assert_eq!(blind(first), blind(second));
            }
            Step::Resolve { device, newest } => {
                let answers = self.ask(*device, |device| {
                    let mut pushed = Device { pushes: device.pushes.max(1) - 1, ..device.clone() };
                    let Request::Push(push) = pushed.push(vec![]) else { unreachable!() };
                    // Before the first push, the newest would be the one that is yet to come.
                    let newest = *newest && device.pushes > 0;
                    let id = if newest { push.id } else { PushId([9; 16]) };
                    Request::Resolve(Resolve { standing: device.standing, id })
                });
                // A push that did not come is barred, under a fresh token.
                for (side, answer) in answers.into_iter().enumerate() {
                    let Answer::Resolved(Resolved { token, sent, .. }) = answer else { continue };
                    let standing = &mut self.devices[*device][side].standing;
                    (standing.token, standing.sent) = (token, sent);
                }
            }
            Step::Look { device, row } => self.look(*device, *row),
            Step::Stale { device } if self.before[*device][0].is_some() => {
                let standings = self.before[*device].clone().map(|before| before.unwrap().1);
                let [served, remembered] = self.devices[*device].clone();
                for (side, device) in [served, remembered].into_iter().enumerate() {
                    let device = Device { standing: standings[side], ..device };
                    let request = device.pull(true, 1000);
                    let answer = match side {
                        0 => self.relay.ask(&device, &request).1,
                        _ => self.memory.handle(device.id, request, NOW, &mut self.entropy),
                    };
                    assert_eq!(answer, Answer::Refused(Refusal::Forked));
                }
            }
            Step::Lost { device, restarts } => {
                let lost = runlog_core::sync::message::Place { sequence: 1, push: PushId([8; 16]) };
                let answers = self.ask(*device, |device| match restarts {
                    true => Request::Restart(Restart { lost }),
                    false => Request::Pull(Pull {
                        standing: Standing { got: Some(lost), ..device.standing },
                        with_own: false,
                        bytes_max: 1,
                        now: NOW,
                        caught_up: true,
                    }),
                });
                for (side, answer) in answers.into_iter().enumerate() {
                    if let Answer::Resolved(Resolved { token, sent, .. }) = answer {
                        self.devices[*device][side].standing = Standing { got: None, sent, token };
                        self.before[*device] = [None, None];
                    }
                }
            }
            _ => {}
        }
    }

    fn look(&mut self, device: usize, row: u8) {
        let table = TableTag([row % 2; 8]);
        self.ask(device, |device| Request::Compare(Compare { standing: device.standing, table }));
        self.ask(device, |device| {
            let standing = device.standing;
            Request::Describe(Describe { standing, table, part: row, after: None })
        });
        self.ask(device, |device| {
            let rows = vec![OpaqueKey([row; 16]), OpaqueKey([0; 16])];
            Request::Fetch(Fetch { standing: device.standing, rows })
        });
    }
}

pub fn it_answers_as_the_relay_in_memory_does(place: &Place) {
    let relay = Relay::start(place);
    let (account, _) = relay.first_account();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let scripts = proptest::collection::vec(any_step(), 1..40);
    for number in 0..24 {
        let script = scripts.new_tree(&mut runner).unwrap().current();
        let (vault, key) = relay.vault(&account, number);
        let devices: Vec<[Device; 2]> = (1..=3)
            .map(|device| relay.device(vault, &key, device))
            .map(|device| [device.clone(), device])
            .collect();
        let memory = MemoryRelay::new(RelayLimits::default());
        let before = vec![[None, None]; 3];
        let mut both = Both { relay: &relay, memory, entropy: Seeded(0), devices, before };
        script.iter().for_each(|step| both.step(step));
    }
}

pub fn damage_is_found_and_repaired(place: &Place) {
    let relay = Relay::start(place);
    let [mut one, mut two] = relay.devices(2).try_into().unwrap_or_else(|_| panic!());
    let records: Vec<SealedRecord> = (0..6).map(|row| record(row, 1, 1, &[1, 2])).collect();
    relay.push(&mut one, records.clone());
    let (_, before) = relay.pull(&mut one.clone(), true);
    // Found by a pull over it: left out, and the digest says so.
    (place.damage)(2);
    let (pulled, state) = relay.pull(&mut two, false);
    assert_eq!(pulled.len(), 5);
    assert_ne!(state.digests, before.digests);
    // Found by a comparison.
    (place.damage)(3);
    let compare = Compare { standing: one.standing, table: records[2].table };
    let (_, answer) = relay.ask(&one, &Request::Compare(compare));
    let Answer::Parts(parts) = answer else { panic!("{answer:?}") };
    assert!(parts.parts.iter().all(|(part, _)| *part != 2));
    // Found by a push to its row: neither known nor cover.
    (place.damage)(4);
    let expected = [
        Verdict::Known,
        Verdict::Accepted,
        Verdict::Accepted,
        Verdict::Accepted,
        Verdict::Known,
        Verdict::Known,
    ];
    assert_eq!(relay.push(&mut one, records), expected);
    let (pulled, state) = relay.pull(&mut two, false);
    assert_eq!((pulled.len(), state.digests), (3, before.digests));
    assert_eq!(state.bytes, before.bytes);
}
