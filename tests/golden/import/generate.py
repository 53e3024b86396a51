#!/usr/bin/env python3
"""Writes the databases of this folder: what other programs leave behind, with everything hostile
that an import must take. Run it after a change and commit the result: `python3 generate.py`."""

import sqlite3
from pathlib import Path

FOLDER = Path(__file__).parent
NIL = "00000000-0000-0000-0000-000000000000"
ID = "0b5e7a10-0000-4000-8000-{:012d}"
LAPTOP = "5d1f0c3e-1111-4222-8333-444455556666"
INJECTION = "Robert'); DROP TABLE executions;--"


def create(name, *statements):
    path = FOLDER / name
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA page_size = 1024")
    for statement in statements:
        database.execute(statement)
    return database


def fill(database, table, rows):
    for row in rows:
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def ticks(seconds):
    """100 ns since the year 1."""
    return 621_355_968_000_000_000 + seconds * 10_000_000


def seed0_old():
    """Before its sync: .NET's own column types, dates as ticks, ids in several forms."""
    database = create(
        "seed0-old.db",
        'CREATE TABLE "ExecutionHistoryEntry" ("Id" varchar(36) PRIMARY KEY NOT NULL, "EngineId"'
        ' varchar, "PromptCompiled" varchar, "ExecutedAt" bigint, "Status" varchar, "UsedFallback"'
        ' integer, "DeviceId" varchar, "UpdatedAt" bigint, "IsDeleted" integer, "Rating" integer)',
        "CREATE TABLE Prompt (Id TEXT)",
    )
    at = ticks(1_700_000_000)
    later = ticks(1_700_000_060)
    fill(database, "ExecutionHistoryEntry", [
        (ID.format(1), "gpt-x", "Say hello", at, "Success", 0, LAPTOP, later, 0, 5),
        ("{" + ID.format(2).upper() + "}", "gpt-x", "Grüße 🦀", at, "Error", 1, "LAPTOP-7", at, 0,
         None),
        (ID.format(3).replace("-", ""), "gpt-x", "deleted", at, "Completed", 0, LAPTOP, later, 1,
         None),
        (ID.format(4), "gpt-x", "stale", at, "Running", 0, LAPTOP, at, 0, None),
        (ID.format(5), INJECTION, "x" * 10, at, "Exported?", 0, INJECTION, at, 0, None),
        (ID.format(6), None, None, at, None, None, None, None, None, None),
        (ID.format(7), "a\nb", b"\xff\xfe", at, "Cancelled", 7, LAPTOP, at, "maybe", 1.5),
        ("not an id", "gpt-x", "no id", at, "Success", 0, LAPTOP, at, 0, None),
        (NIL, "g", "empty id", at, "Success", 0, LAPTOP, at, 0, None),
        (ID.format(8), "gpt-x", "no time", 0, "Success", 0, LAPTOP, 0, 0, None),
        (ID.format(9), "gpt-x", "far", ticks(240_000_000_000), "Success", 0, LAPTOP, at, 0, None),
    ])
    database.close()


def seed0_new():
    """With its sync: the table as documented, dates as texts."""
    database = create(
        "seed0-new.db",
        "CREATE TABLE ExecutionHistoryEntry (Id TEXT PRIMARY KEY, EngineId TEXT NOT NULL,"
        " PromptCompiled TEXT NOT NULL, ExecutedAt TEXT NOT NULL, Status TEXT NOT NULL,"
        " UsedFallback INTEGER NOT NULL, DeviceId TEXT NOT NULL, UpdatedAt TEXT NOT NULL,"
        " IsDeleted INTEGER NOT NULL, IsSynced INTEGER NOT NULL DEFAULT 0, SyncedAt TEXT NULL)",
    )
    at, edited = "2023-11-14T22:13:20.0000000Z", "2023-11-14 22:14:20"
    marked = "2024-01-01T00:00:00.1234567"
    fill(database, "ExecutionHistoryEntry", [
        (ID.format(1), "gpt-x", "Say hello", at, "Success", 0, LAPTOP, edited, 0, 0, None),
        (ID.format(2), "gpt-x", "uploaded", at, "Success", 1, LAPTOP, marked, 0, 1, marked),
        (ID.format(3), "gpt-x", "deleted", at, "Failed", 0, LAPTOP, edited, 1, 1, marked),
        (ID.format(4), "gpt-x", "stale", at, "Running", 0, LAPTOP, at, 0, 0, None),
        # TEXT affinity makes a text of a number.
        (ID.format(5), "gpt-x", "ticks", ticks(1_700_000_000), "Pending", 0, LAPTOP, "x", 0, 0,
         "y"),
    ])
    database.close()


def seed1():
    database = create(
        "seed1.db",
        "CREATE TABLE executions (id TEXT PRIMARY KEY, workflow_id TEXT NOT NULL, workflow_name"
        " TEXT, status TEXT NOT NULL, start_time TEXT NOT NULL, end_time TEXT, exit_code INTEGER,"
        " binary_path TEXT, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,"
        " updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        "CREATE INDEX idx_executions_start_time ON executions(start_time DESC)",
        "CREATE TABLE execution_params (id INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT"
        " NULL, param_name TEXT NOT NULL, param_value TEXT NOT NULL, FOREIGN KEY(execution_id)"
        " REFERENCES executions(id) ON DELETE CASCADE, UNIQUE(execution_id, param_name))",
        "CREATE TABLE execution_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT"
        " NULL, sequence INTEGER NOT NULL, timestamp TEXT NOT NULL, log_type TEXT NOT NULL,"
        " log_data TEXT NOT NULL, FOREIGN KEY(execution_id) REFERENCES executions(id) ON DELETE CASCADE)",
        "CREATE INDEX idx_logs_execution_id ON execution_logs(execution_id, sequence)",
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TEXT)",
        "INSERT INTO schema_version VALUES (1, '2023-11-14 22:00:00')",
    )
    start, end = "2023-11-15T00:13:20.250+02:00", "2023-11-14T22:15:00Z"
    made, changed = "2023-11-14 22:13:20", "2023-11-14 22:15:00"
    fill(database, "executions", [
        (ID.format(1), "deploy", "Deploy", "Completed", start, end, 0, "/opt/deploy", made,
         changed),
        (ID.format(2), "deploy", None, "Failed", start, end, 3, None, made, changed),
        (ID.format(3), "deploy", None, "Running", start, None, None, None, made, made),
        (ID.format(4), "deploy", None, "NotStarted", start, None, None, None, made, made),
        (ID.format(5), INJECTION, "naïve 🦀", "Exploded", start, end, 0, INJECTION, made, changed),
        (ID.format(6), "deploy", None, "Exploded", start, end, 9, None, made, changed),
        (ID.format(7), "deploy", None, "Exploded", start, end, None, None, made, changed),
        (ID.format(8), "deploy", None, "Completed", start, "soon", "many", None, made, changed),
        (ID.format(9), "", None, "Cancelled", "x", None, None, None, made, changed),
        (ID.format(10), "deploy", None, "Completed", "x", None, None, None, "y", "z"),
        ("no id", "deploy", None, "Completed", start, end, 0, None, made, changed),
        (None, "deploy", None, "Completed", start, end, 0, None, made, changed),
    ])
    fill(database, "execution_params (execution_id, param_name, param_value)", [
        (ID.format(1), "env", "prod"),
        (ID.format(1), "naïve 🦀", INJECTION),
        (ID.format(1), "", "no name"),
        (ID.format(2), "env", b"\xff"),
        (ID.format(99), "env", "orphan"),
    ])
    at = "2023-11-14T22:14:00.5Z"
    fill(database, "execution_logs (execution_id, sequence, timestamp, log_type, log_data)", [
        (ID.format(1), 1, at, "RawOutput",
         '{"RawOutput":{"stream":"stderr","line":"ERROR two\\nlines"}}'),
        (ID.format(1), 0, at, "PhaseStarted", '{"PhaseStarted":{"phase":0,"name":"build 🦀"}}'),
        (ID.format(1), 2, "x", "TaskProgress", '{"TaskProgress":'),
        (ID.format(1), 2, "x", "TaskFailed", '{"TaskFailed":{"task_id":"t","error":"no"}}'),
        (ID.format(1), 3, at, "RawOutput", b"\xff\xfe"),
        (ID.format(3), 0, at, "RawOutput", '{"RawOutput":"last words"}'),
        (ID.format(99), 0, at, "RawOutput", '"orphan"'),
        (ID.format(99), 1, at, "RawOutput", '"orphan"'),
    ])
    database.close()


seed0_old()
seed0_new()
seed1()
