"""The tables as the engine has them, against the types that the writer pins."""

import re

import pytest

from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.tables import TABLES


@pytest.mark.parametrize("name", TABLES)
def test_pinned_types_are_the_engine_s(store: ClickHouseStore, name: str) -> None:
    described = store.query(f"DESCRIBE TABLE {name}").rows
    assert [(row[0], row[1]) for row in described] == list(TABLES[name].columns.items())


def test_every_table_of_the_schema_is_written_by_record(store: ClickHouseStore) -> None:
    found = store.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    assert {row[0] for row in found.rows} == set(TABLES) | {"schema_migrations"}


def test_no_clock_stands_in_a_key_but_the_request_s_and_immutable_ones(store: ClickHouseStore) -> None:
    found = store.query(
        "SELECT name, sorting_key, partition_key FROM system.tables"
        " WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    processing = {"failed_at", "judged_at", "emitted_at", "started_at", "published_at", "audited_at", "ver"}
    for name, *keys in found.rows:
        assert not processing & set(re.findall(r"\w+", " ".join(map(str, keys)))), name


def test_a_second_migration_finds_nothing_to_do(store: ClickHouseStore) -> None:
    assert store.migrate() == ()
