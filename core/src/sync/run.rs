//! Sync history: what each run did, and what became of each entity in it.

use serde::Serialize;

use crate::id::DeviceId;
use crate::model::text_enum;
use crate::store::BackendId;
use crate::time::Timestamp;

text_enum! {
    /// Which way a run moves changes.
    Direction in "direction" {
        /// Pull, then push.
        Bidirectional = "bidirectional",
        /// Only pull.
        RemoteToLocal = "remote_to_local",
        /// Only push.
        LocalToRemote = "local_to_remote",
    }
}

text_enum! {
    /// How much a run looks at.
    SyncType in "sync type" {
        /// Everything, from the beginning.
        Full = "full",
        /// What is new since the last run.
        Incremental = "incremental",
        /// Chosen executions.
        Specific = "specific",
    }
}

text_enum! {
    /// What set a run off.
    Cause in "cause" {
        /// The program started or resumed.
        Start = "start",
        /// Something changed here.
        Change = "change",
        /// The network came back.
        Network = "network",
        /// A backend said that it has news.
        Notice = "notice",
        /// It was time.
        Timer = "timer",
        /// An earlier run failed.
        Retry = "retry",
        /// Somebody asked for it.
        Manual = "manual",
    }
}

text_enum! {
    /// How a run stands.
    RunStatus in "sync status" {
        /// It goes on.
        Running = "running",
        /// All that it meant to do is done.
        Completed = "completed",
        /// Some of it was refused or set aside.
        Partial = "partial",
        /// It ended early with an error.
        Failed = "failed",
        /// It was told to stop.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What a run is at.
    Phase in "phase" {
        /// Reach, credentials, versions, clock.
        Validation = "validation",
        /// Pulling and merging.
        Import = "import",
        /// Pushing.
        Export = "export",
        /// Bringing digests up to date.
        Indexing = "indexing",
        /// Comparing digests.
        Verification = "verification",
    }
}

text_enum! {
    /// What became of an entity in a run.
    EntityResult in "result" {
        /// It is new here.
        Created = "created",
        /// Some of it changed.
        Updated = "updated",
        /// It went to the trash, or for good.
        Deleted = "deleted",
        /// It came out of the trash.
        Restored = "restored",
        /// Nothing was done.
        Skipped = "skipped",
        /// It could not be taken or handed over.
        Failed = "failed",
    }
}

text_enum! {
    /// Why an entity's result is what it is.
    EntityOutcome in "outcome" {
        /// It was merged here.
        Applied = "applied",
        /// A backend took it.
        Acknowledged = "acknowledged",
        /// A newer edit won.
        LostTo = "lost_to",
        /// It was set aside until it can be applied.
        Quarantined = "quarantined",
        /// A backend refused it.
        Rejected = "rejected",
        /// It could not be opened.
        DecryptFailed = "decrypt_failed",
        /// Its clock is too far ahead of the backend's.
        ClockAhead = "clock_ahead",
        /// Its clock is far ahead of this device's: it waits until it is due.
        Deferred = "deferred",
        /// Its execution was purged.
        Purged = "purged",
        /// It differed from what the backend has, and was repaired.
        Repaired = "repaired",
    }
}

/// Identity of one run of syncing with one backend: a UUIDv7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SyncId(pub uuid::Uuid);

impl std::fmt::Display for SyncId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl std::str::FromStr for SyncId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        uuid::Uuid::parse_str(text).map(Self)
    }
}

/// Counts of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Entities that are new here or at the backend.
    pub created: u64,
    /// Entities that changed.
    pub updated: u64,
    /// Entities that went.
    pub deleted: u64,
    /// Records that changed nothing.
    pub skipped: u64,
    /// Records that were refused or set aside.
    pub failed: u64,
}

/// One table's part of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableResult {
    /// The table.
    pub name: String,
    /// Records moved.
    pub rows: u64,
    /// Time spent, in milliseconds.
    pub duration_ms: u64,
}

/// One table's part of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The table.
    pub table: String,
    /// Columns held here.
    pub here: u64,
    /// Columns held there.
    pub there: u64,
    /// Whether both sides are equal; `None` where they could not be compared.
    pub equal: Option<bool>,
    /// What was found or why nothing was compared.
    pub remark: String,
}

/// One phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PhaseDuration {
    /// The phase.
    pub phase: Phase,
    /// Time spent, in milliseconds.
    pub duration_ms: u64,
}

/// One run of syncing with one backend (SPEC H1).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncRun {
    /// Identity.
    #[serde(rename = "sync_id")]
    pub id: SyncId,
    /// What several runs that were set off together share.
    #[serde(rename = "job_id")]
    pub job: SyncId,
    /// The backend.
    #[serde(rename = "backend_id")]
    pub backend: BackendId,
    /// Where changes come from, in words.
    pub source: String,
    /// Where they go, in words.
    pub target: String,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub sync_type: SyncType,
    /// What set it off.
    pub cause: Cause,
    /// Who set it off: `user` unless told.
    pub triggered_by: String,
    /// The device that ran it.
    #[serde(rename = "device_id")]
    pub device: DeviceId,
    /// How it stands.
    pub status: RunStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// What it is or was at.
    pub phase: Phase,
    /// The table it is or was at.
    pub current_table: Option<String>,
    /// Records moved so far.
    pub rows_done: u64,
    /// Records to move, as far as known.
    pub rows_total: u64,
    /// 0 to 100.
    pub percent: u8,
    /// What became of entities.
    pub counts: Counts,
    /// Bytes sent, without transport headers.
    pub bytes_up: u64,
    /// Bytes got, without transport headers.
    pub bytes_down: u64,
    /// By table.
    pub tables: Vec<TableResult>,
    /// What verification found.
    pub verification: Vec<Verification>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// A stable code and further facts of what went wrong, as a JSON object.
    pub error_details: Option<serde_json::Value>,
    /// By phase.
    pub phases: Vec<PhaseDuration>,
    /// The backup made before it.
    pub backup_path: Option<String>,
    /// Free facts as a JSON object; chosen executions stand under `only`.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl SyncRun {
    /// The part of a table, added where it is not there yet.
    pub(crate) fn table(&mut self, name: &str) -> &mut TableResult {
        let at = self.tables.iter().position(|table| table.name == name).unwrap_or_else(|| {
            self.tables.push(TableResult { name: name.to_owned(), rows: 0, duration_ms: 0 });
            self.tables.len() - 1
        });
        &mut self.tables[at]
    }
}

/// What became of one entity in one run (SPEC H2); without an entity, the whole run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncLogEntry {
    /// The run.
    #[serde(rename = "sync_id")]
    pub run: SyncId,
    /// The table; `None` for the whole run.
    pub entity_type: Option<String>,
    /// The execution that the entity is or belongs to; `None` for the whole run, and where it is
    /// not known because a record could not be opened.
    pub entity_id: Option<crate::id::ExecutionId>,
    /// How much the run looked at.
    pub sync_type: SyncType,
    /// Which way the entity went: pulled or pushed.
    pub direction: Direction,
    /// Whether something changed.
    pub had_changes: bool,
    /// What became of it; `None` while a run goes on.
    pub result: Option<EntityResult>,
    /// Why.
    pub outcome: Option<EntityOutcome>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Which runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RunFilter {
    /// Of this backend.
    pub backend: Option<BackendId>,
    /// In this direction.
    pub direction: Option<Direction>,
    /// With this status.
    pub status: Option<RunStatus>,
    /// Of this type.
    pub sync_type: Option<SyncType>,
    /// Set off by.
    pub triggered_by: Option<String>,
    /// Begun at or after.
    pub since: Option<Timestamp>,
}

/// Which rows of the sync log.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogQuery {
    /// Of this execution, and the rows of whole full runs.
    pub entity: Option<crate::id::ExecutionId>,
    /// Of this run.
    pub run: Option<SyncId>,
    /// Only where something changed.
    pub changes_only: bool,
    /// Only failures.
    pub errors_only: bool,
}

/// Where the next page of the sync log begins: the number of the last row of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogCursor(pub u64);

impl std::fmt::Display for LogCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s{:016x}", self.0)
    }
}

impl Serialize for LogCursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is no cursor of the sync log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor of the sync log: take 'next' of its previous page, unchanged")]
pub struct InvalidLogCursor;

impl std::str::FromStr for LogCursor {
    type Err = InvalidLogCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('s').filter(|digits| digits.len() == 16);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.map(Self).ok_or(InvalidLogCursor)
    }
}
