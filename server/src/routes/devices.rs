//! Devices of a vault: let in, listed, shut out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json as Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use runlog_core::id::DeviceId;
use runlog_core::sealed::VaultId;
use serde::{Deserialize, Serialize};

use super::{Json, vault};
use crate::app::{App, bearer};
use crate::problem::Problem;
use crate::secret::{self, hex};
use crate::store::{AccessTx, AccountId, Hash, NewDevice, Role, StoreResult};

#[derive(Deserialize)]
pub(super) struct AddDevice {
    device: Named,
    /// What it may do at most: `reader` or `writer`, `writer` unless told.
    role: Option<Role>,
}

/// A UUID in JSON.
struct Named(DeviceId);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize)]
pub(super) struct Added {
    token: String,
}

/// Who manages devices: a member's account, or whoever has the vault's access key.
enum Manager {
    Account(AccountId, Role),
    KeyHolder,
}

/// The access key is 32 bytes, shown as 64 hexadecimal digits.
struct Shown {
    token: Hash,
    key: Option<Hash>,
}

fn shown(headers: &HeaderMap) -> Result<Shown, Problem> {
    let secret = bearer(headers)?;
    let key = hex::<32>(secret).map(|key| secret::hash(&key));
    Ok(Shown { token: secret::hash(secret.as_bytes()), key })
}

fn manager(
    tx: &mut dyn AccessTx,
    vault: VaultId,
    shown: &Shown,
) -> StoreResult<Result<Manager, Problem>> {
    if let (Some(verifier), Some(key)) = (tx.verifier(vault)?, shown.key)
        && secret::same(&verifier, &key)
    {
        return Ok(Ok(Manager::KeyHolder));
    }
    let account = tx.account(&shown.token)?;
    let Some(account) = account.filter(|account| secret::same(&account.token, &shown.token)) else {
        return Ok(Err(Problem::Unauthorised));
    };
    let role = tx.role(vault, &account.id)?;
    Ok(role.map(|role| Manager::Account(account.id, role)).ok_or(Problem::NotFound))
}

/// `POST /v1/vaults/{vault}/devices`: a token for a device. A device that is in gets another token.
pub(super) async fn add(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<AddDevice>,
) -> Result<(StatusCode, Body<Added>), Problem> {
    app.count_address(address.ip())?;
    let (vault, shown, now) = (vault(&name)?, shown(&headers)?, app.now());
    if asked.device.0 == DeviceId::NIL {
        return Err(Problem::Malformed("the device of all zeros is nobody's"));
    }
    let token = secret::token("rldevice");
    let hash = secret::hash(token.as_bytes());
    let result = app.access(true, move |tx| {
        let manager = match manager(tx, vault, &shown)? {
            Ok(manager) => manager,
            Err(problem) => return Ok(Err(problem)),
        };
        let wanted = asked.role.unwrap_or(Role::Writer).min(Role::Writer);
        let (role, account) = match manager {
            Manager::Account(account, role) => (wanted.min(role), Some(account)),
            Manager::KeyHolder => (wanted, None),
        };
        let device = NewDevice { id: asked.device.0, token: hash, role, account };
        let taken = tx.add_device(vault, &device, now)?;
        Ok(if taken { Ok(()) } else { Err(Problem::Forbidden) })
    });
    result.await??;
    Ok((StatusCode::CREATED, Body(Added { token })))
}

#[derive(Serialize)]
pub(super) struct Listed {
    device: DeviceId,
    role: Option<Role>,
    created_at: runlog_core::time::Timestamp,
    seen_at: Option<runlog_core::time::Timestamp>,
    revoked: bool,
}

/// `GET /v1/vaults/{vault}/devices`.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Body<Vec<Listed>>, Problem> {
    app.count_address(address.ip())?;
    let (vault, shown) = (vault(&name)?, shown(&headers)?);
    let devices = app.access(false, move |tx| match manager(tx, vault, &shown)? {
        Ok(_) => Ok(Ok(tx.devices(vault)?)),
        Err(problem) => Ok(Err(problem)),
    });
    let listed = devices.await??.into_iter().map(|entry| Listed {
        device: entry.id,
        role: entry.role,
        created_at: entry.created_at,
        seen_at: entry.seen_at,
        revoked: entry.revoked,
    });
    Ok(Body(listed.collect()))
}

/// `DELETE /v1/vaults/{vault}/devices/{device}`: by an owner or writer, or with the access key.
/// Until the vault's keys are rotated this only closes the relay's door.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((name, device)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    app.count_address(address.ip())?;
    let (vault, shown) = (vault(&name)?, shown(&headers)?);
    let device: DeviceId = device.parse().map_err(|_| Problem::Malformed("a device is a UUID"))?;
    let result = app.access(true, move |tx| {
        match manager(tx, vault, &shown)? {
            Ok(Manager::Account(_, Role::Reader)) => return Ok(Err(Problem::Forbidden)),
            Ok(_) => {}
            Err(problem) => return Ok(Err(problem)),
        }
        let found = tx.revoke(vault, device)?;
        Ok(if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound) })
    });
    result.await?
}
