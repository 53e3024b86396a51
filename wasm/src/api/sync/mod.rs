//! What only the worker that owns the database asks: the vault, backends, one sync at a time, and when
//! the next is due. Secrets pass here, so none of it can be called by a page.

mod backends;
mod background;
mod job;
mod pairing;
mod vault;

pub(super) use backends::RelaySettings;
pub use job::{Heard, Step};

use runlog_core::crypto::PairingKey;
use runlog_core::entropy::Entropy;
use runlog_core::store::Store;
use runlog_core::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Api, ApiError};
use background::Background;
use job::Running;
use vault::OpenVault;

/// What an owner holds beside the history.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The vault, where its secret is at hand.
    pub(super) vault: Option<OpenVault>,
    /// The key of a pairing code that is being taken.
    pairing: Option<PairingKey>,
    /// The sync under way.
    pub(super) job: Option<Running>,
    /// Syncing in the background, where it was started.
    pub(super) background: Option<Background>,
}

/// A call of the owner. The JSON form is `{"method": …, "args": …}`.
#[derive(Debug, Deserialize)]
#[serde(tag = "method", content = "args", rename_all = "camelCase")]
pub enum OwnerCall {
    /// The vault of this history, and whether it is open.
    VaultNote {},
    /// A new secret, of no history yet.
    VaultGenerate {},
    /// Whether this history can be of the vault of a phrase.
    VaultCheck(vault::Check),
    /// Makes this history one of a vault, where it is none, and opens it.
    VaultEnter(vault::Enter),
    /// A phrase, wrapped by a passphrase.
    VaultWrap(vault::Wrap),
    /// The phrase that a passphrase wraps.
    VaultUnwrap(vault::Unwrap),
    /// The phrase of the open vault.
    VaultPhrase {},
    /// What a relay is shown.
    VaultAccess {},
    /// Seals the open vault's secret under a new pairing code.
    PairingOffer(pairing::Offer),
    /// Where the offer of a pairing code waits.
    PairingMailbox(pairing::Mailbox),
    /// Opens the offer that waited there.
    PairingOpen(pairing::Open),
    /// All backends, in the order in which they were added.
    Backends {},
    /// Adds a backend.
    AddBackend(backends::Add),
    /// Removes one.
    RemoveBackend(backends::Named),
    /// Switches one.
    EnableBackend(backends::Enable),
    /// Switches them all.
    Enable(backends::Switch),
    /// Begins a sync.
    BeginJob(job::Begin),
    /// How it stands, and its runs.
    JobReport {},
    /// Forgets a sync that has ended.
    EndJob {},
    /// Begins to sync in the background, or goes on at another pace.
    StartBackground(background::Start),
    /// Ends it.
    StopBackground {},
    /// Something asks for a sync.
    Cause(background::Told),
    /// A relay says where it is.
    Notice(background::Notice),
    /// Looks whether the history was written to, and at its gates.
    Look {},
    /// What to do next.
    Next {},
    /// A sync in the background has begun.
    Begun {},
    /// It has ended.
    Ended(background::HasEnded),
}

impl<S: Store> Api<S> {
    /// Carries out a call of the owner.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was done.
    pub fn owner_call(
        &mut self,
        call: OwnerCall,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Value, ApiError> {
        match call {
            OwnerCall::VaultNote {} => self.vault_note(),
            OwnerCall::VaultGenerate {} => Ok(vault::generate(entropy)),
            OwnerCall::VaultCheck(check) => self.check_vault(&check),
            OwnerCall::VaultEnter(enter) => self.enter_vault(&enter, now, entropy),
            OwnerCall::VaultWrap(wrap) => wrap.wrapped(entropy),
            OwnerCall::VaultUnwrap(unwrap) => unwrap.unwrapped(),
            OwnerCall::VaultPhrase {} => Ok(self.open_vault()?.phrase()),
            OwnerCall::VaultAccess {} => self.access(),
            OwnerCall::PairingOffer(offer) => self.offer(&offer, entropy),
            OwnerCall::PairingMailbox(mailbox) => self.mailbox(&mailbox),
            OwnerCall::PairingOpen(open) => self.open_offer(&open),
            OwnerCall::Backends {} => self.backends(),
            OwnerCall::AddBackend(add) => self.add_backend(add, now),
            OwnerCall::RemoveBackend(named) => self.remove_backend(&named, now),
            OwnerCall::EnableBackend(enable) => self.enable_backend(&enable, now),
            OwnerCall::Enable(switch) => self.enable(&switch, now),
            OwnerCall::BeginJob(begin) => self.begin_job(begin, now),
            OwnerCall::JobReport {} => Ok(self.job_report()),
            OwnerCall::EndJob {} => self.end_job(now),
            OwnerCall::StartBackground(start) => Ok(self.start_background(&start, now)),
            OwnerCall::StopBackground {} => Ok(self.stop_background()),
            OwnerCall::Cause(told) => Ok(self.cause(&told, now)),
            OwnerCall::Notice(notice) => self.notice(&notice, now),
            OwnerCall::Look {} => self.look(now),
            OwnerCall::Next {} => Ok(self.next(now)),
            OwnerCall::Begun {} => Ok(self.begun()),
            OwnerCall::Ended(ended) => Ok(self.ended(&ended, now)),
        }
    }
}
