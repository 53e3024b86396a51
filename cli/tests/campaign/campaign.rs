//! The campaign: devices, relay and network do what their seeds say, at once; then all is compared.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use runlog_contract::random::Random;
use tempfile::TempDir;

use crate::checks;
use crate::device::{Device, Ended};
use crate::ledger::{Cell, Ledger, Recorded};
use crate::process::Process;
use crate::proxy::Proxy;
use crate::relay::{Kind, Relay};

const DEVICES: usize = 4;

/// A command that is to be killed lives so long at most, so that it dies anywhere between its start
/// and its end.
const KILLED_WITHIN_MS: u64 = 250;

/// How long the relay lives, and how long it is dead, at most.
const RELAY_MS_MAX: u64 = 1_500;

/// Exit codes of a sync that meets what this campaign has in store: done, not done, in part.
const SYNCED: [i32; 3] = [0, 5, 6];

/// Everything that takes part.
pub(crate) struct Campaign {
    seed: u64,
    steps: u64,
    relay: Mutex<Relay>,
    proxy: Proxy,
    devices: Vec<Device>,
    ledger: Mutex<Ledger>,
    counts: Counts,
    _folder: TempDir,
}

#[derive(Debug, Default)]
struct Counts {
    kills: AtomicU64,
    relay_kills: AtomicU64,
    syncs: AtomicU64,
}

/// What came of a campaign.
#[derive(Debug)]
pub(crate) struct Report(String);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the devices have done all their steps.
#[derive(Default)]
struct Done {
    devices: Mutex<usize>,
    changed: Condvar,
}

impl Done {
    fn add(&self) {
        *self.devices.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    /// Waits until all are done, at most so long. Whether they are.
    fn wait(&self, time: Duration) -> bool {
        let done = self.devices.lock().unwrap();
        let (done, _) =
            self.changed.wait_timeout_while(done, time, |done| *done < DEVICES).unwrap();
        *done == DEVICES
    }
}

/// Counts a device as done, also where its thread panics.
struct DoneAtLast<'a>(&'a Done);

impl Drop for DoneAtLast<'_> {
    fn drop(&mut self) {
        self.0.add();
    }
}

impl Campaign {
    /// A relay and devices of one vault, in peace.
    pub(crate) fn new(kind: Kind, seed: u64, steps: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let relay = Relay::start(kind);
        let proxy = Proxy::start(relay.address, Random::new(seed ^ 0xff));
        let url = format!("http://{}", proxy.address);
        let devices = (0..DEVICES)
            .map(|number| Device::new(number, folder.path().join(format!("device{number}"))));
        let devices: Vec<Device> = devices.collect();
        let first = &devices[0];
        first.stdout(&["vault", "init", "--yes", "--keep", first.keep()]);
        let mut add = first.command(&["backend", "add", &url]);
        add.env("RUNLOG_ACCOUNT_TOKEN", &relay.setup_code);
        first.stdout_of(add);
        for device in &devices[1..] {
            let code = first.stdout(&["device", "pair"]);
            let words = ["vault", "join", "--relay", &url, "--keep", device.keep()];
            let mut join = device.command(&words);
            join.env("RUNLOG_PAIRING_CODE", code.trim());
            device.stdout_of(join);
        }
        let (relay, ledger) = (Mutex::new(relay), Mutex::default());
        let counts = Counts::default();
        Self { seed, steps, relay, proxy, devices, ledger, counts, _folder: folder }
    }

    /// War, then peace, then the reckoning.
    pub(crate) fn run(&self) -> Report {
        self.proxy.set_hostile(true);
        let done = Done::default();
        std::thread::scope(|scope| {
            scope.spawn(|| self.kill_the_relay_until(&done));
            for device in &self.devices {
                let done = &done;
                scope.spawn(move || {
                    let _done = DoneAtLast(done);
                    self.live(device);
                });
            }
        });
        self.proxy.set_hostile(false);
        checks::settle(&self.devices);
        let ledger = self.ledger.lock().unwrap();
        let executions = checks::all_hold_the_same(&self.devices);
        checks::nothing_confirmed_is_lost(&executions, &ledger);
        checks::all_are_sound(&self.devices);
        self.report(executions.len(), &ledger)
    }

    fn report(&self, executions: usize, ledger: &Ledger) -> Report {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let net = self.proxy.counts();
        let (kills, relay_kills) = (read(&self.counts.kills), read(&self.counts.relay_kills));
        let (cut, delayed, refused) = (read(&net.cut), read(&net.delayed), read(&net.refused));
        assert!(kills > 0 && relay_kills > 0 && cut > 0 && delayed > 0 && refused > 0, "no war");
        Report(format!(
            "{executions} executions, {} confirmed edits, {} syncs; {kills} kills, {relay_kills} of \
             the relay; {cut} connections cut, {delayed} delayed, {refused} refused, {} passed",
            ledger.confirmed_edits(),
            read(&self.counts.syncs),
            read(&net.passed),
        ))
    }

    fn kill_the_relay_until(&self, done: &Done) {
        let mut random = Random::new(self.seed ^ 0xfe);
        let mut is_over = false;
        while !is_over {
            is_over = done.wait(Duration::from_millis(random.below(RELAY_MS_MAX)));
            let mut relay = self.relay.lock().unwrap();
            relay.kill();
            self.counts.relay_kills.fetch_add(1, Ordering::Relaxed);
            is_over |= done.wait(Duration::from_millis(random.below(RELAY_MS_MAX) / 2));
            relay.start_again();
        }
    }

    /// What one device does in its time.
    fn live(&self, device: &Device) {
        let mut random = Random::new(self.seed.wrapping_mul(DEVICES as u64) + device.number as u64);
        let mut beside: Option<Process> = None;
        for step in 0..self.steps {
            match random.below(100) {
                0..25 => self.record(device, step, &mut random),
                25..60 => self.edit(device, step, &mut random),
                60..85 => self.sync(device, &mut random),
                85..90 => self.sync_twice_at_once(device),
                // What follows happens while this one syncs.
                _ => {
                    let earlier =
                        beside.replace(Process::start_unread(device.command(&["sync", "now"])));
                    if let Some(earlier) = earlier {
                        self.end_at_once(device, earlier);
                    }
                }
            }
        }
        if let Some(beside) = beside {
            self.end_at_once(device, beside);
        }
    }

    fn record(&self, device: &Device, step: u64, random: &mut Random) {
        let name = format!("run-{}-{step}", device.number);
        let lines = if random.chance(15) { 3_000 } else { random.below(30) };
        let script = format!("i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo \"$0 $i\"; done");
        let words = ["run", "--no-pty", "--", "sh", "-c", &script, &name];
        let ended = self.maybe_killed(device, &words, random, 25);
        assert!(ended == Ended::Killed || ended.is_done(), "device {}: {ended:?}", device.number);
        let is_confirmed = ended.is_done();
        let said = match ended {
            Ended::Left { stderr, .. } => stderr,
            Ended::Killed => String::new(),
        };
        self.ledger.lock().unwrap().record(&name, Recorded { lines, is_confirmed, said });
    }

    fn edit(&self, device: &Device, step: u64, random: &mut Random) {
        let executions = device.executions();
        if executions.is_empty() {
            return;
        }
        let chosen = &executions[random.below(executions.len() as u64) as usize];
        let id = chosen["id"].as_str().unwrap();
        let value = format!("edit-{}-{step}", device.number);
        let flag = if random.chance(50) { "true" } else { "false" };
        // Those that go to the trash and come back are never edited otherwise: a restore states a run
        // anew, as it is here.
        let (words, cell, value) = match (is_for_the_trash(id), random.below(3)) {
            (true, _) if chosen["deleted"] == true => (vec!["restore", id], Cell::Deleted, "false"),
            (true, _) => (vec!["delete", id], Cell::Deleted, "true"),
            (_, 0) => (vec!["note", id, &value], Cell::Note, &*value),
            (_, 1) => (vec!["tag", id, &value], Cell::Tag(value.clone()), "true"),
            _ if flag == "true" => (vec!["pin", id], Cell::Pinned, flag),
            _ => (vec!["pin", id, "--off"], Cell::Pinned, flag),
        };
        let ended = self.maybe_killed(device, &words, random, 15);
        if let Ended::Left { code: 1 | 3, .. } = ended
            && cell == Cell::Deleted
        {
            // A sync beside it brought what another device did.
            return;
        }
        assert!(ended == Ended::Killed || ended.is_done(), "{words:?}: {ended:?}");
        let mut ledger = self.ledger.lock().unwrap();
        ledger.edit(device.number, id, cell, value, ended.is_done());
    }

    fn sync(&self, device: &Device, random: &mut Random) {
        let ended = self.maybe_killed(device, &["sync", "now"], random, 50);
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        assert_synced(device, &ended);
    }

    /// One waits for the other, or says that it does not.
    fn sync_twice_at_once(&self, device: &Device) {
        let both = [(); 2].map(|()| Process::start_unread(device.command(&["sync", "now"])));
        for process in both {
            self.counts.syncs.fetch_add(1, Ordering::Relaxed);
            assert_synced(device, &crate::device::ended(process.end()));
        }
    }

    /// Kills a sync, unless it has ended by itself.
    fn end_at_once(&self, device: &Device, sync: Process) {
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        match sync.end_within(Duration::ZERO) {
            Some(output) => assert_synced(device, &crate::device::ended(output)),
            None => self.killed(),
        }
    }

    /// Runs a command, and in so many of a hundred cases kills it.
    fn maybe_killed(
        &self,
        device: &Device,
        words: &[&str],
        random: &mut Random,
        percent: u64,
    ) -> Ended {
        let is_killed = random.chance(percent);
        let after = is_killed.then(|| Duration::from_millis(random.below(KILLED_WITHIN_MS)));
        let ended = device.run(words, after);
        if ended == Ended::Killed {
            self.killed();
        }
        ended
    }

    fn killed(&self) {
        self.counts.kills.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether an execution is one that is deleted and restored, which a third of them are.
fn is_for_the_trash(id: &str) -> bool {
    id.bytes().last().is_some_and(|last| last % 3 == 0)
}

fn assert_synced(device: &Device, ended: &Ended) {
    let Ended::Left { code, stderr } = ended else { return };
    assert!(SYNCED.contains(code), "device {}: {code}: {stderr}", device.number);
    assert!(!stderr.contains("panicked"), "device {}: {stderr}", device.number);
}
