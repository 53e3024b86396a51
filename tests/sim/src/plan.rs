//! What a seed decides beforehand: how many devices and relays, who knows whom, which faults.

use runlog_contract::random::Random;

/// Faults and how often they strike, in percent of the occasions; zero for those that a run is
/// spared. A run with few kinds of faults reaches states that one with all of them never sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A request or an answer is lost.
    pub drop: u64,
    /// A request or an answer is cut off.
    pub cut: u64,
    /// A request arrives twice.
    pub duplicate: u64,
    /// A request arrives after its sender has given it up.
    pub late: u64,
    /// A request or an answer takes its time.
    pub delay: u64,
    /// A device's process dies, at a write or between two.
    pub kill: u64,
    /// A device loses power.
    pub power: u64,
    /// A device cannot reach a relay for a while.
    pub partition: u64,
    /// A device's clock jumps.
    pub clock_jump: u64,
    /// A device's clock stands still for a while.
    pub clock_stuck: u64,
    /// A relay's clock jumps.
    pub relay_clock: u64,
    /// A device is set back to a backup.
    pub device_restore: u64,
    /// A device is copied, and both go on.
    pub copy: u64,
    /// A relay is set back to a backup.
    pub relay_restore: u64,
    /// A backend is removed and added again, also during its sync.
    pub removal: u64,
    /// Runs are purged.
    pub purge: u64,
    /// A vault is full for a while.
    pub quota: u64,
    /// A relay's disk changes a record.
    pub damage: u64,
    /// A record is altered on its way to a device.
    pub altered: u64,
    /// Somebody alters a record on its way to a relay, on purpose.
    pub forged_push: u64,
    /// A relay is killed, before it commits or between commit and answer.
    pub relay_kill: u64,
    /// A device has an older program, for a while or until all is at rest.
    pub older: u64,
    /// A newer program writes a column that this one does not know.
    pub newer: u64,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// For each device, the relays that it syncs with.
    pub links: Vec<Vec<usize>>,
    /// Whether each device's store is SQLite.
    pub sqlite: Vec<bool>,
    /// How many relays.
    pub relays: usize,
    /// What strikes.
    pub faults: Faults,
    /// Steps between two quiet points.
    pub steps: u64,
    /// Quiet points.
    pub epochs: u64,
    /// Bytes of a page and of a batch.
    pub batch_bytes: usize,
    /// Whether devices seal the next batch while one is on its way.
    pub works_ahead: bool,
    /// The device that has an older program.
    pub older: Option<usize>,
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = format!("{self:?}").replace("Faults { ", "").replace(" }", "");
        let some: Vec<&str> = all.split(", ").filter(|fault| !fault.ends_with(": 0")).collect();
        f.write_str(&some.join(", "))
    }
}

impl Plan {
    /// Of a seed.
    pub fn new(random: &mut Random) -> Self {
        // Of its own, so that a seed without these faults is the run that it was before them.
        let mut further = Random::new(random.clone().any());
        let devices = if random.chance(10) { 4 + random.below(4) } else { 2 + random.below(2) };
        let devices = devices as usize;
        let relays = 1 + [0, 0, 1, 1, 2][random.below(5) as usize];
        let links = links(random, devices, relays);
        let sqlite = random.chance(6);
        let sqlite = (0..devices).map(|_| sqlite && random.chance(60)).collect();
        let mut faults = faults(random);
        further_faults(&mut further, &mut faults);
        let older = (faults.older > 0).then(|| further.below(devices as u64) as usize);
        let works_ahead = further.chance(70);
        let steps = 60 + random.below(60) * devices as u64;
        let epochs = 1 + random.below(2);
        let batch_bytes = [300, 1_000, 4_000, 1 << 20][random.below(4) as usize];
        Self { links, sqlite, relays, faults, steps, epochs, batch_bytes, works_ahead, older }
    }
}

/// Each device has at least one relay, and every relay is reached from every other over devices.
fn links(random: &mut Random, devices: usize, relays: usize) -> Vec<Vec<usize>> {
    let mut links: Vec<Vec<usize>> = (0..devices)
        .map(|_| (0..relays).filter(|_| random.chance(50)).collect::<Vec<_>>())
        .collect();
    for relay in 1..relays {
        let bridge = &mut links[random.below(devices as u64) as usize];
        bridge.extend([relay - 1, relay]);
    }
    for of_device in &mut links {
        if of_device.is_empty() {
            of_device.push(random.below(relays as u64) as usize);
        }
        of_device.sort_unstable();
        of_device.dedup();
    }
    links
}

fn faults(random: &mut Random) -> Faults {
    let mut faults = Faults::default();
    // Of the messages: percent. Of the others: how many in a thousand steps.
    for (fault, seeds, most) in [
        (&mut faults.drop, 35, 20),
        (&mut faults.cut, 25, 10),
        (&mut faults.duplicate, 35, 15),
        (&mut faults.late, 25, 10),
        (&mut faults.delay, 40, 50),
        (&mut faults.kill, 40, 15),
        (&mut faults.power, 15, 15),
        (&mut faults.partition, 20, 30),
        (&mut faults.clock_jump, 20, 20),
        (&mut faults.clock_stuck, 15, 20),
        (&mut faults.relay_clock, 12, 15),
        (&mut faults.device_restore, 18, 15),
        (&mut faults.copy, 10, 10),
        (&mut faults.relay_restore, 18, 15),
        (&mut faults.removal, 12, 10),
        (&mut faults.purge, 25, 1),
        (&mut faults.quota, 15, 20),
        (&mut faults.damage, 12, 15),
        (&mut faults.altered, 20, 10),
        (&mut faults.newer, 20, 1),
    ] {
        if random.chance(seeds) {
            *fault = 1 + random.below(most);
        }
    }
    faults
}

fn further_faults(random: &mut Random, faults: &mut Faults) {
    for (fault, seeds, most) in [
        (&mut faults.forged_push, 12, 8),
        (&mut faults.relay_kill, 20, 15),
        (&mut faults.older, 15, 12),
    ] {
        if random.chance(seeds) {
            *fault = 1 + random.below(most);
        }
    }
    // A device that has set something aside for good compares nothing any more, so that nobody may
    // be left to notice what a relay's disk has lost.
    if faults.damage > 0 {
        faults.forged_push = 0;
    }
}
