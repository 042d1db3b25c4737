"""A query's answer, and its failure, whichever client asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import Retryable, Unprocessable
from sinks.clickhouse.faults import Fault, describe, fault_of


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows.

    Attributes:
        types: ClickHouse types of the columns.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def records(self) -> list[dict[str, object]]:
        """Return rows as mappings."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Reads(Protocol):
    """Whatever answers queries over the trace store."""

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Answer:
        """Run one reading statement; `{name:Type}` in it is filled from `params`.

        Raises:
            QueryFailed: the engine refused it.
            Retryable: `trace_store_away`.
        """


class QueryFailed(Unprocessable):
    """The engine refused a query. Its text names code and symbol only.

    Attributes:
        engine_message: the engine's own words for the person who wrote the query; may quote values, never log it.
    """

    def __init__(self, detail: str, engine_message: str) -> None:
        super().__init__("query_failed", detail)
        self.engine_message = engine_message


def ask(client: Client, sql: str, params: Mapping[str, object] | None = None) -> Answer:
    """Run a query on a client; see `Reads.query`."""
    bound = dict(params or {})
    try:
        found = client.query(sql, parameters=bound)
        if not found.column_names:
            return _columns_only(client, sql, bound)
    except ClickHouseError as error:
        if fault_of(error) is Fault.AWAY and getattr(error, "code", None) is None:
            raise Retryable("trace_store_away", type(error).__name__) from None
        raise QueryFailed(describe(error), str(error)) from None
    types = tuple(kind.name for kind in found.column_types)
    return Answer(tuple(found.column_names), types, tuple(map(tuple, found.result_rows)))


def _columns_only(client: Client, sql: str, bound: dict[str, object]) -> Answer:
    # Without rows the native format carries no columns either.
    meta = json.loads(client.raw_query(sql, parameters=bound, fmt="JSONCompact"))["meta"]
    return Answer(_each(meta, "name"), _each(meta, "type"), ())


def _each(meta: Sequence[Mapping[str, str]], key: str) -> tuple[str, ...]:
    return tuple(column[key] for column in meta)
