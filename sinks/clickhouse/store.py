"""The trace store, on a server or embedded, behind one DSN."""

from collections.abc import Mapping

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.clickhouse import migrate as migrations
from sinks.clickhouse.answer import Answer, ask
from sinks.clickhouse.closing import Closing
from sinks.clickhouse.connect import Connections, Dsn
from sinks.clickhouse.faults import disposition
from sinks.clickhouse.migrate import Migration
from sinks.clickhouse.writer import Batch

AT_ONCE = {"async_insert": 0}
"""A server of 26.2 or later queues inserts unless told otherwise; a token and an acknowledgement must mean this batch."""


class ClickHouseStore(Closing):
    """The store. Inserts come from one thread, queries from one thread, which may be another.

    Args:
        dsn: see `sinks.clickhouse.connect`.

    Raises:
        Fatal, Retryable: as `Connections.client`.
    """

    def __init__(self, dsn: Dsn) -> None:
        self.dsn = dsn
        self._connections = Connections(dsn)
        try:
            self._writer = self._connections.client()
        except BaseException:
            self._connections.close()
            raise
        self._reader: Client | None = None

    def migrate(self) -> tuple[Migration, ...]:
        """Create the database where it is missing and bring its schema up to date.

        Raises:
            Fatal: as `sinks.clickhouse.migrate.migrate`, or `trace_store_misconfigured`.
            Retryable: `trace_store_away`.
        """
        try:
            self._writer.command(f"CREATE DATABASE IF NOT EXISTS {self.dsn.database} ENGINE = Atomic")
            self._connections.choose_database(self._writer)
            return migrations.migrate(self._writer)
        except ClickHouseError as error:
            raise disposition(error) from None

    def insert(self, batch: Batch) -> None:
        """Write a batch, column by column with the types of `sinks.clickhouse.tables`, under its token."""
        self._connections.choose_database(self._writer)
        self._writer.insert(
            batch.table.name,
            batch.columns,
            column_names=list(batch.table.columns),
            column_type_names=list(batch.table.columns.values()),
            column_oriented=True,
            settings={**AT_ONCE, "insert_deduplication_token": batch.token},
        )

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Answer:
        """Run one statement on a client of its own; see `Reads.query`."""
        if self._reader is None:
            self._reader = self._connections.client()
            self._connections.choose_database(self._reader)
        return ask(self._reader, sql, params)

    def close(self) -> None:
        """Close all clients, and with the last one the embedded engine."""
        self._connections.close()
