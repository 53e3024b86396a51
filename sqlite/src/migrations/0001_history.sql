-- Executions with their tags, what is derived from them, logs, and the state of this device.
--
-- A row with visibility 0 is hidden: it arrived in parts or holds what a newer program wrote, and
-- no constraint keeps it out. A row that is shown (1 in the history, 2 in the trash) is held to
-- everything that a reader relies on. The constraints agree with `Visibility::of`: they never
-- refuse what it shows. Each names few columns, because an update checks only those that name a
-- column it writes.

CREATE TABLE IF NOT EXISTS devices (
    number INTEGER PRIMARY KEY,
    id     BLOB NOT NULL UNIQUE CHECK (length(id) = 16)
) STRICT;

CREATE TABLE IF NOT EXISTS local_state (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    device    BLOB CHECK (length(device) = 16),
    clock     INTEGER NOT NULL,
    change    INTEGER NOT NULL CHECK (change >= 0),
    persisted INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO local_state (only, clock, change, persisted) VALUES (1, 0, 0, 0);

-- Small columns first, so that a listing reads no overflow page.
CREATE TABLE IF NOT EXISTS executions (
    row               INTEGER PRIMARY KEY,
    id                BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    visibility        INTEGER NOT NULL CHECK (visibility IN (0, 1, 2)),
    change            INTEGER NOT NULL CHECK (change >= 0),
    clocks            BLOB NOT NULL,
    outcome           TEXT,
    ended_at          INTEGER,
    exit_code         INTEGER,
    signal            INTEGER,
    lost_at           INTEGER,
    started_at        INTEGER,
    deleted           INTEGER,
    pinned            INTEGER,
    kind              TEXT,
    workflow_id       TEXT,
    workflow_name     TEXT,
    created_at        INTEGER,
    device_id         BLOB,
    host_name         TEXT,
    user              TEXT,
    working_directory TEXT,
    binary_path       TEXT,
    parent_id         BLOB,
    retry_of          BLOB,
    engine_id         TEXT,
    used_fallback     INTEGER,
    note              TEXT,
    argv              TEXT,
    params            TEXT,
    attributes        TEXT,
    compiled_prompt   TEXT,
    status TEXT AS (
        CASE
            WHEN outcome IS NOT NULL THEN outcome
            WHEN lost_at IS NOT NULL THEN 'lost'
            WHEN started_at IS NOT NULL THEN 'running'
            ELSE 'not_started'
        END
    ) VIRTUAL,
    begun_at INTEGER AS (coalesce(started_at, created_at)) VIRTUAL,
    -- In milliseconds, -1 where it is not known. A hidden row may hold any two numbers, whose
    -- difference need not be an integer.
    duration INTEGER AS (
        coalesce(CAST(max(0, coalesce(ended_at, lost_at) - started_at) AS INTEGER), -1)
    ) VIRTUAL,
    CONSTRAINT shown_ending CHECK (
        visibility = 0 OR (
            (outcome IS NULL) = (ended_at IS NULL)
            AND (outcome IS NULL OR outcome IN ('completed', 'failed', 'cancelled'))
            AND (ended_at IS NULL OR ended_at BETWEEN -62135596800000 AND 253402207199999)
            AND (outcome IS NOT NULL OR (exit_code IS NULL AND signal IS NULL))
            AND (exit_code IS NULL OR signal IS NULL)
            AND (exit_code IS NULL OR exit_code BETWEEN -2147483648 AND 2147483647)
            AND (signal IS NULL OR signal BETWEEN -2147483648 AND 2147483647)
        )
    ),
    CONSTRAINT shown_times CHECK (
        visibility = 0 OR (
            created_at IS NOT NULL
            AND created_at BETWEEN -62135596800000 AND 253402207199999
            AND (started_at IS NULL OR started_at BETWEEN -62135596800000 AND 253402207199999)
            AND (lost_at IS NULL OR lost_at BETWEEN -62135596800000 AND 253402207199999)
        )
    ),
    CONSTRAINT shown_flags CHECK (
        visibility = 0 OR (
            deleted IS visibility - 1
            AND pinned IS NOT NULL AND pinned IN (0, 1)
            AND (used_fallback IS NULL OR used_fallback IN (0, 1))
        )
    ),
    CONSTRAINT shown_identity CHECK (
        visibility = 0 OR (
            kind IS NOT NULL AND kind IN ('workflow', 'command', 'job', 'prompt')
            AND workflow_id IS NOT NULL AND octet_length(workflow_id) BETWEEN 1 AND 512
            AND device_id IS NOT NULL AND length(device_id) = 16
            AND (parent_id IS NULL OR length(parent_id) = 16)
            AND (retry_of IS NULL OR length(retry_of) = 16)
        )
    ),
    CONSTRAINT shown_texts CHECK (
        visibility = 0 OR (
            argv IS NOT NULL AND params IS NOT NULL
            AND attributes IS NOT NULL AND octet_length(attributes) <= 1048576
        )
    )
) STRICT;

-- Visibility comes first, so that history and trash are served alike. The row number that ends
-- every index entry breaks ties; so nothing may stand between it and the sort key.
CREATE INDEX IF NOT EXISTS executions_begun ON executions (visibility, begun_at);
CREATE INDEX IF NOT EXISTS executions_duration ON executions (visibility, duration);
CREATE INDEX IF NOT EXISTS executions_workflow ON executions (visibility, workflow_id, begun_at);
CREATE INDEX IF NOT EXISTS executions_kind ON executions (visibility, kind, begun_at);
CREATE INDEX IF NOT EXISTS executions_status ON executions (visibility, status, begun_at);
CREATE INDEX IF NOT EXISTS executions_device ON executions (visibility, device_id, begun_at);
CREATE INDEX IF NOT EXISTS executions_exit_code ON executions (visibility, exit_code, begun_at);
CREATE INDEX IF NOT EXISTS executions_tail ON executions (substr(id, 13));
CREATE INDEX IF NOT EXISTS executions_hidden ON executions (id) WHERE visibility = 0;

-- A tag may be here before its execution is: no foreign key.
CREATE TABLE IF NOT EXISTS tags (
    execution  BLOB NOT NULL CHECK (length(execution) = 16),
    tag        TEXT NOT NULL CHECK (octet_length(tag) BETWEEN 1 AND 128),
    change     INTEGER NOT NULL CHECK (change >= 0),
    clocks     BLOB NOT NULL,
    visibility INTEGER NOT NULL CHECK (visibility IN (0, 1, 2)),
    deleted    INTEGER,
    PRIMARY KEY (execution, tag),
    CONSTRAINT shown_tag CHECK (visibility <> 1 OR deleted IS 0)
) STRICT, WITHOUT ROWID;

-- Cells of hidden rows whose value is not of their column's type, in exact form. Their column
-- holds NULL.
CREATE TABLE IF NOT EXISTS mistyped_cells (
    table_name    TEXT NOT NULL,
    key           BLOB NOT NULL,
    column_number INTEGER NOT NULL,
    value         BLOB NOT NULL,
    PRIMARY KEY (table_name, key, column_number)
) STRICT, WITHOUT ROWID;

-- Derived: the shown tags of each execution that is here and has a time, hidden or not.
CREATE TABLE IF NOT EXISTS tag_index (
    tag      TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    row      INTEGER NOT NULL,
    PRIMARY KEY (tag, begun_at, row)
) STRICT, WITHOUT ROWID;

-- Derived: the params of each execution that has a time, hidden or not. Of a long value, its
-- beginning.
CREATE TABLE IF NOT EXISTS param_index (
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    row      INTEGER NOT NULL,
    PRIMARY KEY (name, value, begun_at, row)
) STRICT, WITHOUT ROWID;

-- A rowid table with the text last: heads are read without it, and rows of this size would waste
-- space in a table without rowid.
CREATE TABLE IF NOT EXISTS log_pieces (
    piece     INTEGER PRIMARY KEY,
    execution BLOB NOT NULL CHECK (length(execution) = 16),
    device    INTEGER NOT NULL,
    first     INTEGER NOT NULL CHECK (first >= 0),
    last      INTEGER NOT NULL CHECK (last >= first),
    bytes     INTEGER NOT NULL CHECK (bytes >= 0),
    last_at   INTEGER NOT NULL,
    contents  INTEGER NOT NULL,
    sealed    INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    change    INTEGER NOT NULL CHECK (change >= 0),
    data      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS log_pieces_first ON log_pieces (execution, first, device);
CREATE INDEX IF NOT EXISTS log_pieces_last ON log_pieces (execution, last);

CREATE TABLE IF NOT EXISTS log_gaps (
    execution BLOB NOT NULL CHECK (length(execution) = 16),
    first     INTEGER NOT NULL CHECK (first >= 0),
    device    INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    last      INTEGER NOT NULL CHECK (last >= first),
    bytes     INTEGER NOT NULL CHECK (bytes >= 0),
    change    INTEGER NOT NULL CHECK (change >= 0),
    pieces    BLOB NOT NULL,
    PRIMARY KEY (execution, first, device, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS leases (
    execution    BLOB PRIMARY KEY NOT NULL CHECK (length(execution) = 16),
    owner        BLOB NOT NULL CHECK (length(owner) = 16),
    heartbeat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
