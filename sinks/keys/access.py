"""A connection to a key store's file that notices when the file is another one, or gone."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from schemas.errors import Retryable
from sinks.keys import statements

BUSY_SECONDS = 3.0
"""How long another's write is waited for. Each takes milliseconds, but who waits only looks now and then."""


class Access:
    """One connection, used by one thread at a time.

    Raises:
        Retryable: `key_store_missing` if there is no file, `key_store_unavailable` if it cannot be used now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection; after an error the next one gets another."""
        with self._lock:
            try:
                yield self._connected()
            except sqlite3.Error as error:
                self._disconnect()
                raise Retryable("key_store_unavailable", type(error).__name__) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection in a transaction, which is rolled back after any exception."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._disconnect()

    def _connected(self) -> sqlite3.Connection:
        try:
            found = self._path.stat()
        except OSError:
            self._disconnect()
            raise Retryable("key_store_missing", "the file of wrapped keys is not there") from None
        file = (found.st_dev, found.st_ino)
        if self._connection is None or file != self._file:
            self._disconnect()
            self._connection, self._file = _connect(self._path), file
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _check_format(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _check_format(connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found != statements.FORMAT:
        raise Retryable("key_store_unavailable", "the file is not a key store of this version")
