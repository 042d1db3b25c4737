"""What every source of a tool does, in memory and in truth: SQLite, and a service on loopback."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest
from pydantic import JsonValue

from schemas.errors import Retryable
from schemas.ports import FixedClock
from schemas.tooling import CallRefused, HttpSource, Row, SqlSource
from sinks.tools.http import HttpService, HttpxSource
from sinks.tools.memory import MemoryHttp, MemorySql
from sinks.tools.sql import SqliteSource
from tests.events import MOMENT
from tests.sinks.tools.service import Answer, Service, running

MOST_BYTES = 2_000
BY_NAME = "SELECT name, amount FROM things WHERE name = :name ORDER BY amount"
TWICE: list[Row] = [{"name": "two", "amount": 1}, {"name": "two", "amount": 2}]
INJECTION = "two' OR '1'='1"
ROWS: dict[str, list[Row]] = {
    "one": [{"name": "one", "amount": None}],
    "two": list(TWICE),
    "long": [{"name": "long", "amount": "x" * MOST_BYTES}],
    "binary": [{"name": "binary", "amount": b"\x00\xff"}],  # type: ignore[dict-item]
}


def _sqlite(folder: Path) -> SqlSource:
    path = folder / "odd #?% name.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (name TEXT, amount)")
        rows = [dict(row) for rows in ROWS.values() for row in rows]
        connection.executemany("INSERT INTO things VALUES (:name, :amount)", rows)
        connection.commit()
    return SqliteSource(path, max_bytes=MOST_BYTES)


def _memory(folder: Path) -> SqlSource:
    return MemorySql({BY_NAME: lambda given: ROWS.get(str(given["name"]), [])}, max_bytes=MOST_BYTES)


def _no_sqlite(folder: Path) -> SqlSource:
    return SqliteSource(folder / "none.db")


def _no_memory(folder: Path) -> SqlSource:
    return MemorySql({}, failure=Retryable("source_unavailable"))


@pytest.fixture(params=[_sqlite, _memory])
def sql(request: pytest.FixtureRequest, tmp_path: Path) -> SqlSource:
    make: Callable[[Path], SqlSource] = request.param
    return make(tmp_path)


async def test_rows_come_by_column(sql: SqlSource) -> None:
    assert await sql.rows(BY_NAME, {"name": "one"}) == ROWS["one"]
    assert await sql.rows(BY_NAME, {"name": "two"}, 2) == TWICE


@pytest.mark.parametrize("name", ["three", INJECTION, "", "%", None])
async def test_a_parameter_is_a_value_and_nothing_else(sql: SqlSource, name: str | None) -> None:
    assert await sql.rows(BY_NAME, {"name": name}, 9) == []


@pytest.mark.parametrize(
    ("name", "detail"), [("two", "too_large"), ("long", "too_large"), ("binary", "no_json")]
)
async def test_more_than_was_asked_for_is_refused(sql: SqlSource, name: str, detail: str) -> None:
    with pytest.raises(CallRefused, match=f"invalid_result: {detail}"):
        await sql.rows(BY_NAME, {"name": name})


@pytest.mark.parametrize("make", [_no_sqlite, _no_memory])
async def test_a_database_that_is_away_may_be_back(make: Callable[[Path], SqlSource], tmp_path: Path) -> None:
    with pytest.raises(Retryable, match="source_unavailable"):
        await make(tmp_path).rows(BY_NAME, {"name": "one"})
    assert _names(tmp_path) == []


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Telling(Protocol):
    """Has a source answer."""

    def __call__(self, address: str, document: JsonValue) -> None: ...


Told = tuple[HttpSource, Telling]


@pytest.fixture(params=["memory", "service"])
async def told(request: pytest.FixtureRequest) -> AsyncIterator[Told]:
    if request.param == "memory":
        documents: dict[str, JsonValue] = {}
        yield MemoryHttp(documents, max_bytes=MOST_BYTES), _filling(documents)
        return
    async with running() as service:
        declared = HttpService(base_url=service.base_url, max_bytes=MOST_BYTES)
        async with HttpxSource(declared, FixedClock(MOMENT)) as source:
            yield source, _telling(service)


def _filling(documents: dict[str, JsonValue]) -> Telling:
    def tell(address: str, document: JsonValue) -> None:
        documents[address] = document

    return tell


def _telling(service: Service) -> Telling:
    def tell(address: str, document: JsonValue) -> None:
        service.answers[address] = Answer(document)

    return tell


async def test_a_document_is_found_by_path_and_query(told: Told) -> None:
    source, tell = told
    tell("stock/A-1?day=2026-11-12&of=x%20y%26z", {"in_stock": 3})
    query = {"of": "x y&z", "day": "2026-11-12"}
    assert await source.get("stock/{number}", {"number": "A-1"}, query) == {"in_stock": 3}
    assert await source.get("stock/{number}", {"number": "A-1"}) is None


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("../../admin", "..%2F..%2Fadmin"),
        ("%2e%2e/admin", "%252e%252e%2Fadmin"),
        ("a?b=c#d", "a%3Fb=c%23d"),
        ("a\\..\\b", "a%5C..%5Cb"),
        ("@evil.example:80", "@evil.example:80"),
        ("//evil.example/x", "%2F%2Fevil.example%2Fx"),
        ("na\u00efve ...", "na%C3%AFve%20..."),
    ],
)
async def test_an_argument_is_one_segment_whatever_is_in_it(told: Told, value: str, sent: str) -> None:
    source, tell = told
    tell(f"stock/{sent}/now", {"in_stock": 3})
    assert await source.get("stock/{number}/now", {"number": value}) == {"in_stock": 3}


@pytest.mark.parametrize(
    "value", ["", ".", "..", "..;", "a;b", "a\r\nHost: evil.example", "a\x00", "\ud800", "x" * 201]
)
async def test_what_can_be_no_segment_is_not_asked_for(told: Told, value: str) -> None:
    source, tell = told
    tell("stock/", {"in_stock": 3})
    with pytest.raises(CallRefused, match="invalid_arguments"):
        await source.get("stock/{number}", {"number": value})


async def test_a_document_has_a_size(told: Told) -> None:
    source, tell = told
    tell("stock/A", "x" * MOST_BYTES)
    with pytest.raises(CallRefused, match="invalid_result: too_large"):
        await source.get("stock/{number}", {"number": "A"})
