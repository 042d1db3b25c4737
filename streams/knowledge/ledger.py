"""What a follower remembers beside the index: which log it read, versions seen, and what it refused.

It is written before the index is, so that after a crash a record may be met again but is never forgotten.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.knowledge import Document
from sinks.knowledge.batch import Key, Place
from streams.knowledge.records import Deleted, Published, Refused, Stand

FILE = "ledger.sqlite"
MAX_NAMELESS = 1_000
"""Refused records without a document's key that are kept, the newest ones."""

WENT_BACK = "version_went_back"
REUSED = "version_reused"
MOVED = "key_in_two_partitions"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS log (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    tenant TEXT, document_id TEXT, part INTEGER NOT NULL, place INTEGER NOT NULL, at REAL NOT NULL,
    version INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (tenant, document_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (subject TEXT PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
_TABLES = ("log", "documents", "refused", "notes")


@dataclass(frozen=True, slots=True)
class Log:
    """Which log an index was built from.

    Attributes:
        topic_id: the broker's own id of the topic, another one once it was deleted and made anew; empty if unknown.
        confirmed_at: when the index was last known to hold all that the log says.
    """

    topic_id: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What is odd about the documents.

    Attributes:
        refused: records refused at present, by reason.
        notes: how often something was seen, by what it was.
    """

    refused: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)


class Ledger:
    """An SQLite file in an index's directory; for the thread that opened it, but for `told`.

    Attributes:
        told: as of the last commit.
    """

    def __init__(self, directory: Path) -> None:
        try:
            self._connection = _opened(directory)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # no ledger any more: without one, all is read again
            for left in directory.glob(f"{FILE}*"):
                left.unlink()
            self._connection = _opened(directory)
        self.told = self._tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def log(self) -> Log | None:
        """Return what the index was built from, or None if that is not known."""
        with closing(self._connection.execute("SELECT name, value FROM log")) as rows:
            found = dict(rows.fetchall())
        try:
            confirmed = datetime.fromtimestamp(float(found["confirmed_at"]), UTC)
            return Log(found["topic_id"], confirmed)
        except (KeyError, ValueError):
            return None

    def begin(self, log: Log) -> None:
        """Forget everything, and note what is going to be read."""
        for table in _TABLES:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from above
        self._set("topic_id", log.topic_id)
        self.confirm(log.confirmed_at)

    def confirm(self, moment: datetime) -> None:
        """Keep when the index, as it is on the disk, was known to hold all that the log says."""
        self._set("confirmed_at", str(moment.timestamp()))
        self.commit()

    def commit(self) -> None:
        """Keep what was noted."""
        self._connection.commit()
        self.told = self._tell()

    def outdone(self, record: Published | Deleted | Refused) -> bool:
        """Tell, and note, whether a document of the same key in another partition is newer than this record."""
        known = self._known(record.key) if record.key else None
        if known is None or known.place.partition == record.stand.place.partition:
            return False
        self._note(MOVED)
        return (record.stand.at, record.stand.place.partition) < (known.at, known.place.partition)

    def publish(self, record: Published) -> None:
        """Note a document's version, and whether it goes back or stands for another text than before."""
        tenant, document_id = record.key
        place, at = record.stand
        digest = _digest(record.document)
        self._compare(record, digest)
        self._connection.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
            (tenant, document_id, *place, at.timestamp(), record.document.version, digest),
        )
        self._accept(record.key)

    def delete(self, key: Key) -> None:
        """Note a document's end."""
        self._connection.execute("DELETE FROM documents WHERE tenant = ? AND document_id = ?", key)
        self._accept(key)

    def refuse(self, refused: Refused) -> None:
        """Keep a reason, by the document's key or by the record's place; never anything of the record."""
        if refused.key is not None:
            self.delete(refused.key)
        subject = "/".join(refused.key) if refused.key else "{}:{}".format(*refused.stand.place)
        self._connection.execute("DELETE FROM refused WHERE subject = ?", (subject,))
        self._connection.execute("INSERT INTO refused VALUES (?, ?)", (subject, refused.reason))
        if refused.key is None:
            self._connection.execute(
                "DELETE FROM refused WHERE rowid IN (SELECT rowid FROM refused WHERE subject GLOB '[0-9]*'"
                " ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
                (MAX_NAMELESS,),
            )

    def _compare(self, record: Published, digest: bytes) -> None:
        row = self._connection.execute(
            "SELECT part, place, version, digest FROM documents WHERE tenant = ? AND document_id = ?",
            record.key,
        ).fetchone()
        if row is None or _is_met_again(Place(row[0], row[1]), record.stand.place):
            return
        if record.document.version < row[2]:
            self._note(WENT_BACK)
        elif record.document.version == row[2] and digest != row[3]:
            self._note(REUSED)

    def _known(self, key: Key) -> Stand | None:
        row = self._connection.execute(
            "SELECT part, place, at FROM documents WHERE tenant = ? AND document_id = ?", key
        ).fetchone()
        return Stand(Place(row[0], row[1]), datetime.fromtimestamp(row[2], UTC)) if row else None

    def _accept(self, key: Key) -> None:
        self._connection.execute("DELETE FROM refused WHERE subject = ?", ("/".join(key),))

    def _note(self, name: str) -> None:
        self._connection.execute(
            "INSERT INTO notes VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET count = count + 1", (name,)
        )

    def _set(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO log VALUES (?, ?)", (name, value))

    def _tell(self) -> Told:
        return Told(
            self._counts("SELECT reason, count(*) FROM refused GROUP BY reason ORDER BY reason"),
            self._counts("SELECT name, count FROM notes ORDER BY name"),
        )

    def _counts(self, statement: str) -> Mapping[str, int]:
        with closing(self._connection.execute(statement)) as rows:
            return {str(name): int(count) for name, count in rows.fetchall()}


def _opened(directory: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(directory / FILE, isolation_level="IMMEDIATE")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_met_again(known: Place, place: Place) -> bool:
    return known.partition == place.partition and place.offset <= known.offset


def _digest(document: Document) -> bytes:
    """Return a digest of what a version stands for; access and validity may change under it."""
    told = f"{document.media_type}\0{document.title}\0{document.text}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()
