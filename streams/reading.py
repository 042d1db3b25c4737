"""Reading the trace store from wherever a command runs: its endpoint, its server, or the embedded files at rest."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import Fatal, Retryable
from sinks.clickhouse.answer import Reads
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.reader import Reader
from sinks.clickhouse.store import ClickHouseStore
from streams.settings import Settings


@contextmanager
def open_reader(settings: Settings) -> Iterator[Reads]:
    """Open the trace store for reading.

    An embedded store is read through the endpoint of the process that records; when none runs, its files are opened.

    Raises:
        Fatal: `store_missing` when none is configured, or as the store's own.
        Retryable: `trace_store_away`.
    """
    store = settings.store
    dsn = store.dsn.get_secret_value()
    if not dsn and not store.url:
        raise Fatal(
            "store_missing", "set SLUICEGATE_STORE__DSN, or start `sluicegate dev` or `sluicegate demo` first"
        )
    try:
        reader: Reader | ClickHouseStore = Reader(
            store.url or dsn, store.token.get_secret_value() if store.url else ""
        )
    except Retryable:
        if not dsn or not Dsn.parse(dsn).embedded:
            raise
        reader = ClickHouseStore(Dsn.parse(dsn))
    with reader:
        yield reader
