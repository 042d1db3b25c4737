"""Buffers rows by table and writes them in batches that can be repeated without effect.

For one thread. A batch that failed because the store was away is kept and written again with the same bytes and the
same deduplication token; a row the store refuses is found by halving, and its place goes to `poison`.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.envelope import Message
from schemas.wire import Inbound
from sinks.clickhouse.faults import STORE_ERRORS, Fault, code_of, disposition, fault_of
from sinks.clickhouse.record import Place
from sinks.clickhouse.rows import map_message, map_poison
from sinks.clickhouse.tables import TABLES, Row, Table

READABLE_TOKEN = 200
UNMAPPABLE = "unmappable"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row and the record it came from."""

    place: Place
    row: Row


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table, in the order of their arrival."""

    table: Table
    entries: tuple[Entry, ...]

    @property
    def columns(self) -> list[Sequence[object]]:
        """The rows' values, column by column."""
        return list(zip(*(entry.row.values for entry in self.entries), strict=True))

    @property
    def token(self) -> str:
        """What ClickHouse knows a repeated insert by: `table:topic:partition:first-last@time`, for every partition.

        The first record's time (milliseconds since the epoch) is part of it, because a broker that keeps its data in
        memory counts from 0 again after a restart, and new rows must not pass for old ones.
        """
        spans: dict[tuple[str, int], list[Place]] = {}
        for entry in self.entries:
            spans.setdefault((entry.place.topic, entry.place.partition), []).append(entry.place)
        parts = [_span(places) for _, places in sorted(spans.items())]
        token = f"{self.table.name}:{len(self.entries)}:" + ",".join(parts)
        return token if len(token) <= READABLE_TOKEN else _digest(token)

    def halves(self) -> tuple["Batch", "Batch"]:
        middle = len(self.entries) // 2
        return Batch(self.table, self.entries[:middle]), Batch(self.table, self.entries[middle:])


def _span(places: Sequence[Place]) -> str:
    first, last = places[0], places[-1]
    stamp = round(first.at.timestamp() * 1000)
    return f"{first.topic}:{first.partition}:{first.offset}-{last.offset}@{stamp}"


def _digest(token: str) -> str:
    return hashlib.blake2b(token.encode(), digest_size=20).hexdigest()


class Inserter(Protocol):
    """Writes one batch; raises what the engine or its driver raises."""

    def insert(self, batch: Batch) -> None:
        """Insert the batch under its token."""


@dataclass(slots=True)
class Written:
    """Counters of a writer's life: rows stored, records or rows set aside."""

    rows: int = 0
    poison: int = 0


class Writer:
    """Takes messages, holds their rows, writes them on `flush`."""

    def __init__(self, inserter: Inserter) -> None:
        self.written = Written()
        self._inserter = inserter
        self._buffers: dict[str, list[Entry]] = {}
        self._pending: deque[Batch] = deque()

    @property
    def backlog(self) -> int:
        """Rows not yet stored."""
        return sum(map(len, self._buffers.values())) + sum(len(batch.entries) for batch in self._pending)

    def take(self, inbound: Inbound, message: Message) -> None:
        """Buffer the rows of a message; one that cannot be mapped is set aside."""
        place = Place.of(inbound)
        try:
            rows = map_message(inbound, message)
        except (ArithmeticError, LookupError, ValueError, TypeError):
            self._set_aside(place, UNMAPPABLE)
            return
        for row in rows:
            self._buffer(place, row)

    def refuse(self, inbound: Inbound, error: str) -> None:
        """Buffer the place of a record that could not be decoded, with a stable code."""
        self._set_aside(Place.of(inbound), error)

    def flush(self) -> None:
        """Write everything buffered, the batches of an earlier failed flush first and unchanged.

        Raises:
            Retryable: `trace_store_away`; what is not yet stored is kept for the next call.
            Fatal: `trace_store_misconfigured`.
        """
        while self.backlog:
            self._freeze()
            while self._pending:
                self._write(self._pending[0])
                self._pending.popleft()

    def _buffer(self, place: Place, row: Row) -> None:
        self._buffers.setdefault(row.table, []).append(Entry(place, row))

    def _set_aside(self, place: Place, error: str, into: str = "") -> None:
        self.written.poison += 1
        self._buffer(place, map_poison(place, error, into))

    def _freeze(self) -> None:
        buffers, self._buffers = self._buffers, {}
        self._pending.extend(Batch(TABLES[name], tuple(entries)) for name, entries in buffers.items())

    def _write(self, batch: Batch) -> None:
        try:
            self._inserter.insert(batch)
        except STORE_ERRORS as error:
            if fault_of(error) is not Fault.DATA:
                raise disposition(error) from None
            self._isolate(batch, error)
        else:
            self.written.rows += len(batch.entries)

    def _isolate(self, batch: Batch, error: Exception) -> None:
        if len(batch.entries) > 1:
            for half in batch.halves():
                self._write(half)
        elif batch.table.name != "poison":
            code = code_of(error)
            refused = REFUSED if code is None else f"{REFUSED}_{code}"
            self._set_aside(batch.entries[0].place, refused, batch.table.name)
