"""Which tables does a journal have?"""

from typing import Final

ENDED: Final = (
    """CREATE TABLE IF NOT EXISTS ended_connections (
    connection TEXT PRIMARY KEY,
    line TEXT NOT NULL,
    connected_at INTEGER NOT NULL,
    last_heard_at INTEGER NOT NULL
)""",
    """CREATE TRIGGER IF NOT EXISTS connection_ended AFTER DELETE ON open_connections BEGIN
    INSERT OR REPLACE INTO ended_connections VALUES (old.connection, old.line, old.connected_at, old.last_heard_at);
END""",
)
"""What keeps the connections that have ended; a journal of an earlier version gets it when its receiver has."""

SCHEMA: Final = """
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    line TEXT NOT NULL,
    connection TEXT NOT NULL,
    at INTEGER NOT NULL,
    connected_at INTEGER,
    last_heard_at INTEGER,
    reason TEXT,
    payload BLOB,
    checksum INTEGER NOT NULL
);
CREATE TABLE open_connections (
    connection TEXT PRIMARY KEY,
    line TEXT NOT NULL,
    connected_at INTEGER NOT NULL,
    last_heard_at INTEGER NOT NULL
);
{ended}CREATE TABLE last_messages (
    line TEXT PRIMARY KEY,
    at INTEGER NOT NULL
);
CREATE TABLE forgotten (
    up_to INTEGER NOT NULL,
    at INTEGER NOT NULL
);
INSERT INTO forgotten VALUES (0, {started_at});
""".replace("{ended}", "".join(f"{each};\n" for each in ENDED))
"""Of entries, those that the event log has are forgotten, and how far it has them stays. A connection is open or has
ended, or goes on in the receiver's next journal: who looks for what it lost asks which it had at all."""
