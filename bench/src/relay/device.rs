//! A device: a history with a vault and a backend.

use std::path::Path;

use runlog::Runlog;
use runlog::relay::{RelaySettings, RelayUrl};
use runlog::sync::{Cancel, RunStatus, SyncOptions, SyncRun};
use runlog::vault::{Keeping, OpenVault};

use super::Relay;
use crate::Failed;

/// A history with a vault and a relay.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) runlog: Runlog,
    open: OpenVault,
}

impl Device {
    /// The first device of a vault.
    pub(crate) fn first(path: &Path, relay: &Relay) -> Result<Self, Failed> {
        let runlog = Runlog::open(path)?;
        let open = runlog.init_vault("bench", Keeping::File)?;
        let account = Some(relay.account()?);
        runlog.add_relay(&open, "relay", relay.url(), account, &Cancel::new())?;
        Ok(Self { runlog, open })
    }

    /// A further device of the same vault.
    pub(crate) fn beside(&self, path: &Path, relay: &Relay) -> Result<Self, Failed> {
        let runlog = Runlog::open(path)?;
        let open = runlog.join_vault(&self.open.phrase(), "bench", Keeping::File)?;
        runlog.add_relay(&open, "relay", relay.url(), None, &Cancel::new())?;
        Ok(Self { runlog, open })
    }

    /// A device as it was left, whose relay is now at another address.
    pub(crate) fn again(path: &Path, url: &RelayUrl) -> Result<Self, Failed> {
        let runlog = Runlog::open(path)?;
        let open = runlog.unlock_vault(None)?;
        let device = Self { runlog, open };
        device.reach(url)?;
        Ok(device)
    }

    /// Asks the relay at another address from here on.
    pub(crate) fn reach(&self, url: &RelayUrl) -> Result<(), Failed> {
        let mut backend = self.runlog.backend_named("relay")?;
        backend.settings = RelaySettings { url: url.clone() }.encode();
        self.runlog.write(|history| history.put_backend(&backend))?;
        Ok(())
    }

    /// Syncs as `runlog sync now` does. All of it must be done.
    pub(crate) fn sync(&self) -> Result<SyncRun, Failed> {
        self.sync_with(&SyncOptions::default())
    }

    /// Syncs. All of it must be done.
    pub(crate) fn sync_with(&self, options: &SyncOptions) -> Result<SyncRun, Failed> {
        let report = self.runlog.sync_now(&self.open, options, &mut |_| {}, &Cancel::new())?;
        let run = report.runs.into_iter().next().ok_or("no run")?;
        match run.status {
            RunStatus::Completed => Ok(run),
            _ => Err(format!("the sync ended {}: {:?}", run.status, run.error).into()),
        }
    }
}
