//! Accounts, vaults and who is a member of what.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use runlog_core::entropy::random;
use serde::{Deserialize, Serialize};

use super::Json;
use crate::app::{App, bearer};
use crate::problem::Problem;
use crate::secret::{self, System, hex, to_hex};
use crate::store::{Account, NewVault, Role};

#[derive(Deserialize)]
pub(super) struct AddAccount {
    name: String,
    #[serde(default)]
    may_invite: bool,
}

#[derive(Serialize)]
pub(super) struct Added {
    id: String,
    token: String,
}

/// `POST /v1/accounts`, with the set-up code for the first account, or the token of one that may
/// invite.
pub(super) async fn add(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(asked): Json<AddAccount>,
) -> Result<(StatusCode, axum::Json<Added>), Problem> {
    app.count_address(address.ip())?;
    if asked.name.is_empty() || asked.name.len() > 200 {
        return Err(Problem::Malformed("a name has 1 to 200 bytes"));
    }
    let shown = secret::hash(bearer(&headers)?.as_bytes());
    let now = app.now();
    let (id, token) = (random::<16>(&mut System), secret::token("rlaccount"));
    let hash = secret::hash(token.as_bytes());
    let result = app.access(true, move |tx| {
        let first = tx.setup_code()?.is_some_and(|code| secret::same(&code, &shown));
        let inviter = tx.account(&shown)?.filter(|account| secret::same(&account.token, &shown));
        match inviter {
            _ if first => {}
            Some(inviter) if inviter.may_invite => {}
            Some(_) => return Ok(Err(Problem::Forbidden)),
            None => return Ok(Err(Problem::Unauthorised)),
        }
        let may_invite = first || asked.may_invite;
        let account = Account { id, name: asked.name.clone(), token: hash, may_invite };
        tx.add_account(&account, now)?;
        tx.set_setup_code(None)?;
        Ok(Ok(()))
    });
    result.await??;
    Ok((StatusCode::CREATED, axum::Json(Added { id: to_hex(&id), token })))
}

#[derive(Deserialize)]
pub(super) struct AddVault {
    vault: String,
    /// SHA-256 of the vault's access key, hexadecimal.
    verifier: String,
    /// Sealed, in Base64.
    name: Option<String>,
}

/// `POST /v1/vaults`, with the token of an account, which becomes the owner. The same again changes
/// nothing.
pub(super) async fn add_vault(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(asked): Json<AddVault>,
) -> Result<StatusCode, Problem> {
    app.count_address(address.ip())?;
    let owner = app.account(&headers).await?.id;
    let id = super::vault(&asked.vault)?;
    let verifier =
        hex(&asked.verifier).ok_or(Problem::Malformed("a verifier is 64 hexadecimal digits"))?;
    let name = asked.name.map(|name| BASE64_STANDARD.decode(name)).transpose();
    let name = name.map_err(|_| Problem::Malformed("a sealed name is Base64"))?;
    let (quota, now) = (app.limits.relay.quota_bytes, app.now());
    let vault = NewVault { id, verifier, name, quota, owner };
    let result = app.access(true, move |tx| {
        if tx.add_vault(&vault, now)? {
            return Ok(Ok(StatusCode::CREATED));
        }
        let same = tx.verifier(id)?.is_some_and(|known| secret::same(&known, &vault.verifier));
        let owns = tx.role(id, &owner)? == Some(Role::Owner);
        Ok(if same && owns { Ok(StatusCode::OK) } else { Err(Problem::Conflict) })
    });
    result.await?
}

#[derive(Deserialize)]
pub(super) struct SetRole {
    /// `null` shuts the account out, and the devices that it let in.
    role: Option<Role>,
}

/// `PUT /v1/vaults/{vault}/members/{account}`, with the token of an owner.
pub(super) async fn set_role(
    State(app): State<Arc<App>>,
    Path((vault, member)): Path<(String, String)>,
    headers: HeaderMap,
    Json(asked): Json<SetRole>,
) -> Result<StatusCode, Problem> {
    let vault = super::vault(&vault)?;
    let member = hex(&member).ok_or(Problem::Malformed("an account is 32 hexadecimal digits"))?;
    let owner = app.account(&headers).await?.id;
    let result = app.access(true, move |tx| match tx.role(vault, &owner)? {
        // Nobody can lock out the last owner: owners keep their own role.
        Some(Role::Owner) if member == owner => Ok(Err(Problem::Conflict)),
        Some(Role::Owner) => {
            let found = tx.set_role(vault, &member, asked.role)?;
            Ok(if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound) })
        }
        Some(_) => Ok(Err(Problem::Forbidden)),
        None => Ok(Err(Problem::NotFound)),
    });
    result.await?
}
