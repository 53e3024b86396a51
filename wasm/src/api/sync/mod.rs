//! What only the worker that owns the database asks: the vault, backends, one sync at a time, and when
//! the next is due. Secrets pass here, so none of it can be called by a page.

mod backends;
mod background;
mod job;
mod pairing;
mod vault;

pub(super) use backends::url_of;
pub use job::{Heard, Step};

use runlog_core::crypto::PairingKey;
use runlog_core::entropy::Entropy;
use runlog_core::store::Store;
use runlog_core::time::Timestamp;
use serde_json::Value;

use super::{Api, ApiError, Call, parse};
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

impl<S: Store> Api<S> {
    /// Carries out a call of the owner:
    ///
    /// | method | |
    /// |---|---|
    /// | `vaultNote` | the vault of this history, and whether it is open |
    /// | `vaultGenerate` | the secret of a random seed, of no history yet |
    /// | `vaultCheck` | whether this history can be of the vault of a phrase |
    /// | `vaultEnter` | makes this history one of a vault, where it is none, and opens it |
    /// | `vaultWrap` | a phrase, wrapped by a passphrase |
    /// | `vaultUnwrap` | the phrase that a passphrase wraps |
    /// | `vaultPhrase` | the phrase of the open vault |
    /// | `vaultAccess` | what a relay is shown |
    /// | `pairingOffer` | seals the open vault's secret under a new pairing code |
    /// | `pairingMailbox` | where the offer of a pairing code waits |
    /// | `pairingOpen` | opens the offer that waited there |
    /// | `backends` | all backends, in the order in which they were added |
    /// | `addBackend` | adds a backend |
    /// | `removeBackend` | removes one |
    /// | `enableBackend` | switches one |
    /// | `enable` | switches them all |
    /// | `beginJob` | begins a sync |
    /// | `jobReport` | how it stands, and its runs |
    /// | `endJob` | forgets a sync that has ended |
    /// | `startBackground` | begins to sync in the background, or goes on at another pace |
    /// | `stopBackground` | ends it |
    /// | `cause` | something asks for a sync |
    /// | `notice` | a relay says where it is |
    /// | `look` | looks whether the history was written to, and at its gates |
    /// | `next` | what to do next |
    /// | `begun` | a sync in the background has begun |
    /// | `ended` | it has ended |
    ///
    /// # Errors
    /// [`ApiError`]; nothing was done.
    pub fn owner_call(
        &mut self,
        call: Call,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Value, ApiError> {
        let args = call.args;
        match call.method.as_str() {
            "vaultNote" => self.vault_note(),
            "vaultGenerate" => parse::<vault::Generate>(args)?.phrase(),
            "vaultCheck" => self.check_vault(&parse(args)?),
            "vaultEnter" => self.enter_vault(&parse(args)?, now, entropy),
            "vaultWrap" => parse::<vault::Wrap>(args)?.wrapped(entropy),
            "vaultUnwrap" => parse::<vault::Unwrap>(args)?.unwrapped(),
            "vaultPhrase" => Ok(self.open_vault()?.phrase()),
            "vaultAccess" => self.access(),
            "pairingOffer" => self.offer(&parse(args)?, entropy),
            "pairingMailbox" => self.mailbox(&parse(args)?),
            "pairingOpen" => self.open_offer(&parse(args)?),
            "backends" => self.backends(),
            "addBackend" => self.add_backend(parse(args)?, now),
            "removeBackend" => self.remove_backend(&parse(args)?, now),
            "enableBackend" => self.enable_backend(&parse(args)?, now),
            "enable" => self.enable(&parse(args)?, now),
            "beginJob" => self.begin_job(parse(args)?, now),
            "jobReport" => Ok(self.job_report()),
            "endJob" => self.end_job(now),
            "startBackground" => Ok(self.start_background(&parse(args)?, now)),
            "stopBackground" => Ok(self.stop_background()),
            "cause" => Ok(self.cause(&parse(args)?, now)),
            "notice" => self.notice(&parse(args)?, now),
            "look" => self.look(now),
            "next" => Ok(self.next(now)),
            "begun" => Ok(self.begun()),
            "ended" => Ok(self.ended(&parse(args)?, now)),
            method => Err(ApiError::invalid("method", format!("there is no method '{method}'"))),
        }
    }
}
