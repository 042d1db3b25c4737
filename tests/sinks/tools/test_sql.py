"""SQLite is read with patience that ends, and never written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from schemas.errors import Retryable
from schemas.tooling import CallRefused
from sinks.tools.sql import SqliteSource

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
        connection.execute("INSERT INTO things VALUES ('one')")
        connection.commit()
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM things",
        "INSERT INTO things VALUES ('two')",
        "CREATE TABLE more (name TEXT)",
        "CREATE TEMP TABLE more (name TEXT)",
        "ATTACH DATABASE 'other.db' AS other",
        "PRAGMA writable_schema = 1",
    ],
)
async def test_nothing_but_reading_is_prepared(database: Path, statement: str) -> None:
    before = _everything(database.parent)
    with pytest.raises(CallRefused, match="not_read_only"):
        await SqliteSource(database).rows(statement, {})
    assert _everything(database.parent) == before


def _everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("statement", ["SELECT :name", "SELECT ?1", "SELECT name FROM things; SELECT 1"])
async def test_a_statement_that_does_not_fit_is_refused(database: Path, statement: str) -> None:
    with pytest.raises(CallRefused, match="invalid_result: statement"):
        await SqliteSource(database).rows(statement, {"other": 1})


async def test_a_statement_without_end_is_ended(database: Path) -> None:
    with pytest.raises(Retryable, match="source_timeout"):
        await SqliteSource(database, time_limit_seconds=0.1).rows(ENDLESS, {})


async def test_a_writer_is_not_waited_for_without_end(database: Path) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Retryable, match="source_timeout"):
            await SqliteSource(database, time_limit_seconds=0.1).rows("SELECT name FROM things", {})


@pytest.mark.parametrize("shown", ["{}", "length({})"])
async def test_a_value_that_is_made_large_is_refused(database: Path, shown: str) -> None:
    made = shown.format("replace(hex(zeroblob(50000)), '0', 'abc')")
    with pytest.raises(CallRefused, match="too_large"):
        await SqliteSource(database).rows(f"SELECT {made} AS x", {})


async def test_what_is_no_database_may_become_one(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    path.write_text("SECRET " * 1_000, encoding="utf-8")
    with pytest.raises(Retryable, match="source_unavailable") as raised:
        await SqliteSource(path).rows("SELECT name FROM things", {})
    assert "SECRET" not in str(raised.value)
