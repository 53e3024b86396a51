//! Noticing that a history was written to, by whomever.

use runlog_core::sync::readiness::Noticed;

use super::SyncError;
use super::gates::Standing;
use crate::Runlog;
use crate::vault::OpenVault;

/// Looks at a history now and then: for a commit of any other connection first, which costs next to
/// nothing, and only after one at what was written.
#[derive(Debug, Default)]
pub(super) struct Watch {
    version: Option<i64>,
    noticed: Noticed,
}

impl Watch {
    /// What the history says, if somebody has written to it since the last look.
    pub(super) fn look(
        &mut self,
        runlog: &Runlog,
        given: Option<&OpenVault>,
    ) -> Result<Option<Standing>, SyncError> {
        let version = runlog.with_store(|store| store.version_seen());
        let version = version.map_err(crate::Error::database(runlog.path()))?;
        if self.version == Some(version) {
            return Ok(None);
        }
        let standing = Standing::read(runlog, given)?;
        self.version = Some(version);
        Ok(Some(standing))
    }

    /// Whether there is something to send that has not set off a sync yet.
    pub(super) fn is_news(&mut self, standing: &Standing) -> bool {
        self.noticed.is_news(&standing.readiness)
    }
}
