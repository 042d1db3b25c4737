"""What an index keeps on the disk, in one SQLite file: each batch and the offsets to go on from in one transaction.

Write-ahead logging lets entries be read while a batch is written. A batch that a failing machine loses is lost with its
offsets, and read again. What is deleted is overwritten (`secure_delete`).
"""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

import numpy as np

from schemas.errors import Fatal, Retryable
from schemas.knowledge import DocumentHead, Passage
from sinks.knowledge.batch import Place, Upsert
from sinks.knowledge.embeddings import Vectors
from sinks.knowledge.precision import halved, restored

FORMAT = 1
_BUSY_SECONDS = 3.0
_AT_ONCE = 4_096
_FILES = ("knowledge.sqlite", "knowledge.sqlite-wal", "knowledge.sqlite-shm")

_SCHEMA = """
CREATE TABLE state (made_by TEXT NOT NULL, token TEXT NOT NULL);
CREATE TABLE offsets (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE documents (
    ordinal INTEGER PRIMARY KEY, head TEXT NOT NULL, published_at TEXT NOT NULL,
    partition INTEGER NOT NULL, record INTEGER NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, document INTEGER NOT NULL, passage TEXT NOT NULL, embedding BLOB NOT NULL
);
CREATE INDEX passages_document ON passages (document);
"""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    ordinal: int
    head: DocumentHead
    published_at: datetime
    place: Place


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows in ascending order, each with its document's ordinal."""

    rows: list[int]
    documents: list[int]
    vectors: Vectors


class KnowledgeStore:
    """The file. Reads go through a connection of their own; either is used by one thread at a time.

    Args:
        made_by: the versions of all rules behind the content; what others made is deleted.

    Raises:
        Retryable: `knowledge_store_unavailable` from every method but `open` if the file cannot be used now.
    """

    def __init__(self, folder: Path, made_by: str) -> None:
        self._path = folder / _FILES[0]
        self._lock = Lock()
        self._writer = self._opened(made_by)
        self._reader = _connect(self._path)

    def state(self) -> str:
        """Return a token that no other content has."""
        with self._reading() as connection:
            return str(connection.execute("SELECT token FROM state").fetchone()[0])

    def offsets(self) -> dict[int, int]:
        with self._reading() as connection:
            return dict(connection.execute("SELECT partition, next FROM offsets"))

    def documents(self) -> list[StoredDocument]:
        with self._reading() as connection:
            found = connection.execute("SELECT ordinal, head, published_at, partition, record FROM documents")
            return [_document(*each) for each in found]

    def rows(self) -> Iterator[StoredRows]:
        """Yield all rows, some at once."""
        last = -1
        while found := self._fetch("id, document, embedding", last):
            last = found[-1][0]
            blob = b"".join(each[2] for each in found)
            vectors = restored(np.frombuffer(blob, np.uint16).reshape(len(found), -1))
            yield StoredRows([each[0] for each in found], [each[1] for each in found], vectors)

    def passages(self) -> Iterator[tuple[int, int, Passage]]:
        """Yield all passages with their rows and documents' ordinals."""
        last = -1
        while found := self._fetch("id, document, passage", last):
            last = found[-1][0]
            yield from ((row, document, Passage.model_validate_json(text)) for row, document, text in found)

    def passage(self, row: int) -> Passage | None:
        with self._reading() as connection:
            found = connection.execute("SELECT passage FROM passages WHERE id = ?", (row,)).fetchone()
        return Passage.model_validate_json(found[0]) if found else None

    @contextmanager
    def changing(self) -> Iterator["Change"]:
        """Give a transaction: committed at the end, or undone if an exception leaves it."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield Change(self._writer)
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise Retryable("knowledge_store_unavailable", type(error).__name__) from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, suppress(sqlite3.Error):
            self._reader.close()
            self._writer.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise Retryable("knowledge_store_unavailable", type(error).__name__) from None

    def _fetch(self, columns: str, after: int) -> list[tuple[int, int, bytes]]:
        statement = f"SELECT {columns} FROM passages WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - names above
        with self._reading() as connection:
            return connection.execute(statement, (after, _AT_ONCE)).fetchall()

    def _undo(self) -> None:
        with suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _opened(self, made_by: str) -> sqlite3.Connection:
        with suppress(sqlite3.Error):
            connection = _connect(self._path)
            if _made_by(connection) == made_by:
                return connection
            connection.close()
        return self._made(made_by)

    def _made(self, made_by: str) -> sqlite3.Connection:
        try:
            for name in _FILES:
                self._path.with_name(name).unlink(missing_ok=True)
            connection = _connect(self._path)
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
            connection.execute("INSERT INTO state VALUES (?, ?)", (made_by, secrets.token_hex(16)))
        except (OSError, sqlite3.Error) as error:
            raise Fatal("knowledge_directory_unusable", type(error).__name__) from None
        return connection


class Change:
    """What a batch does to the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def renew(self) -> str:
        """Return the token of the content as it becomes."""
        token = secrets.token_hex(16)
        self._connection.execute("UPDATE state SET token = ?", (token,))
        return token

    def drop(self, ordinal: int) -> list[int]:
        """Delete a document, and return the rows it had."""
        self._connection.execute("DELETE FROM documents WHERE ordinal = ?", (ordinal,))
        gone = self._connection.execute("DELETE FROM passages WHERE document = ? RETURNING id", (ordinal,))
        return [row for (row,) in gone]

    def put(self, ordinal: int, upsert: Upsert, rows: Sequence[int], vectors: Vectors) -> None:
        """Add a document, which is not there, with its passages."""
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
            (ordinal, upsert.head.model_dump_json(), upsert.published_at.isoformat(), *upsert.place),
        )
        halves = halved(vectors)
        self._connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?)",
            [
                (row, ordinal, passage.model_dump_json(), half.tobytes())
                for row, passage, half in zip(rows, upsert.passages, halves, strict=True)
            ],
        )

    def proceed(self, offsets: Mapping[int, int]) -> None:
        """Note from where to read on."""
        self._connection.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?)", list(offsets.items()))

    def empty(self) -> None:
        """Delete everything."""
        for table in ("passages", "documents", "offsets"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names above


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _made_by(connection: sqlite3.Connection) -> str | None:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != FORMAT or sound != "ok":
        return None
    row = connection.execute("SELECT made_by FROM state").fetchone()
    return str(row[0]) if row else None


def _document(ordinal: int, head: str, published_at: str, partition: int, record: int) -> StoredDocument:
    of = DocumentHead.model_validate_json(head)
    return StoredDocument(ordinal, of, datetime.fromisoformat(published_at), Place(partition, record))
