"""The tables of the saved conversations."""

from __future__ import annotations

VERSION = 1

STATEMENTS = (
    # `titled`: a person gave the title.
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        collection TEXT NOT NULL,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        titled INTEGER NOT NULL,
        created TEXT NOT NULL,
        changed TEXT NOT NULL,
        branched_from TEXT
    )
    """,
    # `answer` is what `packing` makes of it, NULL until it is finished; `text` grows while it is written.
    """
    CREATE TABLE turns (
        session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        question TEXT NOT NULL,
        filter TEXT NOT NULL,
        asked TEXT NOT NULL,
        state TEXT NOT NULL,
        text TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        answer TEXT,
        PRIMARY KEY (session, number)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sessions_changed ON sessions (changed)",
    f"PRAGMA user_version = {VERSION}",
)
