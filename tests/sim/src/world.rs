//! The simulation: devices, relays, one clock, and what happens to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use runlog_contract::random::Random;
use runlog_core::clock::ClockTime;
use runlog_core::crypto::VaultSecret;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::sealed::OpaqueKey;
use runlog_core::sync::vault::Vault;

use crate::broken::Broken;
use crate::checks;
use crate::device::Device;
use crate::model::Model;
use crate::network::Letter;
use crate::plan::{Faults, Plan};
use crate::relay::Relay;
use crate::store::SimStore;
use crate::tally::Tally;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Edits that were committed.
    pub edits: usize,
    /// Messages that relays answered.
    pub messages: u64,
    /// How often each kind of fault struck.
    pub struck: Tally,
}

/// Everything.
#[derive(Debug)]
pub struct World {
    /// What the seed decided beforehand.
    pub plan: Plan,
    /// What strikes now: all of the plan, or nothing while all comes to rest.
    pub faults: Faults,
    /// Where every further decision comes from.
    pub random: Random,
    /// The vault that the devices share.
    pub vault: Arc<Vault>,
    /// The true time, in milliseconds since 1970.
    pub now_ms: i64,
    /// All devices, copies included.
    pub devices: Vec<Device>,
    /// All relays.
    pub relays: Vec<Relay>,
    /// Requests that their senders have given up and that arrive all the same.
    pub late: Vec<Letter>,
    /// The reference.
    pub model: Model,
    /// Rows of which a record was altered on its way to a relay.
    pub altered: BTreeSet<OpaqueKey>,
    /// Executions that were begun anywhere.
    pub runs: Vec<ExecutionId>,
    /// The last number that was given to an edit or a backend.
    pub numbers: u64,
    /// The newest clock that any relay has ever accepted.
    pub accepted: ClockTime,
    /// What it came to so far.
    pub report: Report,
    /// The rule that is broken on purpose.
    pub broken: Option<Broken>,
    /// Whether to tell all that happens.
    pub trace: bool,
}

/// Runs a seed.
///
/// # Errors
/// What went wrong, for people.
pub fn run(seed: u64, broken: Option<Broken>, trace: bool) -> Result<Report, String> {
    let mut world = World::new(seed, broken, trace);
    match world.run() {
        Ok(()) => Ok(Report { edits: world.model.edits(), ..world.report }),
        Err(error) => Err(format!("{error}\n  with {}", world.plan.faults)),
    }
}

macro_rules! trace {
    ($world:expr, $($text:tt)*) => {
        if $world.trace { eprintln!("{:>8} {}", $world.now_ms - $crate::world::START_MS, format!($($text)*)); }
    };
}
pub(crate) use trace;

pub(crate) const START_MS: i64 = 1_700_000_000_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;

impl World {
    fn new(seed: u64, broken: Option<Broken>, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::new(&mut random);
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let vault = Arc::new(Vault::new(secret.keys()));
        let relays = (0..plan.relays).map(|_| Relay::new(broken));
        let mut world = Self {
            relays: relays.collect(),
            faults: Faults::default(),
            vault,
            now_ms: START_MS,
            devices: Vec::new(),
            late: Vec::new(),
            model: Model::default(),
            altered: BTreeSet::new(),
            runs: Vec::new(),
            numbers: 0,
            accepted: ClockTime::ZERO,
            report: Report::default(),
            broken,
            trace,
            random,
            plan,
        };
        trace!(world, "{:?}", world.plan);
        for number in 0..world.plan.links.len() {
            let store = SimStore::new(world.plan.sqlite[number], broken);
            let id = DeviceId::from_u128(0xd0 + number as u128);
            world.devices.push(Device::new(store, id));
            if world.plan.older == Some(number) {
                world.devices[number].older = true;
                world.restart(number);
            }
            for relay in world.plan.links[number].clone() {
                world.link(number, relay);
            }
            world.devices[number].history.persist().unwrap();
        }
        world
    }

    fn run(&mut self) -> Result<(), String> {
        for epoch in 1..=self.plan.epochs {
            self.faults = self.plan.faults.clone();
            for _ in 0..self.plan.steps {
                self.step()?;
            }
            self.settle(epoch == self.plan.epochs)?;
            checks::at_rest(self)?;
        }
        Ok(())
    }
}
