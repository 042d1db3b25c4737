"""Rows into the embedded trace store: the writer's batches against one insert a row."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from schemas.envelope import Message, Work
from schemas.wire import Inbound
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Batch, Writer
from tests import events
from tests.bench.figures import Measure, Report, rates
from tests.bench.processes import alone

UNIT = "rows/CPU s"
FLUSH_ROWS = 1000
"""As the record loop does it."""

SINGLE_SHARE = 20
"""One row in so many is enough to measure single inserts by; they are slow."""


class RowByRow:
    """Writes each row by an insert of its own."""

    def __init__(self, store: ClickHouseStore) -> None:
        self._store = store

    def insert(self, batch: Batch) -> None:
        for entry in batch.entries:
            self._store.insert(Batch(batch.table, (entry,)))


def measure(size: int, runs: int) -> Report:
    """Write the rows of `size` messages a run, in batches, and of fewer of them one by one."""
    few = max(1, size // SINGLE_SHARE)
    batched, single = (
        alone(_written, size, runs, one_by_one=False),
        alone(_written, few, runs, one_by_one=True),
    )
    baseline = Measure("one insert a row", UNIT, _rates(single))
    return Report("store", size, runs, (Measure("writer", UNIT, _rates(batched), baseline), baseline), _NOTES)


def _rates(runs: list[tuple[int, float]]) -> tuple[float, ...]:
    return tuple(rates(rows, [seconds])[0] for rows, seconds in runs)


def _written(messages: int, runs: int, *, one_by_one: bool) -> list[tuple[int, float]]:
    with (
        TemporaryDirectory() as folder,
        ClickHouseStore(Dsn.parse(f"chdb://{Path(folder) / 'store'}")) as store,
    ):
        store.migrate()
        writer = Writer(RowByRow(store) if one_by_one else store)
        return [_run(writer, messages, run) for run in range(runs + 1)][1:]


def _run(writer: Writer, messages: int, run: int) -> tuple[int, float]:
    given = list(_messages(messages, run))
    before, started = writer.written.rows, time.process_time()
    for inbound, message in given:
        writer.take(inbound, message)
        if writer.backlog >= FLUSH_ROWS:
            writer.flush()
    writer.flush()
    return writer.written.rows - before, time.process_time() - started


def _messages(count: int, run: int) -> Iterator[tuple[Inbound, Message]]:
    """Yield what the line's stages emit for different requests, each at an offset of its own."""
    for number in range(run * count, (run + 1) * count):
        of = events.context(number)
        work = Work(stage="bench", started_at=events.MOMENT)
        kinds = (events.redacted, events.admitted, events.grounded, events.reserved, events.settled)
        message = kinds[number % len(kinds)](of, work=work)
        yield events.inbound(message, offset=number), message


_NOTES = ("the embedded engine in this process; mapping messages to rows is part of both",)
