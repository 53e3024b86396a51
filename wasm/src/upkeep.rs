//! What JavaScript asks of a database as a file: its health, its bytes, another one in its place.

use js_sys::{Function, Number, Uint8Array};
use runlog_core::history::{History, HistoryError};
use runlog_core::json;
use runlog_core::store::StoreError;
use runlog_core::sync::engine::adopt_copy;
use runlog_core::sync::local::BackupNote;
use runlog_sqlite::copies::{check_pages, replace_content};
use runlog_sqlite::{Finding, SqliteStore, store_error};
use rusqlite::Connection;
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::database::{Database, from_api, now, random_device, refused};
use crate::files::{Files, open_alone};
use crate::{OpenError, OpfsError};

/// The size of the database in bytes, its journal, and what its commits wait for.
const FACTS: &str = "SELECT page_count * page_size, journal_mode, synchronous
    FROM pragma_page_count, pragma_page_size, pragma_journal_mode, pragma_synchronous";

#[wasm_bindgen]
impl Database {
    /// What is to be known of the file, in JSON: its size, how it is written, and what nobody else
    /// has.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    pub fn facts(&self) -> Result<String, JsValue> {
        let mut api = self.api.borrow_mut();
        let store = api.store_mut();
        let unsent = store.unsent().map_err(|error| refused(error.into()))?;
        let facts = store.connection().query_row(FACTS, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        });
        let (bytes, mode, synchronous) =
            facts.map_err(|error| refused(store_error(&error).into()))?;
        let synchronous = match synchronous {
            0 => "off",
            1 => "normal",
            2 => "full",
            _ => "extra",
        };
        let facts = json!({
            "databaseBytes": bytes,
            "journalMode": mode,
            "synchronous": synchronous,
            "atRisk": { "executions": unsent.executions, "changes": unsent.items },
        });
        Ok(json::text(&facts))
    }

    /// Moves what stands in the write-ahead log into the database, as far as that goes.
    ///
    /// # Errors
    /// An object with `code` and `message`; what is stored is safe in the log.
    pub fn checkpoint(&self) -> Result<(), JsValue> {
        let mut api = self.api.borrow_mut();
        let connection = api.store_mut().connection();
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
        moved.map_err(|error| refused(store_error(&error).into()))
    }

    /// Looks for damage and tells of what was found. Reads everything.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    pub fn check(&self) -> Result<Vec<String>, JsValue> {
        let found = self.api.borrow_mut().store_mut().check();
        match found {
            Ok(found) => Ok(found.iter().map(Finding::to_string).collect()),
            // So damaged that looking fails.
            Err(error @ (StoreError::Corrupt { .. } | StoreError::Decode(_))) => {
                Ok(vec![error.to_string()])
            }
            Err(error) => Err(refused(error.into())),
        }
    }

    /// Hands the bytes of a copy to `take`, in order. The copy knows that it is one. Where OPFS has no
    /// room for it, it is made in memory.
    ///
    /// # Errors
    /// An object with `code` and `message`, and what `take` throws.
    #[wasm_bindgen(js_name = exportTo)]
    pub fn export_to(&self, take: &Function) -> Result<(), JsValue> {
        let mut thrown_by_page = None;
        let exported = self.copied().and_then(|(files, copy)| {
            files.drain(copy, &mut |bytes| {
                take.call1(&JsValue::NULL, &Uint8Array::from(bytes)).map(|_| ()).map_err(|error| {
                    thrown_by_page = Some(error);
                    given_up()
                })
            })
        });
        exported.map_err(|error| thrown_by_page.unwrap_or_else(|| refused(error)))
    }

    /// Takes in another database of `size` bytes, of which `give(offset, length)` gives a part, checks
    /// it, and makes it one of another device. The history stays as it is until
    /// `replace`.
    ///
    /// # Errors
    /// An object with `code` and `message`, and what `give` throws; nothing was changed.
    pub fn stage(&self, size: f64, give: &Function) -> Result<Staged, JsValue> {
        let mut thrown_by_page = None;
        let mut source = |offset: u64, length: usize| {
            let (offset, length) = (Number::from(offset as f64), Number::from(length as f64));
            match give.call2(&JsValue::NULL, &offset, &length) {
                Ok(bytes) => Ok(Uint8Array::new(&bytes).to_vec()),
                Err(error) => {
                    thrown_by_page = Some(error);
                    Err(given_up())
                }
            }
        };
        let staged = self.files.filled(size as u64, &mut source).and_then(adopted);
        if staged.is_err() {
            self.files.clear().map_err(refused)?;
        }
        match (staged, thrown_by_page) {
            (Ok(store), _) => Ok(Staged(store.into_connection())),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(refused(error)),
        }
    }

    /// Puts what was staged in the place of the history, in one transaction.
    ///
    /// # Errors
    /// An object with `code` and `message`; the history is as it was.
    pub fn replace(&self, staged: Staged) -> Result<(), JsValue> {
        let mut api = self.api.borrow_mut();
        let replaced = api.store_mut().replace_with(&staged.0);
        let closed = staged.0.close().map_err(|(_, error)| store_error(&error).into());
        closed.and_then(|()| self.files.clear()).map_err(refused)?;
        replaced.map_err(|error| refused(error.into()))?;
        api.start_anew(now()).map_err(|error| from_api(&error))
    }

    /// A copy, and where it is.
    fn copied(&self) -> Result<(&Files, Connection), OpenError> {
        match self.copied_to(&self.files) {
            Err(error) if is_full(&error) => {
                self.files.clear()?;
                Ok((&Files::Memory, self.copied_to(&Files::Memory)?))
            }
            copied => Ok((&self.files, copied?)),
        }
    }

    fn copied_to(&self, files: &Files) -> Result<Connection, OpenError> {
        let mut copy = files.empty()?;
        replace_content(&mut copy, self.api.borrow_mut().store_mut().connection())?;
        check_pages(&copy)?;
        let store = open_alone(copy, now())?;
        let mut history = History::open(store, random_device()?).map_err(in_terms_of_opening)?;
        let note = BackupNote { at: now(), pauses: Vec::new() };
        history
            .write(now(), |writer| writer.set_backup_note(Some(&note)))
            .map_err(in_terms_of_opening)?;
        Ok(history.into_store().into_connection())
    }
}

/// A database that is about to take the place of the history.
#[wasm_bindgen]
pub struct Staged(Connection);

/// Checks a database that came from elsewhere and makes it one of another device.
fn adopted(connection: Connection) -> Result<SqliteStore, OpenError> {
    check_pages(&connection)?;
    let store = open_alone(connection, now())?;
    let mut history = History::open(store, random_device()?).map_err(in_terms_of_opening)?;
    let note = history.read(|reader| reader.backup_note()).map_err(in_terms_of_opening)?;
    let adopted = adopt_copy(&mut history, note.as_ref(), random_device()?, now());
    adopted.map_err(in_terms_of_opening)?;
    Ok(history.into_store())
}

fn is_full(error: &OpenError) -> bool {
    matches!(error, OpenError::Opfs(OpfsError::Full) | OpenError::Store(StoreError::Full))
}

fn in_terms_of_opening(error: HistoryError) -> OpenError {
    match error {
        HistoryError::Store(error) => error.into(),
        error => StoreError::Corrupt { detail: error.to_string() }.into(),
    }
}

/// Stands for an error that the page threw.
fn given_up() -> OpenError {
    StoreError::Io { detail: "the page gave up".to_owned() }.into()
}
