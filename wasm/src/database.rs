//! What JavaScript sees: a database, opened on OPFS or in memory, and its calls.

use std::cell::RefCell;

use js_sys::{Date, Object, Reflect, Uint8Array};
use runlog_core::history::{History, HistoryError};
use runlog_core::id::DeviceId;
use runlog_core::json;
use runlog_core::store::StoreError;
use runlog_core::time::Timestamp;
use runlog_sqlite::{SqliteStore, store_error};
use wasm_bindgen::prelude::*;

use crate::api::{Api, ApiError, Call, Heard, Step};
use crate::files::Files;
use crate::{OpenError, OpfsError, OpfsPool};

/// A history, for the worker that owns it.
#[wasm_bindgen]
pub struct Database {
    pub(crate) api: RefCell<Api<SqliteStore>>,
    pub(crate) files: Files,
    /// Whether the history was made when it was opened.
    #[wasm_bindgen(js_name = isNew, readonly)]
    pub is_new: bool,
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
        Self::open(Files::Opfs(pool))
    }

    /// Opens a history in memory: it ends with the worker.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    #[wasm_bindgen(js_name = openMemory)]
    pub fn open_memory() -> Result<Self, JsValue> {
        Self::open(Files::Memory)
    }

    /// What cannot be opened is given free.
    fn open(files: Files) -> Result<Self, JsValue> {
        let device = random_device().map_err(refused)?;
        let is_new = files.is_empty().map_err(|error| refused(error.into()))?;
        let opened = files.open(now()).map_err(unreadable).and_then(|store| {
            History::open(store, device)
                .map_err(|error: HistoryError| ApiError::from(error))
                .and_then(|history| Api::new(history, now()))
                .map_err(|error| from_api(&error))
        });
        match opened {
            Ok(api) => Ok(Self { api: RefCell::new(api), files, is_new }),
            Err(error) => {
                files.release().map_err(|error| refused(error.into()))?;
                Err(error)
            }
        }
    }

    /// Carries out a call, given in JSON, and gives its answer in JSON.
    ///
    /// # Errors
    /// An object with `code` and `message`; nothing was done.
    pub fn call(&self, call: &str) -> Result<String, JsValue> {
        let answer = Call::parse(call)
            .and_then(|call| self.api.borrow_mut().call(call, now()))
            .map_err(|error| from_api(&error))?;
        Ok(json::text(&answer))
    }

    /// Carries out a call of the worker itself, given in JSON, and gives its answer in JSON.
    ///
    /// # Errors
    /// An object with `code` and `message`; nothing was done.
    #[wasm_bindgen(js_name = ownerCall)]
    pub fn owner_call(&self, call: &str) -> Result<String, JsValue> {
        let call = Call::parse(call).map_err(|error| from_api(&error))?;
        let answer = self.api.borrow_mut().owner_call(call, now(), &mut random);
        Ok(json::text(&answer.map_err(|error| from_api(&error))?))
    }

    /// Goes on by one step of the sync under way.
    ///
    /// # Errors
    /// An object with `code` and `message`; nothing was done by the step.
    #[wasm_bindgen(js_name = pollJob, unchecked_return_type = "JobStep")]
    pub fn poll_job(&self) -> Result<JsValue, JsValue> {
        let step = self.timed(|api| api.poll_job(now(), &mut random));
        Ok(match step.map_err(|error| from_api(&error))? {
            Step::Continue => object(&[("kind", "continue".into())]),
            Step::Done => object(&[("kind", "done".into())]),
            Step::Send { backend, device, body } => object(&[
                ("kind", "send".into()),
                ("backend", backend.to_string().into()),
                ("device", device.to_string().into()),
                ("body", Uint8Array::from(body.as_slice()).into()),
            ]),
        })
    }

    /// Does what does not depend on the answer that is waited for.
    ///
    /// # Errors
    /// An object with `code` and `message`; nothing was done.
    #[wasm_bindgen(js_name = workAhead)]
    pub fn work_ahead(&self) -> Result<(), JsValue> {
        let done = self.timed(|api| api.work_ahead(&mut random));
        done.map_err(|error| from_api(&error))
    }

    /// Hands over the answer of a relay. A refusal that another attempt may turn is given back unless
    /// this is the last one.
    ///
    /// # Errors
    /// An object with `code` and `message` where the bytes are no answer.
    #[wasm_bindgen(js_name = answerJob, unchecked_return_type = "JobHeard")]
    pub fn answer_job(&self, body: &[u8], last: bool) -> Result<JsValue, JsValue> {
        let heard = self.api.borrow_mut().answer_job(body, last);
        Ok(match heard.map_err(|error| from_api(&error))? {
            Heard::Taken => object(&[("kind", "taken".into())]),
            Heard::Again { code, after_ms } => object(&[
                ("kind", "again".into()),
                ("code", code.into()),
                ("afterMs", after_ms.into()),
            ]),
        })
    }

    /// Tells the sync that the relay lets this device in no more, or does not know the vault.
    #[wasm_bindgen(js_name = refuseJob)]
    pub fn refuse_job(&self, knows_vault: bool) {
        self.api.borrow_mut().refuse_job(knows_vault);
    }

    /// Tells the sync that no relay answered.
    #[wasm_bindgen(js_name = failJob)]
    pub fn fail_job(&self, message: &str) {
        self.api.borrow_mut().fail_job(message);
    }

    /// Tells the sync to stop at its next step.
    #[wasm_bindgen(js_name = cancelJob)]
    pub fn cancel_job(&self) {
        self.api.borrow_mut().cancel_job();
    }

    /// How many entities the sync under way has changed here and there.
    #[wasm_bindgen(js_name = jobChanges)]
    pub fn job_changes(&self) -> f64 {
        self.api.borrow().job_changes() as f64
    }

    /// Closes the history, so that another worker can open it.
    ///
    /// # Errors
    /// An object with `code` and `message`.
    pub fn close(self) -> Result<(), JsValue> {
        let connection = self.api.into_inner().into_history().into_store().into_connection();
        connection.close().map_err(|(_, error)| thrown("storage", &error.to_string()))?;
        self.files.release().map_err(|error| refused(error.into()))
    }
}

impl Database {
    /// Does a part of a sync, and tells the sync how long it took.
    fn timed<T>(&self, work: impl FnOnce(&mut Api<SqliteStore>) -> T) -> T {
        let mut api = self.api.borrow_mut();
        let began = Date::now();
        let done = work(&mut api);
        api.job_took(Date::now() - began);
        done
    }
}

/// The types of what is given as plain objects.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export type JobStep =
  | { readonly kind: "continue" }
  | { readonly kind: "done" }
  | { readonly kind: "send"; readonly backend: string; readonly device: string; readonly body: Uint8Array };
export type JobHeard =
  | { readonly kind: "taken" }
  | { readonly kind: "again"; readonly code: "busy" | "relay_failed" | "unauthorised"; readonly afterMs: number };
"#;

/// Randomness of the browser, which always has some.
fn random(bytes: &mut [u8]) {
    #[expect(clippy::expect_used, reason = "nothing can be sealed without randomness")]
    getrandom::fill(bytes).expect("a browser has random numbers");
}

/// An identity for a new device.
pub(crate) fn random_device() -> Result<DeviceId, OpenError> {
    let mut device = [0; 16];
    let failed = |error: getrandom::Error| StoreError::Io { detail: error.to_string() };
    getrandom::fill(&mut device).map_err(failed)?;
    Ok(DeviceId::from_bytes(device))
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

pub(crate) fn from_api(error: &ApiError) -> JsValue {
    thrown(error.code(), &error.to_string())
}

/// A file of ours that is no database has been damaged.
fn unreadable(error: OpenError) -> JsValue {
    match error {
        OpenError::Store(StoreError::NotADatabase { detail } | StoreError::Foreign { detail }) => {
            refused(StoreError::Corrupt { detail }.into())
        }
        OpenError::Opfs(OpfsError::Sqlite(error)) => unreadable(store_error(&error).into()),
        error => refused(error),
    }
}

/// What JavaScript gets of it.
pub(crate) fn refused(error: OpenError) -> JsValue {
    match error {
        OpenError::Opfs(OpfsError::Sqlite(error)) => refused(store_error(&error).into()),
        OpenError::Opfs(error) => thrown(error.code(), &error.to_string()),
        OpenError::Store(error) => from_api(&ApiError::History(error.into())),
    }
}

fn thrown(code: &str, message: &str) -> JsValue {
    object(&[("code", code.into()), ("message", message.into())])
}

fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // On an object of our own, setting a property cannot fail.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
