"""A key store in an SQLite file, for all workers of one machine.

Write-ahead logging lets them read while one writes, also within a process, where readers have a connection of their own.
A key is on the disk (`synchronous=FULL`) before anything is sealed under it. What is destroyed is overwritten
(`secure_delete`) and taken out of the log as well, as soon as nobody reads there. The file must be on a file system of the
machine itself: WAL works through shared memory, not over a network.

Copies made of the file before a destruction still hold the wrapped keys. Change the key-encryption key afterwards, and
destroy the old one, to make them worthless.
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from schemas.errors import Fatal, Retryable
from schemas.keys import KeyKind, KeyOperation, RecordedOperation, StoredKey
from sinks.keys import statements
from sinks.keys.access import Access

_BATCH = 1000
_ERASED_AT_ONCE = 200
_ANY = "tenant = ? AND destroyed_at IS NULL"
_CLEARING_TRIES = 5


class SqliteKeyStore:
    """Keeps wrapped keys in a file. Safe to be used from several threads and processes.

    Raises:
        Retryable: from every method but `create`, `key_store_missing` if there is no file, `key_store_unavailable` if
            it cannot be used now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = Access(path)
        self._writer = Access(path)
        self._seen: tuple[sqlite3.Connection | None, int, int] = (None, 0, 0)

    def create(self) -> None:
        """Make the file, for its owner only, unless it is there. Of several who try, one makes it.

        Raises:
            Fatal: `key_store_invalid` if it cannot be made.
        """
        if self.path.exists():
            return
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(draft)) as connection:
                connection.executescript(statements.SCHEMA)
            with suppress(FileExistsError):
                os.link(draft, self.path)
        except (OSError, sqlite3.Error) as error:
            raise Fatal("key_store_invalid", type(error).__name__) from None
        finally:
            with suppress(OSError):
                draft.unlink()

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()
        self._writer.close()
        self._seen = (None, 0, 0)

    def changes(self) -> int:
        with self._reader.reading() as connection:
            known, version, changes = self._seen
            (found,) = connection.execute("PRAGMA data_version").fetchone()
            if known is not connection or version != found:  # somebody has written something since
                (changes,) = connection.execute("SELECT changes FROM state").fetchone()
                self._seen = (connection, found, changes)
            return changes

    def key_encryption_key(self) -> str:
        with self._reader.reading() as connection:
            return statements.key_encryption_key(connection)

    def find(self, key_id: str) -> StoredKey | None:
        with self._reader.reading() as connection:
            return statements.one(connection, "key_id = ?", key_id)

    def newest(self, tenant: str, kind: KeyKind, subject: str = "") -> StoredKey | None:
        with self._reader.reading() as connection:
            where = "tenant = ? AND kind = ? AND subject = ? ORDER BY version DESC LIMIT 1"
            return statements.one(connection, where, tenant, kind, subject)

    def erased_at(self, tenant: str, subject: str = "") -> datetime | None:
        with self._reader.reading() as connection:
            return statements.erased_at(connection, tenant, subject)

    def add(self, key: StoredKey) -> StoredKey | None:
        with self._writer.writing() as connection:
            return statements.add(connection, key)

    def rotate(self, key: StoredKey, operation: KeyOperation) -> bool:
        with self._writer.writing() as connection:
            added = statements.add(connection, key)
            if added is None or added.key_id != key.key_id:
                return False
            statements.record(connection, operation, 1)
            return True

    def rewrap(
        self, key_encryption_key: str, wrap: Callable[[StoredKey], bytes], operation: KeyOperation
    ) -> int:
        with self._writer.writing() as connection:
            keys = statements.every(connection, "kind <> ? AND destroyed_at IS NULL", KeyKind.SUBJECT)
            rows = [(wrap(key), key_encryption_key, key.key_id) for key in keys]
            connection.executemany("UPDATE key SET wrapped = ?, wrapped_by = ? WHERE key_id = ?", rows)
            connection.execute("UPDATE state SET key_encryption_key = ?", (key_encryption_key,))
            statements.record(connection, operation, len(rows))
        self._clear_log()
        return len(rows)

    def destroy(self, tenant: str, subject: str, operation: KeyOperation) -> int:
        """See `KeyStore.destroy`.

        A tenant's own keys go first and at once, which makes those beneath them unreadable; these follow in parts, as a
        worker could not make a key while all were written.
        """
        live = "tenant = ? AND kind = 'subject' AND subject = ? AND destroyed_at IS NULL"
        own = "tenant = ? AND kind IN ('tenant', 'digest') AND destroyed_at IS NULL"
        count = self._count(live, tenant, subject) if subject else self._count(_ANY, tenant)
        if not count:
            self._clear_log()  # an earlier destruction may have ended before it
            return 0
        with self._writer.writing() as connection:
            if subject:
                statements.erase(connection, operation.at, live, tenant, subject)
            else:
                statements.erase(connection, operation.at, own, tenant)
            statements.record(connection, operation, count)
        if not subject:
            self._erase_beneath(tenant, operation.at)
        self._clear_log()
        return count

    def stored(self, tenant: str = "") -> Iterator[StoredKey]:
        last = 0
        while True:
            with self._reader.reading() as connection:
                where = "number > ? AND (tenant = ? OR ? = '') ORDER BY number LIMIT ?"
                rows = connection.execute(
                    f"SELECT {statements.COLUMNS}, number FROM key WHERE {where}",  # noqa: S608
                    (last, tenant, tenant, _BATCH),
                ).fetchall()
            yield from (statements.key_of(row[:-1]) for row in rows)
            if len(rows) < _BATCH:
                return
            last = rows[-1][-1]

    def operations(self) -> Sequence[RecordedOperation]:
        with self._reader.reading() as connection:
            rows = connection.execute(
                "SELECT at, by, act, tenant, subject, keys FROM operation ORDER BY number"
            ).fetchall()
        return tuple(statements.operation_of(row) for row in rows)

    def _count(self, where: str, *named: str) -> int:
        with self._reader.reading() as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM key WHERE {where}", named).fetchone()  # noqa: S608
            return int(count)

    def _erase_beneath(self, tenant: str, at: datetime) -> None:
        """Erase what is wrapped under a tenant's destroyed keys, and let others write in between."""
        with self._reader.reading() as connection:
            where = "tenant = ? AND kind = ? AND destroyed_at IS NOT NULL"
            parents = statements.every(connection, where, tenant, KeyKind.TENANT)
        some = "number IN (SELECT number FROM key WHERE wrapped_by = ? AND destroyed_at IS NULL LIMIT ?)"
        for parent in parents:
            started = time.monotonic()
            while self._erased(at, some, parent.key_id, _ERASED_AT_ONCE):
                time.sleep(time.monotonic() - started)
                started = time.monotonic()

    def _erased(self, at: datetime, where: str, *named: object) -> int:
        with self._writer.writing() as connection:
            return statements.erase(connection, at, where, *named)

    def _clear_log(self) -> None:
        """Move what was written into the file and empty the log, which would else keep what was overwritten."""
        for _ in range(_CLEARING_TRIES):
            with suppress(Retryable), self._writer.reading() as connection:
                (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
