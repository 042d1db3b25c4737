"""Reads a trace store from another process: a server by its DSN, an embedded one through its query endpoint."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from schemas.errors import Fatal
from sinks.clickhouse.answer import Answer, ask
from sinks.clickhouse.closing import Closing
from sinks.clickhouse.connect import Connections, Dsn

READER = "reader"


class Reader(Closing):
    """Answers queries. For one thread.

    Args:
        url: `http(s)://host:port` of an endpoint, or a server's DSN; an embedded DSN is refused, as the process that
            records holds that store.
        token: the endpoint's; for a server its DSN carries the password.

    Raises:
        Fatal: `dsn_invalid`, `reader_needs_url`, `trace_store_refused`.
        Retryable: `trace_store_away`.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self._connections = Connections(Dsn.parse(_with_token(url, token)))
        if self._connections.dsn.embedded:
            raise Fatal(
                "reader_needs_url", "an embedded store is read through the endpoint that record serves"
            )
        self._client = self._connections.client()
        self._connections.choose_database(self._client)

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Answer:
        """Run one reading statement; see `sinks.clickhouse.answer.Reads`."""
        return ask(self._client, sql, params)

    def close(self) -> None:
        """Close the connection."""
        self._connections.close()


def _with_token(url: str, token: str) -> str:
    parts = urlsplit(url)
    if not token or "@" in parts.netloc:
        return url
    return parts._replace(netloc=f"{READER}:{quote(token, safe='')}@{parts.netloc}").geturl()
