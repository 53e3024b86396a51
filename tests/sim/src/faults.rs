//! What befalls devices and relays, beside their messages.

use runlog_core::history::HistoryError;
use runlog_core::id::DeviceId;
use runlog_core::store::ItemKey;
use runlog_core::sync::message::{Compare, Request, Standing};
use runlog_core::sync::run::{EntityOutcome, LogQuery, SyncRun};
use runlog_core::time::Timestamp;

use crate::broken::Broken;
use crate::contents::{CONTENT, of_relay, opaque_name};
use crate::network::{Flight, Letter};
use crate::plan::Faults;
use crate::store::{SimStore, Snapshot};
use crate::world::{HOUR_MS, World, trace};

/// Most devices, copies included.
const DEVICES_MAX: usize = 8;
const BACKUPS_MAX: usize = 3;

impl World {
    /// Whether a fault of so many in a thousand steps strikes now.
    fn strikes(&mut self, in_a_thousand: u64) -> bool {
        in_a_thousand > 0 && self.random.below(1_000) < in_a_thousand
    }

    fn some_device(&mut self) -> usize {
        self.random.below(self.devices.len() as u64) as usize
    }

    fn some_relay(&mut self) -> usize {
        self.random.below(self.relays.len() as u64) as usize
    }

    /// A time span of up to some hours, either way.
    fn jump_ms(&mut self) -> i64 {
        let most = [6 * 60_000, 40 * 60_000, 6 * HOUR_MS, 30 * HOUR_MS];
        let most = most[self.random.below(4) as usize];
        self.random.below(2 * most as u64) as i64 - most
    }

    /// Lets some faults strike.
    pub(crate) fn disturb(&mut self) -> Result<(), String> {
        let faults = self.faults.clone();
        self.make_backups(&faults);
        self.disturb_clocks(&faults);
        if self.strikes(faults.power) {
            let number = self.some_device();
            self.lose_power(number)?;
        }
        if self.strikes(faults.device_restore) {
            let number = self.some_device();
            self.restore_device(number)?;
        }
        if self.strikes(faults.copy) && self.devices.len() < DEVICES_MAX {
            let number = self.some_device();
            trace!(self, "device {number} is copied to {}", self.devices.len());
            self.absorb(number)?;
            self.report.struck.strike("a device was copied");
            let copy = self.devices[number].copied(self.broken);
            self.devices.push(copy);
        }
        if self.strikes(faults.relay_restore) {
            let number = self.some_relay();
            self.restore_relay(number)?;
        }
        if self.strikes(faults.partition) {
            let (device, relay) = (self.some_device(), self.some_relay());
            let cut_off = &mut self.devices[device].cut_off;
            match cut_off.iter().position(|cut| *cut == relay) {
                Some(at) => drop(cut_off.remove(at)),
                None => cut_off.push(relay),
            }
        }
        if self.strikes(faults.removal) {
            let syncing = self.devices.iter().position(|device| device.job.is_some());
            let number = syncing.filter(|_| self.random.chance(80));
            let number = number.unwrap_or_else(|| self.some_device());
            self.remove_backend(number)?;
        }
        if self.strikes(faults.older) {
            let number = self.some_device();
            self.upgrade(number)?;
        }
        if self.strikes(faults.quota) {
            let number = self.some_relay();
            let room = self.random.below(2_000);
            let relay = &mut self.relays[number].relay;
            let taken = relay.state(Timestamp::default()).bytes;
            relay.set_quota(taken + room);
            self.quota_was_raised(number);
            trace!(self, "relay {number} has room for {room} bytes more");
        }
        if self.strikes(faults.damage) {
            let number = self.some_relay();
            let held: Vec<u64> = self.relays[number].relay.records().map(|r| r.sequence).collect();
            if !held.is_empty() {
                let sequence = held[self.random.below(held.len() as u64) as usize];
                trace!(self, "relay {number} damages {sequence}");
                self.report.struck.strike("a relay's disk changed a record");
                self.absorb_all()?;
                if self.broken != Some(Broken::NoChecksums) {
                    self.relays[number].damage(sequence);
                }
                self.take_stock();
            }
        }
        Ok(())
    }

    fn make_backups(&mut self, faults: &Faults) {
        if faults.device_restore > 0 && self.strikes(25) {
            let number = self.some_device();
            let device = &mut self.devices[number];
            device.backups.push(device.history.store().inner.snapshot());
            if device.backups.len() > BACKUPS_MAX {
                device.backups.remove(0);
            }
        }
        if faults.relay_restore > 0 && self.strikes(20) {
            let number = self.some_relay();
            let relay = &mut self.relays[number];
            relay.backups.push((relay.relay.clone(), relay.accepted.clone()));
            if relay.backups.len() > BACKUPS_MAX {
                relay.backups.remove(0);
            }
        }
    }

    fn disturb_clocks(&mut self, faults: &Faults) {
        if self.strikes(faults.clock_jump) {
            let (number, jump) = (self.some_device(), self.jump_ms());
            self.put_clock(number, jump);
        }
        if self.strikes(faults.clock_stuck) {
            let number = self.some_device();
            let now = self.devices[number].now(self.now_ms).as_millis();
            let stuck = &mut self.devices[number].stuck_at;
            *stuck = if stuck.is_some() { None } else { Some(now) };
            self.report.struck.strike("a clock stood still");
            trace!(self, "device {number}: its clock stands still or goes on");
        }
        if self.strikes(faults.relay_clock) {
            let (number, jump) = (self.some_relay(), self.jump_ms());
            trace!(self, "relay {number}: its clock is {jump} ms ahead");
            self.relays[number].skew_ms = jump;
            if jump.abs() >= HOUR_MS {
                self.report.struck.strike("a relay's clock was wrong by hours");
            }
            // A relay often runs on the machine of a device: they share their clock.
            if self.random.chance(50) {
                let number = self.some_device();
                self.put_clock(number, jump);
            }
        }
    }

    fn put_clock(&mut self, number: usize, skew_ms: i64) {
        trace!(self, "device {number}: its clock is {skew_ms} ms ahead");
        let device = &mut self.devices[number];
        let jump = skew_ms - device.skew_ms;
        device.skew_ms = skew_ms;
        if jump.abs() >= HOUR_MS {
            let ahead = "a clock jumped ahead by hours";
            let back = "a clock jumped back by hours";
            self.report.struck.strike(if jump > 0 { ahead } else { back });
        }
    }

    fn quota_was_raised(&mut self, number: usize) {
        let relay = &mut self.relays[number];
        let taken = relay.relay.state(Timestamp::default());
        if relay.full && taken.bytes < taken.quota {
            relay.full = false;
            self.report.struck.strike("a quota that was reached was raised");
        }
    }

    /// A relay dies over a request: before it has committed, or before it has answered. Whatever
    /// else is on its way to it is lost.
    pub(crate) fn kill_relay(&mut self, letter: &Letter) {
        let kind = if self.random.chance(50) {
            self.deliver(letter);
            "a relay was killed between commit and answer"
        } else {
            "a relay was killed before it committed"
        };
        trace!(self, "relay {}: {kind}", letter.relay);
        self.report.struck.strike(kind);
        for device in &mut self.devices {
            if matches!(&device.flight, Some(Flight::Request(other)) if other.relay == letter.relay)
            {
                device.flight = Some(Flight::Answer(None));
            }
        }
    }

    /// The newest program is put on a device that has an older one.
    fn upgrade(&mut self, number: usize) -> Result<(), String> {
        if !self.devices[number].older {
            return Ok(());
        }
        trace!(self, "device {number} gets the newest program");
        self.absorb(number)?;
        let kept = self.devices[number].history.read(|reader| {
            let kept = reader.tx().kept_rows(usize::MAX)?;
            Ok(kept.into_iter().filter(|(table, _)| table == ItemKey::TAGS).count() as u64)
        });
        let kept = kept.map_err(|error| error.to_string())?;
        self.report.struck.add("an older program kept what it does not know", kept);
        self.report.struck.strike("an older program was upgraded");
        self.devices[number].older = false;
        self.restart(number);
        self.absorb(number)
    }

    /// Puts the newest program on every device.
    pub(crate) fn upgrade_all(&mut self) -> Result<(), String> {
        (0..self.devices.len()).try_for_each(|number| self.upgrade(number))
    }

    /// The program of a device ends as it should, and starts again.
    pub(crate) fn restart(&mut self, number: usize) {
        let broken = self.broken;
        let device = &mut self.devices[number];
        if let Some(Flight::Request(letter)) = device.flight.take() {
            self.late.push(letter);
        }
        let store = SimStore::restored(&device.history.store().inner.snapshot(), broken);
        device.restart_with(store);
    }

    /// Counts what the sync log of a job's runs says.
    pub(crate) fn count_outcomes(&mut self, number: usize, runs: &[SyncRun]) -> Result<(), String> {
        for run in runs {
            let query = LogQuery { run: Some(run.id), ..LogQuery::default() };
            let log = self.devices[number]
                .history
                .read(|reader| Ok(reader.tx().sync_log(&query, None, usize::MAX >> 1)?));
            let log = log.map_err(|error| error.to_string())?;
            for (_, entry) in log {
                let fetched =
                    entry.error.as_deref().is_some_and(|text| text.contains("fetched again"));
                match entry.outcome {
                    Some(EntityOutcome::Repaired) if fetched => self
                        .report
                        .struck
                        .strike("what did not open opened when it was fetched again"),
                    Some(EntityOutcome::DecryptFailed | EntityOutcome::Deferred) => {
                        self.report.struck.strike("a record was set aside");
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn absorb_all(&mut self) -> Result<(), String> {
        (0..self.devices.len()).try_for_each(|number| self.absorb(number))
    }

    fn lose_power(&mut self, number: usize) -> Result<(), String> {
        self.absorb_all()?;
        if self.devices[number].history.store_mut().inner.lose_power() {
            trace!(self, "device {number} loses power");
            self.report.struck.strike("a device lost power");
            let store = self.devices[number].history.store().inner.snapshot();
            self.put_store(number, &store)?;
        }
        Ok(())
    }

    fn restore_device(&mut self, number: usize) -> Result<(), String> {
        let count = self.devices[number].backups.len();
        if count == 0 {
            return Ok(());
        }
        trace!(self, "device {number} is set back to a backup");
        self.report.struck.strike("a device was set back");
        self.absorb_all()?;
        let at = self.random.below(count as u64) as usize;
        let backup = self.devices[number].backups.remove(at);
        self.put_store(number, &backup)
    }

    fn put_store(&mut self, number: usize, store: &Snapshot) -> Result<(), String> {
        let store = SimStore::restored(store, self.broken);
        let device = &mut self.devices[number];
        if let Some(Flight::Request(letter)) = device.flight.take() {
            self.late.push(letter);
        }
        device.restart_with(store);
        // Backends that were added since are gone, and those that were removed are back.
        let names = device.history.read(|reader| {
            let backends = reader.tx().backends()?;
            Ok(backends.into_iter().map(|backend| (backend.id, backend.name)).collect::<Vec<_>>())
        });
        let names = names.map_err(|error: HistoryError| error.to_string())?;
        device.links = names
            .into_iter()
            .filter_map(|(id, name)| Some((id, name.strip_prefix("relay ")?.parse().ok()?)))
            .collect();
        device.shadow = device.contents();
        self.take_stock();
        Ok(())
    }

    fn restore_relay(&mut self, number: usize) -> Result<(), String> {
        let count = self.relays[number].backups.len();
        if count == 0 {
            return Ok(());
        }
        trace!(self, "relay {number} is set back to a backup");
        self.report.struck.strike("a relay was set back");
        self.absorb_all()?;
        let at = self.random.below(count as u64) as usize;
        let relay = &mut self.relays[number];
        let (backup, accepted) = relay.backups.remove(at);
        // A later backup is of a past that did not happen.
        relay.backups.truncate(at);
        relay.relay = backup;
        relay.accepted = accepted;
        relay.took = true;
        self.take_stock();
        Ok(())
    }

    fn remove_backend(&mut self, number: usize) -> Result<(), String> {
        let links: Vec<_> = self.devices[number].links.iter().map(|(id, r)| (*id, *r)).collect();
        let (id, relay) = links[self.random.below(links.len() as u64) as usize];
        trace!(self, "device {number} removes relay {relay} and adds it again");
        self.report.struck.strike("a backend was removed");
        let device = &mut self.devices[number];
        if device.job.is_some() {
            self.report.struck.strike("a backend was removed during its sync");
        }
        device.history.store_mut().writes_left = None;
        let now = device.now(self.now_ms);
        let removed = device.history.write(now, |writer| writer.remove_backend(id));
        removed.map_err(|error| error.to_string())?;
        device.links.remove(&id);
        self.link(number, relay);
        Ok(())
    }

    /// After something was set back: what nobody holds any more need not come again.
    fn take_stock(&mut self) {
        let keys = self.vault.keys();
        let relays: Vec<_> = self.relays.iter().map(|relay| of_relay(keys, &relay.relay)).collect();
        let devices: Vec<_> = self.devices.iter().map(|device| &device.shadow).collect();
        self.model.set_back(keys, &devices, &mut |cell| {
            let name = opaque_name(keys, cell);
            let purge = cell.0.execution().map(|execution| {
                opaque_name(keys, &(ItemKey::purge(execution), CONTENT.to_owned()))
            });
            let names = [Some(name), purge];
            let names = names.iter().flatten();
            names
                .flat_map(|name| relays.iter().filter_map(|held| held.get(name).copied()))
                .collect()
        });
    }

    /// All is well from here on.
    pub(crate) fn end_faults(&mut self) {
        self.faults = Faults::default();
        self.late.clear();
        for device in &mut self.devices {
            device.cut_off.clear();
            (device.skew_ms, device.stuck_at) = (0, None);
            device.history.store_mut().writes_left = None;
        }
        for number in 0..self.relays.len() {
            self.relays[number].relay.set_quota(1 << 40);
            self.quota_was_raised(number);
            let relay = &mut self.relays[number];
            relay.skew_ms = 0;
            // What a disk has changed shows when it is read: somebody reads everything.
            let table = self.vault.keys().index().table_tag(ItemKey::EXECUTIONS);
            let standing = Standing::default();
            let compare = Request::Compare(Compare { standing, table });
            let now = Timestamp::from_millis(self.now_ms);
            relay.relay.handle(DeviceId::from_u128(0xfff), compare, now, &mut |_: &mut [u8]| {});
        }
    }
}
