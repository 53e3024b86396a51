//! Comparing what is held here and there, and repairing what differs.
//!
//! Both sides keep a digest a table over the winning columns, each from its own data. Where they
//! differ at the same sequence with nothing waiting, the difference is narrowed down: to parts of
//! the table (by the first byte of the row key), then to rows and columns. What is missing, older or
//! damaged here is fetched; what is missing, older or damaged there is sent again.
//!
//! A thorough verification first computes this side's digests from the rows again: a value that was
//! changed behind the engine's back counts as it is, and so shows.

use super::find_backend;
use super::repairing::{Repair, repair};
use crate::change::ChangeNumber;
use crate::clock::Clock;
use crate::history::{History, HistoryError, HistoryWriter};
use crate::order;
use crate::sealed::{Digest, Mark, OpaqueKey, SealedCell, SealedRecord, TableTag};
use crate::sorted_map::SortedMap;
use crate::store::{ItemKey, Store};
use crate::sync::connection::Connection;
use crate::sync::digests::{Digests, share_of};
use crate::sync::message::{Answer, Compare, Describe, Fetch, Held, Request};
use crate::sync::quarantine::SetAside;
use crate::sync::rewriting::touch;
use crate::sync::run::{
    Direction, EntityOutcome, EntityResult, SyncLogEntry, SyncRun, Verification,
};
use crate::sync::vault::Vault;
use crate::time::Timestamp;

const COUNTED_AT_ONCE: usize = 512;
const FETCHED_AT_ONCE: usize = 256;

/// The relay's digests, and the sequence that they hold at.
pub(super) type RelayDigests = Option<(u64, Vec<(TableTag, Digest)>)>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Counting the rows anew, those changed after.
    Recount(ChangeNumber),
    Compare,
    /// Narrowing down, the next table.
    Table,
    /// The next part of the table.
    Part,
    /// The rows that are to be fetched.
    Rows,
    Done,
}

/// What is held of a row there: of each column the newest clock with its tag.
type Newest = SortedMap<Mark, (Clock, SealedCell)>;

/// Compares digests; narrows down and repairs where they differ.
#[derive(Debug)]
pub(super) struct Verifier {
    digests: RelayDigests,
    connection: Connection,
    state: State,
    thorough: bool,
    unequal: Vec<String>,
    table: String,
    parts: Vec<u8>,
    /// The items here in the parts that differ.
    items: SortedMap<OpaqueKey, ItemKey>,
    there: SortedMap<OpaqueKey, Newest>,
    /// In order, each once.
    wanted: Vec<OpaqueKey>,
    repaired: u64,
}

impl Verifier {
    pub(super) fn new(digests: RelayDigests, connection: Connection, thorough: bool) -> Self {
        let state = if thorough { State::Recount(ChangeNumber::ZERO) } else { State::Compare };
        Self {
            digests,
            connection,
            state,
            thorough,
            unequal: Vec::new(),
            table: String::new(),
            parts: Vec::new(),
            items: SortedMap::new(),
            there: SortedMap::new(),
            wanted: Vec::new(),
            repaired: 0,
        }
    }

    /// Whether something was repaired, so that it is worth comparing again.
    pub(super) fn has_repaired(&self) -> bool {
        self.repaired > 0
    }

    /// Goes on by one step. Says what to ask next; `None` and [`Self::is_done`] when all is done.
    pub(super) fn go_on<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        run: &mut SyncRun,
        now: Timestamp,
    ) -> Result<Option<Request>, HistoryError> {
        let standing = self.connection.standing;
        match self.state {
            State::Recount(after) => self.recount(vault, history, after, now)?,
            State::Compare => self.compare(vault, history, run)?,
            State::Table => match self.unequal.pop() {
                Some(name) => {
                    let table = vault.names().table_tag(vault.keys().index(), &name);
                    self.table = name;
                    return Ok(Some(Request::Compare(Compare { standing, table })));
                }
                None => self.state = State::Done,
            },
            State::Part => match self.parts.last() {
                Some(part) => {
                    let table = vault.names().table_tag(vault.keys().index(), &self.table);
                    let after = self.there.last_key().copied();
                    let part = *part;
                    return Ok(Some(Request::Describe(Describe { standing, table, part, after })));
                }
                None => self.state = State::Rows,
            },
            State::Rows => {
                let rows: Vec<_> = self.wanted.iter().take(FETCHED_AT_ONCE).copied().collect();
                if !rows.is_empty() {
                    return Ok(Some(Request::Fetch(Fetch { standing, rows })));
                }
                self.state = State::Table;
            }
            State::Done => {}
        }
        Ok(None)
    }

    /// Whether there is nothing more to do.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes an answer to a request of its own. Says whether it was one.
    pub(super) fn answered<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        request: &Request,
        answer: Answer,
        run: &mut SyncRun,
        now: Timestamp,
    ) -> Result<bool, HistoryError> {
        match (request, answer) {
            (Request::Compare(_), Answer::Parts(parts)) => {
                let same = self.digests.as_ref().is_some_and(|(head, _)| *head == parts.head);
                if same {
                    self.narrow(vault, history, &parts.parts)?;
                } else {
                    remark(run, &self.table, "others wrote meanwhile: compared at the next sync");
                    self.state = State::Table;
                }
            }
            (Request::Describe(_), Answer::Held(held)) => {
                self.described(&held.records);
                if !held.more || held.records.is_empty() {
                    let part = self.parts.pop().unwrap_or_default();
                    self.resolve(vault, history, part, now)?;
                }
            }
            (Request::Fetch(fetch), Answer::Held(held)) => {
                self.fetched(vault, history, &fetch.rows, &held, run, now)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Counts rows as they are.
    fn recount<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        after: ChangeNumber,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let last = history.write(now, |writer| {
            let changes = writer.reader().tx().changes(after, COUNTED_AT_ONCE)?;
            for change in &changes {
                let item = ItemKey::from(&change.item);
                let share = vault.digest(writer.reader().tx(), &item)?;
                if share != share_of(writer.reader().tx(), &item)? {
                    Digests::recount(writer.tx_mut(), vault, &item)?;
                }
            }
            Ok(changes.last().map(|change| change.number))
        })?;
        self.state = last.map_or(State::Compare, State::Recount);
        Ok(())
    }

    fn compare<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        run: &mut SyncRun,
    ) -> Result<(), HistoryError> {
        let backend = run.backend;
        let (here, waits) = history.read(|reader| {
            let tx = reader.tx();
            let digests = Digests::read(tx)?;
            let held = find_backend(tx, backend)?;
            let newest = tx.counters()?.change;
            let behind = held.is_none_or(|held| held.sent < newest) || digests.upto < newest;
            let refused = !tx.rejections(backend, None, 1)?.is_empty();
            let aside = !SetAside::list(tx, backend, None, 1)?.is_empty();
            Ok((digests, behind || refused || aside))
        })?;
        let got = self.connection.standing.got.map_or(0, |place| place.sequence);
        self.state = State::Done;
        let (Some((head, there)), false) = (&self.digests, waits) else {
            run.verification = compare(vault, &here, &[]);
            set_aside(run, "not compared: something waits, was refused or set aside");
            return Ok(());
        };
        run.verification = compare(vault, &here, there);
        if *head != got {
            set_aside(run, "not compared: others wrote meanwhile");
            return Ok(());
        }
        // Thoroughly: the relay, too, computes its parts from its records.
        let thorough = self.thorough;
        let unequal =
            run.verification.iter().filter(|table| thorough || table.equal == Some(false));
        self.unequal = unequal.map(|table| table.table.clone()).collect();
        if !self.unequal.is_empty() {
            self.state = State::Table;
        }
        Ok(())
    }

    /// Finds the parts of the table that differ, and the items here that lie in them.
    fn narrow<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        there: &[(u8, Digest)],
    ) -> Result<(), HistoryError> {
        let mut here = vec![Digest::default(); 256];
        self.for_each_item(vault, history, |_, row, share| {
            here[usize::from(row.0[0])].merge(share)
        })?;
        let mut other = vec![Digest::default(); 256];
        there.iter().for_each(|(part, digest)| other[usize::from(*part)] = *digest);
        self.parts = (0..=255u8)
            .filter(|part| here[usize::from(*part)] != other[usize::from(*part)])
            .collect();
        let mut items = Vec::new();
        self.for_each_item(vault, history, |item, row, _| {
            if self.parts.binary_search(&row.0[0]).is_ok() {
                items.push((row, item.clone()));
            }
        })?;
        self.items = items.into_iter().collect();
        self.state = State::Part;
        Ok(())
    }

    fn for_each_item<S: Store>(
        &self,
        vault: &Vault,
        history: &mut History<S>,
        mut each: impl FnMut(&ItemKey, OpaqueKey, &Digest),
    ) -> Result<(), HistoryError> {
        let mut after: Option<ItemKey> = None;
        loop {
            let shares = history.read(|reader| {
                Digests::shares(reader.tx(), &self.table, after.as_ref(), COUNTED_AT_ONCE)
            })?;
            shares.iter().for_each(|(item, share)| each(item, vault.row_key(item), share));
            match shares.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    fn described(&mut self, records: &[SealedRecord]) {
        for record in records {
            let held = self.there.entry_or(record.row, Newest::new());
            for cell in &record.cells {
                let newest = held.entry_or(cell.mark, (record.clock, *cell));
                if newest.0 < record.clock {
                    *newest = (record.clock, *cell);
                }
            }
        }
    }

    /// Decides for each row of a part what is to be fetched and what is to be sent again.
    fn resolve<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        part: u8,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let there = std::mem::take(&mut self.there);
        let here: Vec<_> = self.items.iter().filter(|(row, _)| row.0[0] == part).collect();
        let missing = there.keys().filter(|row| !self.items.contains_key(*row));
        let mut wanted: Vec<OpaqueKey> = missing.copied().collect();
        let touched = history.write(now, |writer| {
            let mut touched = 0;
            for (row, item) in &here {
                let own = vault.held(writer.reader().tx(), item)?;
                let other = there.get(*row).cloned().unwrap_or_default();
                if lacks(&own, &other) {
                    wanted.push(**row);
                }
                let newer = |(clock, cell, _): &(Clock, SealedCell, String)| {
                    other.get(&cell.mark).is_none_or(|(held, _)| held < clock)
                };
                if own.iter().any(newer) {
                    touch(writer, item)?;
                    touched += 1;
                }
            }
            Ok(touched)
        })?;
        self.wanted.extend(wanted);
        order::sort(&mut self.wanted);
        self.wanted.dedup();
        self.repaired += touched;
        Ok(())
    }

    fn fetched<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        rows: &[OpaqueKey],
        answer: &Held,
        run: &mut SyncRun,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let items = &self.items;
        let entries = history.write(now, |writer| {
            let mut entries = Vec::new();
            for record in &answer.records {
                let known = items.get(&record.row);
                let repaired = repair(writer, vault, record)?;
                entries.extend(settle(writer, vault, record, known, repaired, run)?);
            }
            writer.tx_mut().add_sync_log(&entries)?;
            Ok(entries)
        })?;
        self.repaired += entries.len() as u64;
        for entry in &entries {
            let table = entry.entity_type.as_deref().unwrap_or_default();
            remark(run, table, entry.error.as_deref().unwrap_or("repaired"));
        }
        run.counts.updated += entries.len() as u64;
        // What was asked for and is not there needs no second question.
        let last = answer.records.last().map(|record| record.row).filter(|_| answer.more);
        let is_answered = |row: &OpaqueKey| {
            rows.binary_search(row).is_ok() && last.is_none_or(|last| *row <= last)
        };
        self.wanted.retain(|row| !is_answered(row));
        Ok(())
    }
}

/// Counts a repaired item anew; sends ours again where theirs is not authentic.
fn settle(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    record: &SealedRecord,
    known: Option<&ItemKey>,
    repaired: Repair,
    run: &SyncRun,
) -> Result<Option<SyncLogEntry>, HistoryError> {
    let item = match (known, vault.open(record)) {
        (Some(item), _) => item.clone(),
        (None, Ok(plain)) => plain.item,
        (None, Err(_)) => return Ok(None),
    };
    let text = match repaired {
        Repair::Columns(names) => {
            Digests::recount(writer.tx_mut(), vault, &item)?;
            format!("repaired from the backend: {}", names.join(", "))
        }
        Repair::Merged => "was missing or older here: fetched".to_owned(),
        Repair::NotAuthentic => {
            touch(writer, &item)?;
            "the backend's record is damaged: sent again".to_owned()
        }
    };
    Ok(Some(SyncLogEntry {
        run: run.id,
        entity_id: item.execution(),
        entity_type: Some(item.table),
        sync_type: run.sync_type,
        direction: Direction::RemoteToLocal,
        had_changes: true,
        result: Some(EntityResult::Updated),
        outcome: Some(EntityOutcome::Repaired),
        error: Some(text),
        at: writer.now(),
    }))
}

/// Whether something there is missing, older, or of another value here.
fn lacks(own: &[(Clock, SealedCell, String)], there: &Newest) -> bool {
    there.iter().any(|(mark, (clock, cell))| {
        let held = own.iter().find(|(_, own, _)| own.mark == *mark);
        held.is_none_or(|(own_clock, own, _)| {
            own_clock < clock || (own_clock == clock && own.tag != cell.tag)
        })
    })
}

/// Table by table, those that only one side has included.
fn compare(vault: &Vault, here: &Digests, there: &[(TableTag, Digest)]) -> Vec<Verification> {
    let index = vault.keys().index();
    let mut tables: Vec<Verification> = here
        .tables
        .iter()
        .map(|(name, digest)| {
            let tag = vault.names().table_tag(index, name);
            let other = there.iter().find(|(other, _)| *other == tag).map(|(_, other)| *other);
            verification(name, *digest, other.unwrap_or_default())
        })
        .collect();
    for (tag, digest) in there.iter().filter(|(_, digest)| !digest.is_empty()) {
        if !here.tables.keys().any(|name| vault.names().table_tag(index, name) == *tag) {
            let name = vault.names().table_of(*tag).unwrap_or("unknown");
            tables.push(verification(name, Digest::default(), *digest));
        }
    }
    tables
}

fn verification(table: &str, here: Digest, there: Digest) -> Verification {
    let equal = here == there;
    let remark = if equal { String::new() } else { "the contents differ".to_owned() };
    let (here, there) = (here.count, there.count);
    Verification { table: table.to_owned(), here, there, equal: Some(equal), remark }
}

/// Says of all tables why they were not compared.
fn set_aside(run: &mut SyncRun, why: &str) {
    for table in &mut run.verification {
        table.equal = None;
        table.remark = why.to_owned();
    }
}

/// Notes what was found in a table; the first few findings of each.
fn remark(run: &mut SyncRun, name: &str, text: &str) {
    const LENGTH_MAX: usize = 500;
    if let Some(table) = run.verification.iter_mut().find(|table| table.table == name)
        && table.remark.len() + text.len() < LENGTH_MAX
        && !table.remark.contains(text)
    {
        table.remark = format!("{}; {text}", table.remark);
    }
}
