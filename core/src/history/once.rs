//! Calls of clients that are carried out once, however often they are sent.
//!
//! A client that does not know whether its call was carried out (the process that answered died) sends
//! it again, to whoever answers now. The answer is noted in the transaction of the call, so either
//! both are there or neither.

use super::{HistoryError, HistoryReader, HistoryWriter};
use crate::codec::{DecodeError, Reader, put_bytes, put_varint};
use crate::store::{Room, StoreError};
use crate::time::Timestamp;

/// Which call of which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The client: random, of its own.
    pub client: [u8; 16],
    /// The call, ascending from 1.
    pub number: u64,
    /// The client has the answers of the calls up to this one, and will not send them again.
    pub answered: u64,
}

/// What a client was answered and may not have got.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answers {
    at: Timestamp,
    answers: Vec<(u64, Vec<u8>)>,
}

const PREFIX: &[u8] = b"client ";
const VERSION: u8 = 1;
/// Largest answer that is noted, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Most answers that a client leaves unacknowledged.
const ANSWERS_MAX: usize = 4_096;
/// A client that was not heard of for this long is gone, in milliseconds.
const GONE_AFTER_MS: u64 = 24 * 60 * 60 * 1000;
/// Clients that are looked at in one transaction.
const CLIENTS_AT_ONCE: usize = 1_000;

impl HistoryReader<'_> {
    /// What a call was answered, where it was carried out before.
    ///
    /// # Errors
    /// The store's own errors, and a note that cannot be read.
    pub fn answer_to(&self, ticket: &Ticket) -> Result<Option<Vec<u8>>, HistoryError> {
        let held = self.answers_to(ticket)?.answers.into_iter();
        Ok(held.filter(|(number, _)| *number == ticket.number).map(|(_, answer)| answer).next())
    }

    fn answers_to(&self, ticket: &Ticket) -> Result<Answers, HistoryError> {
        let note = self.tx().note(Room::Local, &key(ticket.client))?;
        let answers = note.map(|bytes| Answers::decode(&bytes)).transpose();
        Ok(answers.map_err(StoreError::Decode)?.unwrap_or_default())
    }
}

impl HistoryWriter<'_> {
    /// Notes what a call is answered, and forgets what the client has got.
    ///
    /// # Errors
    /// The store's own errors, and a note that cannot be read.
    pub fn note_answer(&mut self, ticket: &Ticket, answer: &[u8]) -> Result<(), HistoryError> {
        let mut held = self.reader().answers_to(ticket)?;
        held.at = self.now();
        held.answers.retain(|(number, _)| *number > ticket.answered);
        held.answers.push((ticket.number, answer.to_vec()));
        Ok(self.tx.put_note(Room::Local, &key(ticket.client), &held.encode())?)
    }

    /// Forgets clients that were not heard of for a day.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn forget_clients(&mut self) -> Result<(), HistoryError> {
        let now = self.now();
        for (key, value) in self.tx.notes(Room::Local, PREFIX, None, CLIENTS_AT_ONCE)? {
            let is_gone = Answers::decode(&value)
                .map_or(true, |answers| now.millis_since(answers.at) > GONE_AFTER_MS);
            if is_gone {
                self.tx.remove_note(Room::Local, &key)?;
            }
        }
        Ok(())
    }
}

fn key(client: [u8; 16]) -> Vec<u8> {
    [PREFIX, &client].concat()
}

impl Answers {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        put_varint(&mut bytes, self.answers.len() as u64);
        for (number, answer) in &self.answers {
            put_varint(&mut bytes, *number);
            put_bytes(&mut bytes, answer);
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { what: "answers to clients", version });
        }
        let at = Timestamp::from_millis(i64::from_be_bytes(reader.array()?));
        let count = reader.length("answers", ANSWERS_MAX)?;
        let answers = (0..count)
            .map(|_| {
                let number = reader.varint()?;
                Ok((number, reader.bytes("answers", ANSWER_BYTES_MAX)?.to_vec()))
            })
            .collect::<Result<_, DecodeError>>()?;
        reader.finish()?;
        Ok(Self { at, answers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::id::DeviceId;
    use crate::store::MemoryStore;

    #[test]
    fn an_answer_is_kept_until_the_client_has_it() {
        let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(1)).unwrap();
        let ticket = |number, answered| Ticket { client: [7; 16], number, answered };
        let at = Timestamp::from_millis(1_000);
        history.write(at, |tx| tx.note_answer(&ticket(1, 0), b"one")).unwrap();
        history.write(at, |tx| tx.note_answer(&ticket(2, 0), b"two")).unwrap();
        let mut answer = |number| history.read(|tx| tx.answer_to(&ticket(number, 0))).unwrap();
        assert_eq!(answer(1).as_deref(), Some(&b"one"[..]));
        assert_eq!(answer(2).as_deref(), Some(&b"two"[..]));
        assert_eq!(answer(3), None);
        history.write(at, |tx| tx.note_answer(&ticket(3, 2), b"three")).unwrap();
        let mut answer = |number| history.read(|tx| tx.answer_to(&ticket(number, 0))).unwrap();
        assert_eq!((answer(1), answer(2)), (None, None));
        assert_eq!(answer(3).as_deref(), Some(&b"three"[..]));
        let other = Ticket { client: [8; 16], ..ticket(3, 0) };
        assert_eq!(history.read(|tx| tx.answer_to(&other)).unwrap(), None);
    }

    #[test]
    fn a_client_that_is_gone_is_forgotten() {
        let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(1)).unwrap();
        let ticket = |client| Ticket { client: [client; 16], number: 1, answered: 0 };
        let at = |ms| Timestamp::from_millis(ms);
        history.write(at(0), |tx| tx.note_answer(&ticket(1), b"")).unwrap();
        history.write(at(10), |tx| tx.note_answer(&ticket(2), b"")).unwrap();
        let day = GONE_AFTER_MS as i64;
        history.write(at(day + 5), |tx| tx.forget_clients()).unwrap();
        let held = |client| move |tx: &HistoryReader<'_>| tx.answer_to(&ticket(client));
        assert_eq!(history.read(held(1)).unwrap(), None);
        assert_eq!(history.read(held(2)).unwrap(), Some(Vec::new()));
    }
}
