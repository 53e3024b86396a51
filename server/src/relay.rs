//! Answers to devices, over any store: what [`runlog_core::relay::MemoryRelay`] does in memory.

use std::collections::{BTreeMap, BTreeSet};

use runlog_core::entropy::Entropy;
use runlog_core::id::DeviceId;
use runlog_core::relay::{
    Admitted, CaughtUp, DeviceState, Header, PageRoom, Places, Prepared, PushSnapshot, RelayLimits,
    admit, admit_push, admit_resolve, caught_up_by, plan_bar, plan_damage, plan_push, plan_restart,
    winners,
};
use runlog_core::sealed::{Digest, OpaqueKey, SealedRecord, VaultId};
use runlog_core::sync::limits;
use runlog_core::sync::message::{
    Answer, Compare, Delivered, Describe, Fetch, Held, Page, Parts, Place, Pull, Refusal, Request,
    Resolve, Restart, Standing,
};
use runlog_core::time::Timestamp;

use crate::store::{RelayStore, Selection, StoreError, StoreResult, Stored, VaultTx};

/// A request with what it is judged by.
pub(crate) struct Asked<'a> {
    /// The vault.
    pub(crate) vault: VaultId,
    /// The device, proved by its token.
    pub(crate) device: DeviceId,
    /// What it asks.
    pub(crate) request: &'a Request,
    /// The relay's time.
    pub(crate) now: Timestamp,
    /// What the relay takes.
    pub(crate) limits: &'a RelayLimits,
}

/// A transaction ended with an answer.
struct Done {
    answer: Answer,
    /// What is to be written down besides, of a request that only reads.
    caught_up: Option<CaughtUp>,
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self { answer, caught_up: None }
    }
}

/// Why a transaction ends without an answer.
enum Stop {
    /// These rows have damaged records, which go before the request is tried again.
    Damaged(BTreeSet<OpaqueKey>),
    Refused(Refusal),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Damage is looked for again after each repair; a disk that fails faster than that is broken.
const REPAIRS_MAX: usize = 16;

/// Answers a request.
///
/// # Errors
/// What the store fails with; nothing was changed then.
pub(crate) fn answer(
    store: &dyn RelayStore,
    asked: &Asked<'_>,
    entropy: &mut dyn Entropy,
) -> StoreResult<Answer> {
    let writes =
        matches!(asked.request, Request::Push(_) | Request::Resolve(_) | Request::Restart(_));
    let prepared = match asked.request {
        Request::Push(push) => Some(Prepared::new(push)),
        _ => None,
    };
    for _ in 0..REPAIRS_MAX {
        let mut result = None;
        let mut work = |tx: &mut dyn VaultTx| match handle(tx, asked, prepared.as_ref(), entropy) {
            Err(Stop::Store(error)) => Err(error),
            other => {
                result = Some(other);
                Ok(())
            }
        };
        let found = match writes {
            true => store.write_vault(asked.vault, &mut work)?,
            false => store.read_vault(asked.vault, &mut work)?,
        };
        match result.filter(|_| found) {
            None => return Ok(Answer::Refused(Refusal::NoVault)),
            Some(Ok(Done { answer, caught_up })) => {
                if let Some(caught_up) = caught_up {
                    store.write_vault(asked.vault, &mut |tx| {
                        tx.note_caught_up(asked.device, caught_up)
                    })?;
                }
                return Ok(answer);
            }
            Some(Err(Stop::Refused(refusal))) => return Ok(Answer::Refused(refusal)),
            Some(Err(Stop::Store(error))) => return Err(error),
            Some(Err(Stop::Damaged(rows))) => let_go(store, asked.vault, &rows)?,
        }
    }
    Err(StoreError::Corrupt("more damage after each repair"))
}

/// Removes what is damaged of some rows.
fn let_go(store: &dyn RelayStore, vault: VaultId, rows: &BTreeSet<OpaqueKey>) -> StoreResult<()> {
    tracing::warn!(vault = %vault, rows = rows.len(), "damaged records are let go of");
    store.write_vault(vault, &mut |tx| {
        let held = tx.rows(rows)?;
        let held = held.into_iter();
        let damaged = held.filter(|(_, row)| row.headers.iter().any(|header| header.damaged));
        tx.let_go(&plan_damage(damaged))
    })?;
    Ok(())
}

fn handle(
    tx: &mut dyn VaultTx,
    asked: &Asked<'_>,
    prepared: Option<&Prepared<'_>>,
    entropy: &mut dyn Entropy,
) -> Result<Done, Stop> {
    Ok(match asked.request {
        Request::Pull(pull) => return self::pull(tx, asked, pull),
        Request::Push(_) => match prepared {
            Some(prepared) => self::push(tx, asked, prepared, entropy)?,
            None => return Err(Refusal::Failed.into()),
        },
        Request::Resolve(resolve) => self::resolve(tx, asked, resolve, entropy)?,
        Request::Compare(compare) => self::compare(tx, asked, compare)?,
        Request::Describe(describe) => self::describe(tx, asked, describe)?,
        Request::Fetch(fetch) => self::fetch(tx, asked, fetch)?,
        Request::Restart(restart) => self::restart(tx, asked, restart, entropy)?,
        _ => {
            let text = "the relay does not know this request".to_owned();
            return Err(Refusal::Malformed(text).into());
        }
    }
    .into())
}

fn pull(tx: &mut dyn VaultTx, asked: &Asked<'_>, pull: &Pull) -> Result<Done, Stop> {
    let device = admitted(tx, asked, &pull.standing)?;
    let after = pull.standing.got.map_or(0, |got| got.sequence);
    let except = (!pull.with_own).then_some(asked.device);
    let listed = tx.list_after(after, except, limits::RECORDS_MAX + 1)?;
    let mut room = PageRoom::new(pull.bytes_max, asked.limits);
    let fits = listed.iter().take_while(|record| room.take(record.weight as usize)).count();
    let more = fits < listed.len();
    let sequences: Vec<u64> = listed[..fits].iter().map(|record| record.sequence).collect();
    let records = intact(tx.records(&sequences)?)?;
    let vault = tx.vault()?;
    let next = match sequences.last().filter(|_| more) {
        Some(last) => tx.push_at(*last)?.map(|push| Place { sequence: *last, push }),
        None => vault.head,
    };
    let mut state = vault.state(asked.now);
    if !more {
        state.digests = tx.digests()?;
        let heard_within = -(limits::HEARD_WITHIN_MS as i64);
        state.acknowledged = tx.acknowledged(asked.now.plus_millis(heard_within))?;
    }
    let delivered = |stored: Stored| Delivered {
        sequence: stored.sequence,
        pusher: stored.pusher,
        record: stored.record,
    };
    let records = records.into_iter().map(delivered).collect();
    let answer = Answer::Page(Page { records, next, more, state });
    Ok(Done { answer, caught_up: caught_up_by(pull, &device, asked.now) })
}

fn push(
    tx: &mut dyn VaultTx,
    asked: &Asked<'_>,
    prepared: &Prepared<'_>,
    entropy: &mut dyn Entropy,
) -> Result<Answer, Stop> {
    let push = prepared.push;
    let device = tx.device(asked.device)?;
    let places = places(tx, &push.standing)?;
    if let Admitted::Repeat(answer) = admit_push(push, prepared.content, places, &device)? {
        return Ok(answer);
    }
    let snapshot = PushSnapshot { vault: tx.vault()?, device, rows: tx.rows(&prepared.rows())? };
    let plan = plan_push(prepared, snapshot, asked.now, asked.limits, false, entropy)
        .map_err(StoreError::Message)?;
    tx.carry_out(asked.device, prepared, &plan)?;
    Ok(Answer::Pushed(plan.answer))
}

fn resolve(
    tx: &mut dyn VaultTx,
    asked: &Asked<'_>,
    resolve: &Resolve,
    entropy: &mut dyn Entropy,
) -> Result<Answer, Stop> {
    let (places, device) = (places(tx, &resolve.standing)?, tx.device(asked.device)?);
    if let Some(known) = admit_resolve(resolve, places, &device)? {
        return Ok(Answer::Resolved(known));
    }
    let plan = plan_bar(resolve, tx.vault()?, device, entropy);
    tx.change(asked.device, &plan.change)?;
    Ok(Answer::Resolved(plan.answer))
}

fn restart(
    tx: &mut dyn VaultTx,
    asked: &Asked<'_>,
    restart: &Restart,
    entropy: &mut dyn Entropy,
) -> Result<Answer, Stop> {
    if knows(tx, &restart.lost)? {
        return Err(Refusal::Forked.into());
    }
    let plan = plan_restart(tx.vault()?, entropy);
    tx.change(asked.device, &plan.change)?;
    Ok(Answer::Resolved(plan.answer))
}

fn compare(tx: &mut dyn VaultTx, asked: &Asked<'_>, compare: &Compare) -> Result<Answer, Stop> {
    admitted(tx, asked, &compare.standing)?;
    let mut damaged = BTreeSet::new();
    let mut parts: BTreeMap<u8, Digest> = BTreeMap::new();
    let mut row: Vec<Header> = Vec::new();
    let mut count = |row: &mut Vec<Header>| {
        for (header, cell) in winners(row.iter()) {
            let part = parts.entry(header.row.0[0]).or_default();
            part.add(&header.row, &header.clock, cell);
        }
        row.clear();
    };
    tx.scan(compare.table, &mut |stored| {
        let header = stored.header();
        if row.first().is_some_and(|first| first.row != header.row) {
            count(&mut row);
        }
        if header.damaged {
            damaged.insert(header.row);
        } else {
            row.push(header);
        }
    })?;
    count(&mut row);
    if !damaged.is_empty() {
        return Err(Stop::Damaged(damaged));
    }
    let parts = parts.into_iter().collect();
    Ok(Answer::Parts(Parts { head: tx.vault()?.sequence(), parts }))
}

fn describe(tx: &mut dyn VaultTx, asked: &Asked<'_>, describe: &Describe) -> Result<Answer, Stop> {
    admitted(tx, asked, &describe.standing)?;
    let Describe { table, part, after, .. } = *describe;
    let mut held = held(tx, asked, Selection::Part { table, part, after })?;
    for record in &mut held.records {
        record.sealed = Vec::new();
        record.drops = None;
    }
    Ok(Answer::Held(held))
}

fn fetch(tx: &mut dyn VaultTx, asked: &Asked<'_>, fetch: &Fetch) -> Result<Answer, Stop> {
    admitted(tx, asked, &fetch.standing)?;
    let mut keys = fetch.rows.clone();
    keys.sort_unstable();
    keys.dedup();
    Ok(Answer::Held(held(tx, asked, Selection::Rows(&keys))?))
}

/// Whole rows, as many as have room.
fn held(tx: &mut dyn VaultTx, asked: &Asked<'_>, rows: Selection<'_>) -> Result<Held, Stop> {
    let limit = limits::RECORDS_MAX + 1;
    let listed = tx.list_rows(rows, limit)?;
    let mut room = PageRoom::new(asked.limits.page_bytes_max, asked.limits);
    let mut sequences = Vec::new();
    let mut more = listed.len() == limit;
    let mut groups: Vec<_> = listed.chunk_by(|a, b| a.row == b.row).collect();
    if more {
        // The last row may go on behind the limit.
        groups.pop();
    }
    for group in groups {
        if !room.take_row(group.iter().map(|record| record.weight as usize)) {
            more = true;
            break;
        }
        sequences.extend(group.iter().map(|record| record.sequence));
    }
    let records = intact(tx.records(&sequences)?)?;
    let records: Vec<SealedRecord> = records.into_iter().map(|stored| stored.record).collect();
    Ok(Held { records, more })
}

fn intact(records: Vec<Stored>) -> Result<Vec<Stored>, Stop> {
    let damaged = records.iter().filter(|stored| stored.is_damaged());
    let damaged: BTreeSet<OpaqueKey> = damaged.map(|stored| stored.record.row).collect();
    if damaged.is_empty() { Ok(records) } else { Err(Stop::Damaged(damaged)) }
}

fn admitted(
    tx: &mut dyn VaultTx,
    asked: &Asked<'_>,
    standing: &Standing,
) -> Result<DeviceState, Stop> {
    let places = places(tx, standing)?;
    let device = tx.device(asked.device)?;
    admit(standing, places, &device)?;
    Ok(device)
}

fn places(tx: &mut dyn VaultTx, standing: &Standing) -> StoreResult<Places> {
    Places::look_up(standing, |place| knows(tx, place))
}

fn knows(tx: &mut dyn VaultTx, place: &Place) -> StoreResult<bool> {
    Ok(place.sequence > 0 && tx.push_at(place.sequence)? == Some(place.push))
}
