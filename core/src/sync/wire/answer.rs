//! Bytes of answers.

use super::batch::{BatchReader, BatchWriter};
use super::{
    close, flag, head, limits, open, option, place, put_option, put_place, put_time, put_token,
    time, token, within,
};
use crate::clock::ClockTime;
use crate::codec::{DecodeError, Reader, put_bytes, put_varint};
use crate::sealed::{Digest, TableTag};
use crate::sync::message::{
    Answer, Delivered, Held, Page, Parts, Pushed, Reason, Refusal, Resolved, VaultState, Verdict,
};

const PAGE: u8 = 0x81;
const PUSHED: u8 = 0x82;
const RESOLVED: u8 = 0x83;
const PARTS: u8 = 0x84;
const HELD: u8 = 0x85;
const REFUSED: u8 = 0xff;

/// The bytes of an answer.
///
/// # Errors
/// What [`decode_answer`] would refuse. A refusal is always written; a text longer than
/// [`limits::TEXT_BYTES_MAX`] is cut.
pub fn encode_answer(answer: &Answer) -> Result<Vec<u8>, DecodeError> {
    close(match answer {
        Answer::Page(page) => encode_page(page)?,
        Answer::Pushed(pushed) => encode_pushed(pushed)?,
        Answer::Resolved(resolved) => {
            let mut into = head(RESOLVED);
            into.push(resolved.accepted.into());
            put_option(&mut into, resolved.token, put_token);
            put_option(&mut into, resolved.sent, put_place);
            into
        }
        Answer::Parts(parts) => {
            let mut into = head(PARTS);
            put_varint(&mut into, parts.head);
            within("parts", parts.parts.len(), 256)?;
            put_varint(&mut into, parts.parts.len() as u64);
            for (part, digest) in &parts.parts {
                into.push(*part);
                put_digest(&mut into, digest);
            }
            into
        }
        Answer::Held(held) => {
            let mut into = head(HELD);
            into.push(held.more.into());
            let mut batch = BatchWriter::new();
            held.records.iter().try_for_each(|record| batch.record(record))?;
            batch.finish(&mut into);
            into
        }
        Answer::Refused(refusal) => encode_refusal(refusal),
    })
}

/// Reads an answer; `bytes` must hold nothing else.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_answer`] does not write.
pub fn decode_answer(bytes: &[u8]) -> Result<Answer, DecodeError> {
    let (kind, mut reader) = open(bytes)?;
    let from = &mut reader;
    let answer = match kind {
        PAGE => Answer::Page(decode_page(from)?),
        PUSHED => Answer::Pushed(Pushed {
            token: token(from)?,
            sent: option(from, place)?,
            verdicts: verdicts(from)?,
            state: state(from)?,
        }),
        RESOLVED => Answer::Resolved(Resolved {
            accepted: flag(from)?,
            token: option(from, token)?,
            sent: option(from, place)?,
        }),
        PARTS => Answer::Parts(Parts { head: from.varint()?, parts: parts(from)? }),
        HELD => {
            let more = flag(from)?;
            let batch = BatchReader::open(from)?;
            let records = (0..batch.count).map(|_| batch.record(from)).collect::<Result<_, _>>()?;
            Answer::Held(Held { records, more })
        }
        REFUSED => Answer::Refused(decode_refusal(from)?),
        _ => return Err(DecodeError::Malformed { what: "kinds of answers" }),
    };
    reader.finish()?;
    Ok(answer)
}

fn encode_page(page: &Page) -> Result<Vec<u8>, DecodeError> {
    let mut into = head(PAGE);
    put_option(&mut into, page.next, put_place);
    into.push(page.more.into());
    put_state(&mut into, &page.state)?;
    let mut batch = BatchWriter::new();
    let mut last = 0;
    for delivered in &page.records {
        batch.record(&delivered.record)?;
        // Sequences ascend, so that a step is one byte.
        let step = delivered.sequence.checked_sub(last);
        batch.number(step.ok_or(DecodeError::Malformed { what: "sequences" })?);
        last = delivered.sequence;
        batch.device(delivered.pusher);
    }
    batch.finish(&mut into);
    Ok(into)
}

fn decode_page(from: &mut Reader<'_>) -> Result<Page, DecodeError> {
    let next = option(from, place)?;
    let more = flag(from)?;
    let state = state(from)?;
    let batch = BatchReader::open(from)?;
    let mut last = 0u64;
    let mut records = Vec::with_capacity(batch.count);
    for _ in 0..batch.count {
        let record = batch.record(from)?;
        let sequence = last.checked_add(from.varint()?);
        last = sequence.ok_or(DecodeError::Malformed { what: "sequences" })?;
        records.push(Delivered { sequence: last, pusher: batch.device(from)?, record });
    }
    Ok(Page { records, next, more, state })
}

fn encode_pushed(pushed: &Pushed) -> Result<Vec<u8>, DecodeError> {
    let mut into = head(PUSHED);
    put_token(&mut into, pushed.token);
    put_option(&mut into, pushed.sent, put_place);
    within("verdicts", pushed.verdicts.len(), limits::RECORDS_MAX)?;
    let runs: Vec<&[Verdict]> = pushed.verdicts.chunk_by(|a, b| a == b).collect();
    put_varint(&mut into, runs.len() as u64);
    for run in runs {
        into.push(verdict_code(run[0]));
        put_varint(&mut into, run.len() as u64);
    }
    put_state(&mut into, &pushed.state)?;
    Ok(into)
}

const REFUSED_RECORD: u8 = 16;

fn verdict_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Accepted => 1,
        Verdict::Known => 2,
        Verdict::Dropped => 3,
        Verdict::Refused(Reason::ClockAhead) => REFUSED_RECORD,
        Verdict::Refused(Reason::Quota) => REFUSED_RECORD + 1,
        Verdict::Refused(Reason::TooLarge) => REFUSED_RECORD + 2,
    }
}

/// Runs of equal verdicts. Their sum is bounded, so that a few bytes claim no more memory than the
/// largest honest answer takes.
fn verdicts(from: &mut Reader<'_>) -> Result<Vec<Verdict>, DecodeError> {
    let runs = from.length("verdicts", limits::RECORDS_MAX)?;
    let mut verdicts = Vec::new();
    for _ in 0..runs {
        let verdict = match from.u8()? {
            1 => Verdict::Accepted,
            2 => Verdict::Known,
            3 => Verdict::Dropped,
            REFUSED_RECORD => Verdict::Refused(Reason::ClockAhead),
            17 => Verdict::Refused(Reason::Quota),
            18 => Verdict::Refused(Reason::TooLarge),
            _ => return Err(DecodeError::Malformed { what: "verdicts" }),
        };
        let count = from.varint()?;
        let sum = count.saturating_add(verdicts.len() as u64);
        within("verdicts", usize::try_from(sum).unwrap_or(usize::MAX), limits::RECORDS_MAX)?;
        if count == 0 || verdicts.last() == Some(&verdict) {
            return Err(DecodeError::Malformed { what: "verdicts" });
        }
        verdicts.extend(std::iter::repeat_n(verdict, count as usize));
    }
    Ok(verdicts)
}

fn put_digest(into: &mut Vec<u8>, digest: &Digest) {
    put_varint(into, digest.count);
    into.extend_from_slice(&digest.sum.to_be_bytes());
}

fn digest(from: &mut Reader<'_>) -> Result<Digest, DecodeError> {
    Ok(Digest { count: from.varint()?, sum: u128::from_be_bytes(from.array()?) })
}

fn parts(from: &mut Reader<'_>) -> Result<Vec<(u8, Digest)>, DecodeError> {
    let count = from.length("parts", 256)?;
    (0..count).map(|_| Ok((from.u8()?, digest(from)?))).collect()
}

fn put_state(into: &mut Vec<u8>, state: &VaultState) -> Result<(), DecodeError> {
    put_time(into, state.now);
    put_varint(into, state.head);
    into.extend_from_slice(&state.newest.packed().to_be_bytes());
    put_varint(into, state.bytes);
    put_varint(into, state.quota);
    put_varint(into, state.acknowledged);
    within("tables", state.digests.len(), limits::TABLES_MAX)?;
    put_varint(into, state.digests.len() as u64);
    for (table, digest) in &state.digests {
        into.extend_from_slice(&table.0);
        put_digest(into, digest);
    }
    Ok(())
}

fn state(from: &mut Reader<'_>) -> Result<VaultState, DecodeError> {
    let now = time(from)?;
    let head = from.varint()?;
    let newest = ClockTime::from_packed(from.u64()?);
    let (bytes, quota, acknowledged) = (from.varint()?, from.varint()?, from.varint()?);
    let count = from.length("tables", limits::TABLES_MAX)?;
    let digests = (0..count)
        .map(|_| Ok((TableTag(from.array()?), digest(from)?)))
        .collect::<Result<_, DecodeError>>()?;
    Ok(VaultState { now, head, newest, bytes, quota, acknowledged, digests })
}

fn encode_refusal(refusal: &Refusal) -> Vec<u8> {
    let mut into = head(REFUSED);
    match refusal {
        Refusal::Unauthorised => into.push(1),
        Refusal::ReadOnly => into.push(2),
        Refusal::Forked => into.push(3),
        Refusal::SetBack => into.push(4),
        Refusal::NoVault => into.push(5),
        Refusal::Version { asked, least, most } => into.extend([6, *asked, *least, *most]),
        Refusal::Busy { retry_after_ms } => {
            into.push(7);
            put_varint(&mut into, (*retry_after_ms).into());
        }
        Refusal::TooLarge { limit } => {
            into.push(8);
            put_varint(&mut into, *limit);
        }
        Refusal::Malformed(text) => {
            into.push(9);
            let end = text.floor_char_boundary(limits::TEXT_BYTES_MAX);
            put_bytes(&mut into, &text.as_bytes()[..end]);
        }
        Refusal::Failed => into.push(10),
    }
    into
}

fn decode_refusal(from: &mut Reader<'_>) -> Result<Refusal, DecodeError> {
    Ok(match from.u8()? {
        1 => Refusal::Unauthorised,
        2 => Refusal::ReadOnly,
        3 => Refusal::Forked,
        4 => Refusal::SetBack,
        5 => Refusal::NoVault,
        6 => Refusal::Version { asked: from.u8()?, least: from.u8()?, most: from.u8()? },
        7 => Refusal::Busy { retry_after_ms: from.varint_u32()? },
        8 => Refusal::TooLarge { limit: from.varint()? },
        9 => Refusal::Malformed(from.text("texts", limits::TEXT_BYTES_MAX)?.to_owned()),
        10 => Refusal::Failed,
        _ => return Err(DecodeError::Malformed { what: "refusals" }),
    })
}
