-- What syncing needs: which changes wait, what each backend has, what cannot be placed yet.

CREATE INDEX IF NOT EXISTS executions_change ON executions (change);
CREATE INDEX IF NOT EXISTS tags_change ON tags (change);
CREATE INDEX IF NOT EXISTS log_pieces_change ON log_pieces (change) WHERE change > 0;
CREATE INDEX IF NOT EXISTS log_gaps_change ON log_gaps (change);

CREATE TABLE IF NOT EXISTS kept_rows (
    table_name TEXT NOT NULL,
    key        BLOB NOT NULL,
    change     INTEGER NOT NULL CHECK (change >= 0),
    PRIMARY KEY (table_name, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_rows_change ON kept_rows (change);

-- Values in exact form: a NaN of a column would become NULL.
CREATE TABLE IF NOT EXISTS kept_cells (
    table_name  TEXT NOT NULL,
    key         BLOB NOT NULL,
    column_name TEXT NOT NULL,
    clock       BLOB NOT NULL CHECK (length(clock) = 24),
    value       BLOB NOT NULL,
    PRIMARY KEY (table_name, key, column_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS purged_keys (
    table_name TEXT NOT NULL,
    key        BLOB NOT NULL,
    clock      BLOB NOT NULL CHECK (length(clock) = 24),
    PRIMARY KEY (table_name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS backends (
    id       BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    enabled  INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    sent     INTEGER NOT NULL CHECK (sent >= 0),
    position BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Everything up to a change was acknowledged by a backend at a time.
CREATE TABLE IF NOT EXISTS marks (
    backend BLOB NOT NULL CHECK (length(backend) = 16),
    change  INTEGER NOT NULL CHECK (change >= 0),
    at      INTEGER NOT NULL,
    PRIMARY KEY (backend, change)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rejections (
    backend    BLOB NOT NULL CHECK (length(backend) = 16),
    table_name TEXT NOT NULL,
    key        BLOB NOT NULL,
    change     INTEGER NOT NULL CHECK (change >= 0),
    reason     TEXT NOT NULL,
    PRIMARY KEY (backend, table_name, key)
) STRICT, WITHOUT ROWID;
