//! Bytes of requests.

use super::batch::{BatchReader, BatchWriter};
use super::{
    close, flag, head, keys, limits, open, place, put_keys, put_option, put_place, put_standing,
    put_time, standing, time,
};
use crate::codec::{DecodeError, Reader, put_varint};
use crate::sealed::{OpaqueKey, PushId, TableTag};
use crate::sync::message::{Compare, Describe, Fetch, Pull, Push, Request, Resolve, Restart};

const PULL: u8 = 1;
const PUSH: u8 = 2;
const RESOLVE: u8 = 3;
const COMPARE: u8 = 4;
const DESCRIBE: u8 = 5;
const FETCH: u8 = 6;
const RESTART: u8 = 7;

/// The bytes of a request.
///
/// # Errors
/// What [`decode_request`] would refuse: a list or a value above its limit, columns out of order.
pub fn encode_request(request: &Request) -> Result<Vec<u8>, DecodeError> {
    close(match request {
        Request::Pull(pull) => {
            let mut into = head(PULL);
            put_standing(&mut into, &pull.standing);
            into.push(pull.with_own.into());
            put_varint(&mut into, pull.bytes_max.into());
            put_time(&mut into, pull.now);
            into.push(pull.caught_up.into());
            into
        }
        Request::Push(push) => encode_push(push)?,
        Request::Resolve(resolve) => {
            let mut into = head(RESOLVE);
            put_standing(&mut into, &resolve.standing);
            into.extend_from_slice(&resolve.id.0);
            into
        }
        Request::Compare(compare) => {
            let mut into = head(COMPARE);
            put_standing(&mut into, &compare.standing);
            into.extend_from_slice(&compare.table.0);
            into
        }
        Request::Describe(describe) => {
            let mut into = head(DESCRIBE);
            put_standing(&mut into, &describe.standing);
            into.extend_from_slice(&describe.table.0);
            into.push(describe.part);
            put_option(&mut into, describe.after, |into, row| into.extend_from_slice(&row.0));
            into
        }
        Request::Fetch(fetch) => {
            let mut into = head(FETCH);
            put_standing(&mut into, &fetch.standing);
            put_keys(&mut into, &fetch.rows, limits::FETCH_ROWS_MAX)?;
            into
        }
        Request::Restart(restart) => {
            let mut into = head(RESTART);
            put_place(&mut into, restart.lost);
            into
        }
    })
}

fn encode_push(push: &Push) -> Result<Vec<u8>, DecodeError> {
    let mut into = head(PUSH);
    put_standing(&mut into, &push.standing);
    into.extend_from_slice(&push.id.0);
    let mut batch = BatchWriter::new();
    push.records.iter().try_for_each(|record| batch.record(record))?;
    batch.finish(&mut into);
    Ok(into)
}

/// Reads a request; `bytes` must hold nothing else.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_request`] does not write.
pub fn decode_request(bytes: &[u8]) -> Result<Request, DecodeError> {
    let (kind, mut reader) = open(bytes)?;
    let from = &mut reader;
    let request = match kind {
        PULL => Request::Pull(Pull {
            standing: standing(from)?,
            with_own: flag(from)?,
            bytes_max: from.varint_u32()?,
            now: time(from)?,
            caught_up: flag(from)?,
        }),
        PUSH => Request::Push(decode_push(from)?),
        RESOLVE => {
            Request::Resolve(Resolve { standing: standing(from)?, id: PushId(from.array()?) })
        }
        COMPARE => {
            Request::Compare(Compare { standing: standing(from)?, table: TableTag(from.array()?) })
        }
        DESCRIBE => Request::Describe(Describe {
            standing: standing(from)?,
            table: TableTag(from.array()?),
            part: from.u8()?,
            after: super::option(from, |reader| reader.array().map(OpaqueKey))?,
        }),
        FETCH => Request::Fetch(Fetch {
            standing: standing(from)?,
            rows: keys(from, limits::FETCH_ROWS_MAX)?,
        }),
        RESTART => Request::Restart(Restart { lost: place(from)? }),
        _ => return Err(DecodeError::Malformed { what: "kinds of requests" }),
    };
    reader.finish()?;
    Ok(request)
}

fn decode_push(from: &mut Reader<'_>) -> Result<Push, DecodeError> {
    let standing = standing(from)?;
    let id = PushId(from.array()?);
    let batch = BatchReader::open(from)?;
    let records = (0..batch.count).map(|_| batch.record(from)).collect::<Result<_, _>>()?;
    Ok(Push { standing, id, records })
}
