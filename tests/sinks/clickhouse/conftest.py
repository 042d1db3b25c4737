"""One store for the package: a process can hold one embedded engine at a time. A server's is used where one is named.

Beside them stands `http`: the server's client and code over the facade, which runs everywhere. See `facade` for what
that proves and what only a server can.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import clickhouse_connect
import pytest

from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Writer
from tests.sinks.clickhouse.over_http import Facade, running_facade

FILLED = (
    "SELECT DISTINCT table FROM system.parts"
    " WHERE database = currentDatabase() AND active AND table != 'schema_migrations'"
)


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    pytest.importorskip("chdb")
    with ClickHouseStore(Dsn.parse(f"chdb://{tmp_path_factory.mktemp('trace') / 'store'}")) as store:
        store.migrate()
        yield store


@pytest.fixture(scope="package")
def server() -> Iterator[ClickHouseStore]:
    url = os.environ.get("CLICKHOUSE_TEST_URL")
    if not url:
        pytest.skip("no ClickHouse server: CLICKHOUSE_TEST_URL is not set")
    dsn = replace(Dsn.parse(url), database=f"sluicegate_test_{uuid4().hex[:12]}")
    with ClickHouseStore(dsn) as store:
        store.migrate()
        yield store
        clickhouse_connect.get_client(dsn=url).command(f"DROP DATABASE {dsn.database}")


@pytest.fixture(scope="package")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facade]:
    pytest.importorskip("chdb")
    with running_facade(tmp_path_factory.mktemp("facade")) as found:
        yield found


@pytest.fixture(scope="package")
def http(facade: Facade) -> Iterator[ClickHouseStore]:
    with ClickHouseStore(facade.dsn) as store:
        store.migrate()
        yield store


@pytest.fixture(params=["embedded", "http", "server"])
def store(request: pytest.FixtureRequest) -> ClickHouseStore:
    """Each backend in turn, its tables empty."""
    found: ClickHouseStore = request.getfixturevalue(request.param)
    return emptied(found)


def emptied(store: ClickHouseStore) -> ClickHouseStore:
    for (name,) in store.query(FILLED).rows:
        store._writer.command(f"TRUNCATE TABLE {name}")
    return store


@pytest.fixture
def writer(store: ClickHouseStore) -> Writer:
    return Writer(store)
