"""A SQLite database that can be read and nothing else."""

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pydantic import JsonValue

from schemas.errors import Retryable
from schemas.tooling import CallRefused, Row, ToolStatus

_STEPS_BETWEEN_LOOKS = 1_000
"""Steps of SQLite's virtual machine, well below a millisecond."""

_THREADS = 4
_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)


@dataclass(frozen=True)
class SqliteSource:
    """Implements `SqlSource` over a file that is opened read-only for each call.

    Nothing but SELECT is prepared: the file cannot be written, and no other one attached. It has threads of its own, so
    that a disk that hangs keeps nobody else waiting.

    Attributes:
        time_limit_seconds: of one statement, waiting for a writer included.
        max_bytes: of all values of an answer together, as text.
    """

    database: Path
    time_limit_seconds: float = 2.0
    max_bytes: int = 64_000
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, "sql-source"), repr=False, compare=False
    )

    async def rows(
        self, statement: str, parameters: Mapping[str, JsonValue], limit: int = 1
    ) -> Sequence[Row]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, statement, dict(parameters), limit)

    def _read(self, statement: str, parameters: Mapping[str, JsonValue], limit: int) -> list[Row]:
        until = time.monotonic() + self.time_limit_seconds
        reading = _OnlyReading()
        try:
            with closing(self._connect(until)) as connection:
                connection.set_authorizer(reading)
                cursor = connection.execute(statement, parameters)
                return list(bounded((dict(row) for row in cursor), limit, self.max_bytes))
        except sqlite3.ProgrammingError:  # the statement does not fit its parameters: a defect of the tool
            raise CallRefused(ToolStatus.INVALID_RESULT, "statement") from None
        except sqlite3.DataError:
            raise CallRefused(ToolStatus.INVALID_RESULT, "too_large") from None
        except sqlite3.Error:
            if reading.violated:
                raise CallRefused(ToolStatus.INVALID_RESULT, "not_read_only") from None
            late = time.monotonic() >= until
            raise Retryable("source_timeout" if late else "source_unavailable", "sqlite") from None

    def _connect(self, until: float) -> sqlite3.Connection:
        address = f"file:{quote(str(self.database.absolute()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=self.time_limit_seconds)
        connection.row_factory = sqlite3.Row
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, self.max_bytes)
        connection.set_progress_handler(lambda: time.monotonic() >= until, _STEPS_BETWEEN_LOOKS)
        return connection


def bounded(rows: Iterable[Row], limit: int, max_bytes: int) -> Iterator[Row]:
    """Yield rows. Raises CallRefused for one more than `limit`, more than `max_bytes` as text, and binary values."""
    left = max_bytes
    for count, row in enumerate(rows):
        left -= sum(len(str(value).encode(errors="replace")) for value in row.values())
        if count >= limit or left < 0:
            raise CallRefused(ToolStatus.INVALID_RESULT, "too_large")
        if any(isinstance(value, bytes) for value in row.values()):
            raise CallRefused(ToolStatus.INVALID_RESULT, "no_json")
        yield row


class _OnlyReading:
    """An authorizer of SQLite that refuses to prepare anything else, and remembers that it had to."""

    violated = False

    def __call__(self, action: int, *_: str | None) -> int:
        if action in _READING:
            return sqlite3.SQLITE_OK
        self.violated = True
        return sqlite3.SQLITE_DENY
