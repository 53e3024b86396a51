-- Which migrations ran, when, and by which program.
CREATE TABLE IF NOT EXISTS schema_migrations (
    number          INTEGER PRIMARY KEY,
    name            TEXT NOT NULL,
    applied_at      INTEGER NOT NULL,
    program_version TEXT NOT NULL
) STRICT;
