"""What `sinks.keys.sqlite` asks of its file. Values are bound, never written into a statement."""

import secrets
import sqlite3
from datetime import datetime

from schemas.keys import KeyAct, KeyKind, KeyOperation, RecordedOperation, StoredKey

FORMAT = 1
COLUMNS = "key_id, kind, tenant, subject, version, wrapped_by, wrapped, created_at, destroyed_at"
SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE key (
        number INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, tenant TEXT NOT NULL,
        subject TEXT NOT NULL, version INTEGER NOT NULL, wrapped_by TEXT NOT NULL, wrapped BLOB NOT NULL,
        created_at TEXT NOT NULL, destroyed_at TEXT, UNIQUE (tenant, kind, subject, version)
    );
    CREATE INDEX beneath ON key (wrapped_by) WHERE destroyed_at IS NULL;
    CREATE TABLE operation (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL, tenant TEXT NOT NULL,
        subject TEXT NOT NULL, keys INTEGER NOT NULL
    );
    CREATE TABLE state (key_encryption_key TEXT NOT NULL, changes INTEGER NOT NULL);
    INSERT INTO state VALUES ('', random() >> 2);
    PRAGMA user_version = 1;
"""

_Row = tuple[str, str, str, str, int, str, bytes, str, str | None]


def add(connection: sqlite3.Connection, key: StoredKey) -> StoredKey | None:
    scope = (key.tenant, key.kind, key.subject, key.version)
    found = one(connection, "tenant = ? AND kind = ? AND subject = ? AND version = ?", *scope)
    if found is not None:
        return found
    if not _in_force(connection, key):
        return None
    row = (key.key_id, *scope, key.wrapped_by, key.wrapped, key.created_at.isoformat())
    names = "key_id, tenant, kind, subject, version, wrapped_by, wrapped, created_at"
    connection.execute(f"INSERT INTO key ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    return key


def _in_force(connection: sqlite3.Connection, key: StoredKey) -> bool:
    """Tell whether what wraps a key is in force; the first key-encryption key that wraps one is."""
    if key.kind is KeyKind.SUBJECT:
        return one(connection, "key_id = ? AND destroyed_at IS NULL", key.wrapped_by) is not None
    root = key_encryption_key(connection)
    if not root:
        connection.execute("UPDATE state SET key_encryption_key = ?", (key.wrapped_by,))
    return root in {"", key.wrapped_by}


def erase(connection: sqlite3.Connection, at: datetime, where: str, *named: object) -> int:
    statement = f"UPDATE key SET wrapped = x'', destroyed_at = ? WHERE {where}"  # noqa: S608
    return connection.execute(statement, (at.isoformat(), *named)).rowcount


def erased_at(connection: sqlite3.Connection, tenant: str, subject: str) -> datetime | None:
    """Return when a tenant's keys, or one subject's, were last destroyed. Moments as they are kept sort by time."""
    (found,) = connection.execute(
        "SELECT max(destroyed_at) FROM key WHERE tenant = ? AND kind IN ('tenant', 'subject') AND subject IN ('', ?)",
        (tenant, subject),
    ).fetchone()
    return datetime.fromisoformat(found) if found else None


def record(connection: sqlite3.Connection, operation: KeyOperation, keys: int) -> None:
    """Write the operation down and mark the change by a number that no copy of the file has had."""
    row = (operation.at.isoformat(), operation.by, operation.act, operation.tenant, operation.subject, keys)
    connection.execute(
        "INSERT INTO operation (at, by, act, tenant, subject, keys) VALUES (?, ?, ?, ?, ?, ?)", row
    )
    connection.execute("UPDATE state SET changes = ?", (secrets.randbits(62),))


def key_encryption_key(connection: sqlite3.Connection) -> str:
    (found,) = connection.execute("SELECT key_encryption_key FROM state").fetchone()
    return str(found)


def one(connection: sqlite3.Connection, where: str, *named: object) -> StoredKey | None:
    return next(iter(every(connection, where, *named)), None)


def every(connection: sqlite3.Connection, where: str, *named: object) -> list[StoredKey]:
    rows = connection.execute(f"SELECT {COLUMNS} FROM key WHERE {where}", named).fetchall()  # noqa: S608
    return [key_of(row) for row in rows]


def key_of(row: _Row) -> StoredKey:
    key_id, kind, tenant, subject, version, wrapped_by, wrapped, created_at, destroyed_at = row
    return StoredKey(
        key_id,
        KeyKind(kind),
        tenant,
        subject,
        version,
        wrapped_by,
        bytes(wrapped),
        datetime.fromisoformat(created_at),
        datetime.fromisoformat(destroyed_at) if destroyed_at else None,
    )


def operation_of(row: tuple[str, str, str, str, str, int]) -> RecordedOperation:
    """Return a row of the table `operation`."""
    at, by, act, tenant, subject, keys = row
    made = KeyOperation(datetime.fromisoformat(at), by, KeyAct(act), tenant, subject)
    return RecordedOperation(made, keys)
