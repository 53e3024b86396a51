//! Backends: added, switched, removed. Their settings are those of a native device.

use runlog_core::change::ChangeNumber;
use runlog_core::json;
use runlog_core::order;
use runlog_core::store::{BACKEND_NAME_BYTES_MAX, Backend, Store};
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::super::arguments::arguments;
use super::super::shape::BackendName;
use super::super::{Api, ApiError};

/// What a backend's settings hold: where the relay is, and never a secret.
fn settings(url: &str) -> Vec<u8> {
    json::text(&json!({ "url": url })).into_bytes()
}

/// The address of a backend; empty where another program's settings cannot be read.
pub(in super::super) fn url_of(backend: &Backend) -> String {
    let settings = std::str::from_utf8(&backend.settings).unwrap_or_default();
    let settings: Value = settings.parse().unwrap_or_default();
    settings["url"].as_str().unwrap_or_default().to_owned()
}

arguments! {
    /// Adds a backend.
    #[derive(Debug)]
    pub(super) struct Add {
        id: BackendName,
        name: String,
        url: String,
        /// Whether to look only whether it can be added.
        dry: bool = false,
    }

    /// Names a backend.
    #[derive(Debug)]
    pub(super) struct Named {
        id: BackendName,
    }

    /// Switches a backend.
    #[derive(Debug)]
    pub(super) struct Enable {
        id: BackendName,
        enabled: bool,
    }

    /// Switches all syncing.
    #[derive(Debug)]
    pub(super) struct Switch {
        on: bool,
    }
}

impl<S: Store> Api<S> {
    pub(super) fn backends(&mut self) -> Result<Value, ApiError> {
        let backends = self.backends_in_order()?;
        Ok(backends.iter().map(shown).collect())
    }

    pub(in super::super) fn backends_in_order(&mut self) -> Result<Vec<Backend>, ApiError> {
        let mut backends = self.history.read(|reader| Ok(reader.tx().backends()?))?;
        order::sort_by_key(&mut backends, |backend| (backend.added_at, backend.id));
        Ok(backends)
    }

    /// Adds a backend. One with the same id and address is there already where the call is sent again.
    pub(super) fn add_backend(&mut self, add: Add, now: Timestamp) -> Result<Value, ApiError> {
        let limit = BACKEND_NAME_BYTES_MAX;
        if add.name.is_empty() || add.name.len() > limit {
            return Err(ApiError::invalid("name", format!("it has 1 to {limit} bytes")));
        }
        let backends = self.backends_in_order()?;
        if let Some(held) = backends.iter().find(|held| held.id == add.id.0)
            && url_of(held) == add.url
        {
            return Ok(shown(held));
        }
        if backends.iter().any(|held| held.name == add.name || held.id == add.id.0) {
            let text = format!("there is a backend '{}' already", add.name);
            return Err(ApiError::refused("backendExists", text));
        }
        let backend = Backend {
            id: add.id.0,
            name: add.name,
            settings: settings(&add.url),
            added_at: now,
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        if !add.dry {
            self.history.write(now, |writer| writer.put_backend(&backend))?;
        }
        Ok(shown(&backend))
    }

    pub(super) fn remove_backend(
        &mut self,
        named: &Named,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        self.history.write(now, |writer| writer.remove_backend(named.id.0))?;
        Ok(Value::Null)
    }

    pub(super) fn enable_backend(
        &mut self,
        enable: &Enable,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let found = self.history.write(now, |writer| {
            let backends = writer.reader().tx().backends()?;
            let Some(mut backend) = backends.into_iter().find(|held| held.id == enable.id.0) else {
                return Ok(false);
            };
            backend.enabled = enable.enabled;
            writer.put_backend(&backend).map(|()| true)
        })?;
        if found { Ok(Value::Null) } else { Err(ApiError::unknown_backend(enable.id.0)) }
    }

    pub(super) fn enable(&mut self, switch: &Switch, now: Timestamp) -> Result<Value, ApiError> {
        self.history.write(now, |writer| writer.set_sync_on(switch.on))?;
        Ok(Value::Null)
    }
}

fn shown(backend: &Backend) -> Value {
    json!({
        "id": backend.id,
        "name": backend.name,
        "url": url_of(backend),
        "enabled": backend.enabled,
    })
}
