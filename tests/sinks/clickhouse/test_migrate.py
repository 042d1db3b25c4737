from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from schemas.errors import Fatal
from sinks.clickhouse.migrate import Migration, applied, migrate, shipped, split_statements
from sinks.clickhouse.store import ClickHouseStore


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", []),
        ("  ;\n; -- nothing\n", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;\nSELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';', '--', '''; -- it''s'; SELECT 2", ["SELECT ';', '--', '''; -- it''s'", "SELECT 2"]),
        ("SELECT 'a\\';b'; SELECT 2", ["SELECT 'a\\';b'", "SELECT 2"]),
        ('SELECT `a;b`, "c;d"', ['SELECT `a;b`, "c;d"']),
        ("-- one; two\nSELECT 1 /* a; b\n */ + 2; -- end", ["SELECT 1  + 2"]),
    ],
)
def test_statements_are_split_outside_literals_and_comments(sql: str, statements: list[str]) -> None:
    assert list(split_statements(sql)) == statements


def test_shipped_migrations_are_numbered_without_a_gap() -> None:
    assert [each.version for each in shipped()] == list(range(1, len(shipped()) + 1))
    assert all(each.statements() for each in shipped())


def test_line_ends_do_not_change_a_checksum() -> None:
    unix = Migration(1, "a", "SELECT 1;\nSELECT 2;\n")
    assert replace(unix, sql="SELECT 1;\r\nSELECT 2;\r\n").checksum == unix.checksum
    assert replace(unix, sql="SELECT 1;\nSELECT 3;\n").checksum != unix.checksum


@pytest.fixture
def empty(store: ClickHouseStore) -> Iterator[ClickHouseStore]:
    """The store's client in a database of its own, without a schema."""
    name = f"sluicegate_test_{uuid4().hex[:12]}"
    store._writer.command(f"CREATE DATABASE {name} ENGINE = Atomic")
    store._writer.database = name
    yield store
    store._connections.choose_database(store._writer)
    store._writer.command(f"DROP DATABASE {name}")


ONE = Migration(1, "one", "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x;")
TWO = Migration(2, "two", "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;")
THREE = Migration(3, "three", "CREATE TABLE IF NOT EXISTS c (x UInt8) ENGINE = MergeTree ORDER BY x;")


def test_each_is_applied_once_and_remembered(empty: ClickHouseStore) -> None:
    engine = empty._writer
    assert migrate(engine, [ONE]) == (ONE,)
    assert migrate(engine, [ONE, TWO]) == (TWO,)
    assert migrate(engine, [ONE, TWO]) == ()
    assert applied(engine) == {1: ONE.checksum, 2: TWO.checksum}


def test_a_changed_file_is_refused_before_anything_runs(empty: ClickHouseStore) -> None:
    engine = empty._writer
    migrate(engine, [ONE])
    with pytest.raises(Fatal, match="migration_changed: 0001_one"):
        migrate(engine, [replace(ONE, sql=ONE.sql + " "), TWO])
    assert applied(engine).keys() == {1}


def test_an_older_one_that_came_later_is_refused(empty: ClickHouseStore) -> None:
    engine = empty._writer
    migrate(engine, [ONE, THREE])
    with pytest.raises(Fatal, match="migration_out_of_order: 0002_two"):
        migrate(engine, [ONE, TWO, THREE])


def test_a_newer_store_is_refused(empty: ClickHouseStore) -> None:
    engine = empty._writer
    migrate(engine, [ONE, TWO])
    with pytest.raises(Fatal, match="schema_newer"):
        migrate(engine, [ONE])


def test_an_interrupted_migration_is_run_again(empty: ClickHouseStore) -> None:
    engine = empty._writer
    broken = replace(ONE, sql=ONE.sql + "SELECT nothing_like_it;")
    with pytest.raises(Exception, match="UNKNOWN_IDENTIFIER"):
        migrate(engine, [broken])
    assert applied(engine) == {}
    assert migrate(engine, [ONE]) == (ONE,)
