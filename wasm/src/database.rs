//! What JavaScript sees: a database, opened on OPFS or in memory, and its calls.

use std::cell::RefCell;

use js_sys::{Date, Object, Reflect};
use runlog_core::history::{History, HistoryError};
use runlog_core::id::DeviceId;
use runlog_core::time::Timestamp;
use runlog_sqlite::{Journal, Options, SqliteStore};
use wasm_bindgen::prelude::*;

use crate::api::{Api, ApiError, Call};
use crate::{OpenError, OpfsPool, open_store};

/// The file of a history in its pool.
const FILE: &str = "history.db";

/// A history, for the worker that owns it.
#[wasm_bindgen]
pub struct Database {
    api: RefCell<Api<SqliteStore>>,
    pool: Option<OpfsPool>,
}

#[wasm_bindgen]
impl Database {
    /// Opens the history in an OPFS directory; it is made where it is missing.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    #[wasm_bindgen(js_name = openOpfs)]
    pub async fn open_opfs(directory: &str) -> Result<Self, JsValue> {
        let pool = OpfsPool::install(directory, OpfsPool::SLOTS_DEFAULT).await;
        let pool = pool.map_err(|error| thrown(error.code(), &error.to_string()))?;
        let store = open_store(&pool, FILE).map_err(|error| match &error {
            OpenError::Opfs(opfs) => thrown(opfs.code(), &error.to_string()),
            OpenError::Store(store) => from_api(&ApiError::History(store.clone().into())),
        })?;
        Self::of(store, Some(pool))
    }

    /// Opens a history in memory: it ends with the worker.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    #[wasm_bindgen(js_name = openMemory)]
    pub fn open_memory() -> Result<Self, JsValue> {
        let connection = rusqlite::Connection::open_in_memory();
        let connection = connection.map_err(|error| thrown("storage", &error.to_string()))?;
        let options = Options { journal: Journal::Unchanged, ..Options::default() };
        let store = SqliteStore::open(connection, options, now())
            .map_err(|error| from_api(&ApiError::History(error.into())))?;
        Self::of(store, None)
    }

    fn of(store: SqliteStore, pool: Option<OpfsPool>) -> Result<Self, JsValue> {
        let mut device = [0; 16];
        getrandom::fill(&mut device).map_err(|error| thrown("storage", &error.to_string()))?;
        let api = History::open(store, DeviceId::from_bytes(device))
            .map_err(|error: HistoryError| ApiError::from(error))
            .and_then(|history| Api::new(history, now()))
            .map_err(|error| from_api(&error))?;
        Ok(Self { api: RefCell::new(api), pool })
    }

    /// Carries out a call, given in JSON, and gives its answer in JSON.
    ///
    /// # Errors
    /// An object with `code` and `message`; nothing was done.
    pub fn call(&self, call: &str) -> Result<String, JsValue> {
        let answer = Call::parse(call)
            .and_then(|call| self.api.borrow_mut().call(&call, now()))
            .map_err(|error| from_api(&error))?;
        Ok(answer.to_string())
    }

    /// Closes the history, so that another worker can open it.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    pub fn close(self) -> Result<(), JsValue> {
        let connection = self.api.into_inner().into_history().into_store().into_connection();
        connection.close().map_err(|(_, error)| thrown("storage", &error.to_string()))?;
        match self.pool {
            Some(pool) => pool.pause().map_err(|error| thrown(error.code(), &error.to_string())),
            None => Ok(()),
        }
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

fn from_api(error: &ApiError) -> JsValue {
    thrown(error.code(), &error.to_string())
}

fn thrown(code: &str, message: &str) -> JsValue {
    let error = Object::new();
    // On an object of our own, setting a property cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    let _ = Reflect::set(&error, &"message".into(), &message.into());
    error.into()
}
