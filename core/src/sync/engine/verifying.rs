//! Comparing what is held here and there, and repairing what differs.

use crate::history::{History, HistoryError};
use crate::sealed::{Digest, TableTag};
use crate::store::Store;
use crate::sync::connection::Connection;
use crate::sync::digests::Digests;
use crate::sync::message::{Answer, Request};
use crate::sync::quarantine::SetAside;
use crate::sync::run::{SyncRun, Verification};
use crate::sync::vault::Vault;
use crate::time::Timestamp;

/// Compares digests; narrows down and repairs where they differ.
#[derive(Debug)]
pub(super) struct Verifier {
    digests: Option<(u64, Vec<(TableTag, Digest)>)>,
    connection: Connection,
    #[expect(dead_code)]
    thorough: bool,
}

impl Verifier {
    pub(super) fn new(
        digests: Option<(u64, Vec<(TableTag, Digest)>)>,
        connection: Connection,
        thorough: bool,
    ) -> Self {
        Self { digests, connection, thorough }
    }

    /// Goes on by one step. Says what to ask next; `None` when all is done.
    pub(super) fn go_on<S: Store>(
        &mut self,
        vault: &Vault,
        history: &mut History<S>,
        run: &mut SyncRun,
        _now: Timestamp,
    ) -> Result<Option<Request>, HistoryError> {
        let backend = run.backend;
        let (here, waits) = history.read(|reader| {
            let tx = reader.tx();
            let digests = Digests::read(tx)?;
            let held = tx.backends()?.into_iter().find(|held| held.id == backend);
            let newest = tx.counters()?.change;
            let behind = held.is_none_or(|held| held.sent < newest) || digests.upto < newest;
            let refused = !tx.rejections(backend, None, 1)?.is_empty();
            let aside = !SetAside::list(tx, backend, None, 1)?.is_empty();
            Ok((digests, behind || refused || aside))
        })?;
        let got = self.connection.standing.got.map_or(0, |place| place.sequence);
        let there = match &self.digests {
            Some((head, there)) if *head == got && !waits => there,
            _ => return Ok(None),
        };
        run.verification = compare(vault, &here, there);
        Ok(None)
    }

    /// Takes an answer to a request of its own. Says whether it was one.
    pub(super) fn answered<S: Store>(
        &mut self,
        _vault: &Vault,
        _history: &mut History<S>,
        _request: &Request,
        _answer: Answer,
        _run: &mut SyncRun,
        _now: Timestamp,
    ) -> Result<bool, HistoryError> {
        Ok(false)
    }
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
