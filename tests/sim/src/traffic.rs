//! Messages: sent, lost, cut off, late, answered.

use runlog_core::sync::digests::Digests;
use runlog_core::sync::engine::{Errand, TransportError};
use runlog_core::sync::message::{Answer, Reason, Request, Verdict};
use runlog_core::sync::wire::{decode_answer, decode_request, encode_answer, encode_request};
use runlog_core::time::Timestamp;

use crate::altered::{alter_answer, spoil};
use crate::broken::Broken;
use crate::network::{Flight, Letter};
use crate::world::{World, trace};

impl World {
    pub(crate) fn send(&mut self, number: usize, errand: &Errand) -> Result<(), String> {
        let Some(relay) = self.devices[number].links.get(&errand.backend).copied() else {
            // The backend was removed meanwhile.
            self.devices[number].flight = Some(Flight::Answer(None));
            return Ok(());
        };
        if matches!(errand.request, Request::Push(_)) {
            // What was stamped anew gets around from here on.
            self.absorb(number)?;
        }
        let mut bytes = encode_request(&errand.request).map_err(|error| error.to_string())?;
        if decode_request(&bytes).as_ref() != Ok(&errand.request) {
            return Err(format!("the request does not survive its codec: {:?}", errand.request));
        }
        trace!(self, "device {number} to relay {relay}: {}", brief(&errand.request));
        let device = errand.device;
        let whole = Letter { backend: errand.backend, relay, device, bytes: bytes.clone() };
        let unreachable = self.devices[number].cut_off.contains(&relay);
        self.devices[number].asked = Some(errand.backend);
        let struck = &mut self.report.struck;
        let flight = if unreachable {
            struck.strike("a device could not reach a relay");
            Flight::Answer(None)
        } else if self.random.chance(self.faults.drop) {
            struck.strike("a request was lost");
            Flight::Answer(None)
        } else if self.random.chance(self.faults.late) {
            struck.strike("a request came late");
            self.late.push(whole);
            Flight::Answer(None)
        } else {
            if self.random.chance(self.faults.duplicate) {
                struck.strike("a request came twice");
                self.late.push(whole.clone());
            }
            if self.random.chance(self.faults.cut) {
                struck.strike(spoil(&mut self.random, &mut bytes));
            } else if self.faults.forged_push > 0
                && self.random.chance(self.faults.forged_push)
                && let Some(altered) = self.alter_request(&errand.request)
            {
                self.report.struck.strike("a record was altered on its way to a relay");
                bytes = altered;
            }
            Flight::Request(Letter { bytes, ..whole })
        };
        self.devices[number].flight = Some(flight);
        Ok(())
    }

    /// A message arrives.
    pub(crate) fn travel(&mut self, number: usize) {
        match self.devices[number].flight.take() {
            Some(Flight::Request(letter))
                if self.faults.relay_kill > 0 && self.random.chance(self.faults.relay_kill) =>
            {
                self.kill_relay(&letter);
                self.devices[number].flight = Some(Flight::Answer(None));
            }
            Some(Flight::Request(letter)) => {
                let mut answer = self.deliver(&letter);
                if self.random.chance(self.faults.drop) {
                    self.report.struck.strike("an answer was lost");
                    answer = None;
                } else if self.random.chance(self.faults.cut)
                    && let Some(bytes) = &mut answer
                {
                    self.report.struck.strike(spoil(&mut self.random, bytes));
                } else if self.random.chance(self.faults.altered)
                    && let Some(bytes) = &mut answer
                    && let Some(altered) = alter_answer(&mut self.random, bytes)
                {
                    self.report.struck.strike("a record was altered on its way to a device");
                    *bytes = altered;
                }
                self.devices[number].flight = Some(Flight::Answer(answer));
            }
            Some(Flight::Answer(bytes)) => {
                let unreachable = || TransportError { message: "unreachable".to_owned() };
                let answer = bytes.ok_or_else(unreachable).and_then(|bytes| {
                    decode_answer(&bytes)
                        .map_err(|error| TransportError { message: error.to_string() })
                });
                let device = &mut self.devices[number];
                if let (Some(backend), Ok(Answer::Page(page))) = (device.asked, &answer)
                    && let Some(next) = page.next
                {
                    let delivered = device.delivered.entry(backend).or_default();
                    *delivered = next.sequence.max(*delivered);
                }
                if let Some(job) = &mut device.job {
                    job.answer(answer);
                }
            }
            None => {}
        }
    }

    /// A relay answers; nothing where what arrived is no request.
    pub(crate) fn deliver(&mut self, letter: &Letter) -> Option<Vec<u8>> {
        let request = decode_request(&letter.bytes).ok()?;
        self.report.messages += 1;
        let relay = &mut self.relays[letter.relay];
        let now = Timestamp::from_millis(self.now_ms + relay.skew_ms);
        let random = &mut self.random;
        let mut request = request;
        if self.broken == Some(Broken::NoChecksums)
            && let Request::Push(push) = &mut request
            && random.chance(self.faults.damage)
            && let Some(byte) = push.records.first_mut().and_then(|r| r.sealed.last_mut())
        {
            *byte ^= 1;
        }
        let mut entropy = |bytes: &mut [u8]| bytes.fill_with(|| random.any() as u8);
        let mut answer = relay.handle(letter.device, request, now, &mut entropy);
        self.accepted = self.accepted.max(relay.relay.state(now).newest);
        if self.broken == Some(Broken::DigestCopied)
            && let Answer::Page(page) = &mut answer
        {
            let of = self.devices.iter_mut().find(|one| one.history.device() == letter.device);
            let tables = of.map(|of| of.history.read(|reader| Digests::read(reader.tx())).unwrap());
            let index = self.vault.keys().index();
            let tables = tables.into_iter().flat_map(|digests| digests.tables);
            page.state.digests =
                tables.map(|(name, digest)| (index.table_tag(&name), digest)).collect();
            page.state.digests.sort_unstable_by_key(|(tag, _)| *tag);
        }
        if let Answer::Pushed(pushed) = &answer
            && pushed.verdicts.contains(&Verdict::Refused(Reason::Quota))
        {
            relay.full = true;
            self.report.struck.strike("a quota was reached");
        }
        trace!(self, "  relay {}: {}", letter.relay, brief(&answer));
        let bytes = encode_answer(&answer).unwrap();
        assert_eq!(decode_answer(&bytes).as_ref(), Ok(&answer), "an answer that no codec carries");
        Some(bytes)
    }
}

fn brief(what: &impl std::fmt::Debug) -> String {
    let mut text = format!("{what:?}");
    let end = (0..=4000.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}
