//! Random scripts, in step with the store in memory, and over several devices.

use runlog_core::history::History;
use runlog_core::query::ListQuery;
use runlog_core::store::{ListedRow, MemoryStore, Store};

use crate::Factory;
use crate::dump::{Dump, records};
use crate::random::Random;
use crate::sample::{DEVICE, at, history_of, pages, read};
use crate::script::{Answer, Generator, Step, place, script, seeds};

const STEPS: usize = 60;

/// The model of a script: the history of the same device in memory.
pub fn model() -> History<MemoryStore> {
    History::open(MemoryStore::new(), DEVICE).unwrap()
}

/// The store answers and holds the same as the store in memory after every step, also when it was
/// opened anew in between.
pub fn the_store_goes_in_step_with_memory<F: Factory>(factory: &mut F) {
    for seed in seeds(12) {
        let mut model = model();
        let mut history = History::open(factory.create(), DEVICE).unwrap();
        for (number, step) in script(seed, STEPS).iter().enumerate() {
            let place = place(seed, number, step);
            let expected = step.run(&mut model);
            assert_eq!(step.run(&mut history), expected, "{place}");
            Dump::of(history.store_mut()).assert_eq(&Dump::of(model.store_mut()), &place);
            if number % 20 == 19 {
                let store = factory.reopen(history.into_store());
                history = History::open(store, DEVICE).unwrap();
                Dump::of(history.store_mut()).assert_eq(&Dump::of(model.store_mut()), &place);
            }
        }
    }
}

/// Any listing gives, page by page, what it gives of the store in memory.
pub fn listings_agree_with_memory<F: Factory>(factory: &mut F) {
    for seed in seeds(6) {
        let mut generator = Generator::new(seed);
        let (mut model, mut history) = (model(), history_of(factory, DEVICE));
        for _ in 0..STEPS {
            let step = generator.step();
            _ = step.run(&mut model);
            _ = step.run(&mut history);
        }
        let mut matched = 0;
        for _ in 0..150 {
            let query = generator.query();
            let found = all_pages(history.store_mut(), &query);
            matched += usize::from(found.1.iter().flatten().count() > 1);
            let expected = all_pages(model.store_mut(), &query);
            assert_eq!(found, expected, "{query:?} of RUNLOG_CONTRACT_SEED={seed}");
        }
        assert!(matched > 10, "only {matched} listings of seed {seed} have two rows");
    }
}

/// How many rows match, and the pages.
fn all_pages<S: Store>(store: &mut S, query: &ListQuery) -> (u64, Vec<Vec<ListedRow>>) {
    read(store, |tx| Ok((tx.count(query)?, pages(tx, query)?)))
}

/// A script does what it is for: most operations of most scripts succeed, some fail, and everything
/// that a store keeps is there in the end.
pub fn scripts_reach_everything<F: Factory>(factory: &mut F) {
    let (mut good, mut refused) = (0, 0);
    let mut reached: Vec<&str> = Vec::new();
    for seed in 1..=12 {
        let mut history = History::open(factory.create(), DEVICE).unwrap();
        for step in script(seed, STEPS) {
            match step.run(&mut history) {
                Ok(_) => good += 1,
                Err(_) => refused += 1,
            }
        }
        let text = format!("{:?}", Dump::of(history.store_mut()));
        let marks = [
            "Hidden",
            "Trashed",
            "Live",
            "piece ",
            "sealed: true",
            "sealed: false",
            "Lease {",
            "kept moods",
            "Backend {",
            "Rejection {",
            "Gap {",
            "purged",
            "Some(Timestamp(",
            "notes Unsent\": \"[([",
            "SyncRun {",
            "SyncLogEntry {",
            "Purge {",
        ];
        reached.extend(marks.into_iter().filter(|mark| text.contains(mark)));
    }
    reached.sort_unstable();
    reached.dedup();
    assert_eq!(reached.len(), 17, "{reached:?}");
    assert!(good > refused && refused > 100, "{good} good, {refused} refused");
}

/// C2: three devices that worked apart, and told each other some of it, hold equal rows once each
/// has heard of all, in any order and however often.
pub fn devices_come_to_the_same_rows<F: Factory>(factory: &mut F) {
    for seed in seeds(6) {
        let mut random = Random::new(seed);
        let mut generators: Vec<_> = (0..3).map(|n| Generator::new(seed * 3 + n)).collect();
        let mut devices: Vec<_> = (0..3)
            .map(|n| history_of(factory, runlog_core::id::DeviceId::from_u128(0xd1 + n)))
            .collect();
        for _ in 0..60 {
            let n = random.below(3) as usize;
            if random.chance(80) {
                _ = generators[n].shared_step().run(&mut devices[n]);
            } else {
                let from = random.below(3) as usize;
                hear_some(&mut devices, n, from, &mut random);
            }
        }
        let all: Vec<_> = devices.iter_mut().map(|device| records(device.store_mut())).collect();
        for (n, device) in devices.iter_mut().enumerate() {
            for from in [n + 2, n, n + 1, n + 2] {
                let result = device.write(at(9_000), |tx| tx.merge(all[from % 3].clone()));
                assert!(result.is_ok(), "{result:?} with RUNLOG_CONTRACT_SEED={seed}");
            }
        }
        let wanted = Dump::of_shared(devices[0].store_mut());
        for device in &mut devices[1..] {
            let found = Dump::of_shared(device.store_mut());
            found.assert_eq(&wanted, format!("RUNLOG_CONTRACT_SEED={seed}"));
        }
    }
}

/// One device hears a part of what another one has, in some order, some of it twice.
fn hear_some<S: Store>(devices: &mut [History<S>], to: usize, from: usize, random: &mut Random) {
    let mut heard = records(devices[from].store_mut());
    heard.retain(|_| random.chance(60));
    for _ in 0..heard.len() {
        let (a, b) = (random.below(heard.len() as u64), random.below(heard.len() as u64));
        heard.swap(a as usize, b as usize);
    }
    heard.extend_from_within(..heard.len() / 3);
    let result = devices[to].write(at(0), |tx| tx.merge(heard));
    assert!(result.is_ok(), "{result:?}");
}

/// What a store is to answer to a script, and to hold before it and after each step.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What each step answers.
    pub answers: Vec<Answer>,
    /// What is held: one more than steps.
    pub states: Vec<Dump>,
}

impl Expected {
    /// From the store in memory.
    pub fn of(steps: &[Step]) -> Self {
        let mut model = model();
        let mut states = vec![Dump::of(model.store_mut())];
        let mut answers = Vec::new();
        for step in steps {
            answers.push(step.run(&mut model));
            states.push(Dump::of(model.store_mut()));
        }
        Self { answers, states }
    }

    /// Panics unless a step that a fault may have struck did all or nothing.
    pub fn assert_all_or_nothing<S: Store>(
        &self,
        number: usize,
        history: &mut History<S>,
        (answer, struck): (Answer, bool),
        place: &str,
    ) {
        let found = Dump::of(history.store_mut());
        if struck && answer.is_err() && answer != self.answers[number] {
            found.assert_eq(&self.states[number], format!("struck in {place}"));
        } else {
            assert_eq!(answer, self.answers[number], "{place}");
            found.assert_eq(&self.states[number + 1], place);
        }
    }

    /// How many steps a store has done of which `acknowledged` were answered, and the next one may
    /// have been cut off behind its commit. Panics where it holds anything else.
    pub fn steps_done(&self, found: &Dump, acknowledged: usize, place: &str) -> usize {
        if self.states.get(acknowledged + 1).is_some_and(|next| next == found) {
            return acknowledged + 1;
        }
        found.assert_eq(&self.states[acknowledged], format!("{place}, {acknowledged} steps done"));
        acknowledged
    }
}
