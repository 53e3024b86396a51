-- What a sync engine remembers, and the history of its runs. All of it is this device's own.

CREATE INDEX IF NOT EXISTS purged_keys_change ON purged_keys (change) WHERE change > 0;

CREATE TABLE IF NOT EXISTS notes (
    room  INTEGER NOT NULL,
    key   BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (room, key)
) STRICT, WITHOUT ROWID;

-- Five columns hold JSON, which the program alone writes and reads: SQLite's own functions for it are
-- not in the browser's module.
CREATE TABLE IF NOT EXISTS sync_history (
    run           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    job           BLOB NOT NULL CHECK (length(job) = 16),
    backend       BLOB NOT NULL CHECK (length(backend) = 16),
    source        TEXT NOT NULL,
    target        TEXT NOT NULL,
    direction     TEXT NOT NULL
        CHECK (direction IN ('bidirectional', 'remote_to_local', 'local_to_remote')),
    sync_type     TEXT NOT NULL CHECK (sync_type IN ('full', 'incremental', 'specific')),
    cause         TEXT NOT NULL
        CHECK (cause IN ('start', 'change', 'network', 'notice', 'timer', 'retry', 'manual')),
    triggered_by  TEXT NOT NULL,
    device        BLOB NOT NULL CHECK (length(device) = 16),
    status        TEXT NOT NULL
        CHECK (status IN ('running', 'completed', 'partial', 'failed', 'cancelled')),
    started_at    INTEGER NOT NULL
        CHECK (started_at BETWEEN -62135596800000 AND 253402207199999),
    completed_at  INTEGER
        CHECK (completed_at BETWEEN -62135596800000 AND 253402207199999),
    duration_ms   INTEGER CHECK (duration_ms >= 0),
    phase         TEXT NOT NULL
        CHECK (phase IN ('validation', 'import', 'export', 'indexing', 'verification')),
    current_table TEXT,
    rows_done     INTEGER NOT NULL CHECK (rows_done >= 0),
    rows_total    INTEGER NOT NULL CHECK (rows_total >= 0),
    percent       INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    created       INTEGER NOT NULL CHECK (created >= 0),
    updated       INTEGER NOT NULL CHECK (updated >= 0),
    deleted       INTEGER NOT NULL CHECK (deleted >= 0),
    skipped       INTEGER NOT NULL CHECK (skipped >= 0),
    failed        INTEGER NOT NULL CHECK (failed >= 0),
    bytes_up      INTEGER NOT NULL CHECK (bytes_up >= 0),
    bytes_down    INTEGER NOT NULL CHECK (bytes_down >= 0),
    tables        TEXT NOT NULL CHECK (tables GLOB '[[]*]'),
    verification  TEXT NOT NULL CHECK (verification GLOB '[[]*]'),
    error         TEXT,
    error_details TEXT,
    phases        TEXT NOT NULL CHECK (phases GLOB '[[]*]'),
    backup_path   TEXT,
    metadata      TEXT NOT NULL CHECK (metadata GLOB '{*}'),
    created_at    INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    updated_at    INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;

-- Each ends with the order of the listing.
CREATE INDEX IF NOT EXISTS sync_history_started ON sync_history (started_at, id);
CREATE INDEX IF NOT EXISTS sync_history_open ON sync_history (status, started_at, id)
    WHERE status IN ('running', 'failed');
CREATE INDEX IF NOT EXISTS sync_history_direction ON sync_history (direction, started_at, id);
CREATE INDEX IF NOT EXISTS sync_history_who ON sync_history (triggered_by, started_at, id);
CREATE INDEX IF NOT EXISTS sync_history_backend ON sync_history (backend, started_at, id);
CREATE INDEX IF NOT EXISTS sync_history_completed ON sync_history (completed_at)
    WHERE completed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS sync_history_metadata ON sync_history (metadata) WHERE metadata <> '{}';

CREATE TRIGGER IF NOT EXISTS sync_history_updated AFTER UPDATE ON sync_history
BEGIN
    UPDATE sync_history SET updated_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
    WHERE run = NEW.run;
END;

-- One row an entity of a run: the bulk. So runs go by their number and enumerations by their
-- place, which `sync_log.rs` lists.
CREATE TABLE IF NOT EXISTS sync_log (
    number      INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL,
    entity      BLOB CHECK (length(entity) = 16),
    entity_type TEXT,
    sync_type   INTEGER NOT NULL CHECK (sync_type BETWEEN 0 AND 2),
    direction   INTEGER NOT NULL CHECK (direction BETWEEN 0 AND 2),
    had_changes INTEGER NOT NULL CHECK (had_changes IN (0, 1)),
    result      INTEGER CHECK (result BETWEEN 0 AND 5),
    outcome     INTEGER CHECK (outcome BETWEEN 0 AND 9),
    at          INTEGER NOT NULL CHECK (at BETWEEN -62135596800000 AND 253402207199999),
    error       TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS sync_log_entity ON sync_log (entity) WHERE entity IS NOT NULL;
CREATE INDEX IF NOT EXISTS sync_log_run ON sync_log (run);
CREATE INDEX IF NOT EXISTS sync_log_whole ON sync_log (sync_type) WHERE entity_type IS NULL;
CREATE INDEX IF NOT EXISTS sync_log_failed ON sync_log (result) WHERE result = 5;
