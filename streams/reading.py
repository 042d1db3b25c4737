"""Reading the trace store from wherever a command runs: its endpoint, its server, or the embedded files at rest."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from schemas.errors import Fatal
from sinks.clickhouse.answer import Reads
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.endpoint import Endpoint
from sinks.clickhouse.reader import Reader
from sinks.clickhouse.store import ClickHouseStore
from streams.probe import listens
from streams.settings import Settings


@contextmanager
def open_reader(settings: Settings) -> Iterator[Reads]:
    """Open the trace store for reading.

    An embedded store is read through the endpoint of the process that records; when none runs, its files are opened.

    Raises:
        Fatal: `store_missing` when there is none, or as the store's own.
        Retryable: `trace_store_away`.
    """
    store = settings.store
    dsn = store.dsn.get_secret_value()
    if not dsn and not store.url:
        raise Fatal(
            "store_missing", "start `sluicegate dev` or `sluicegate demo` here, or set SLUICEGATE_STORE__DSN"
        )
    with ExitStack() as exits:
        url, token = store.url, store.token.get_secret_value()
        if _rests(dsn, url):
            url, token = _served(exits, Dsn.parse(dsn))
        yield exits.enter_context(Reader(url or dsn, token if url else ""))


def _rests(dsn: str, url: str) -> bool:
    """Tell whether an embedded store's files must be opened because nobody serves them."""
    return bool(dsn) and Dsn.parse(dsn).embedded and not (url and _listens(url))


def _served(exits: ExitStack, dsn: Dsn) -> tuple[str, str]:
    """Serve a store at rest for a moment, so that reading it keeps the same limits as reading one that records."""
    if not Path(dsn.path).is_dir():
        raise Fatal("store_missing", "nothing was recorded here; start `sluicegate dev` or `sluicegate demo`")
    token = secrets.token_urlsafe()
    exits.enter_context(ClickHouseStore(dsn))  # holds the engine's lock, and says who else does
    return exits.enter_context(Endpoint(dsn, token)).url, token


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    return listens(parts.hostname or "", parts.port or 80)
