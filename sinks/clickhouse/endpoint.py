"""A read-only query endpoint on loopback over the embedded store, in ClickHouse's own HTTP dialect.

The embedded engine admits one process. This lets the command line, a notebook or any ClickHouse client ask that
process while it records: `curl -H "Authorization: Bearer $TOKEN" "$URL" -d "SELECT ... FORMAT JSON"`. Query
parameters (`param_name`), `query`, `database` and `default_format` are understood; other settings have no effect.
"""

import hmac
import json
import socket
import threading
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from schemas.errors import Fatal
from sinks.clickhouse.closing import Closing
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.guard import Refused, admit
from sinks.clickhouse.reading import Busy, EngineError, Limits, ReadingPool, Result

MAX_BODY_BYTES = 1_000_000
SOCKET_SECONDS = 30
TAB_SEPARATED = "TabSeparated"

_CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8",
    "CSVWithNames": "text/csv; charset=UTF-8",
    "Native": "application/octet-stream",
    "Parquet": "application/octet-stream",
}
_TEXT = "text/plain; charset=UTF-8"


class HttpFailure(Exception):
    """An answer other than the result, with ClickHouse's code for such an error."""

    def __init__(self, status: HTTPStatus, code: int, text: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.text = text


class Endpoint(Closing):
    """Serves queries from threads of its own, over clients of its own, until closed.

    Args:
        dsn: of the embedded store that this process holds.
        token: what a reader must present; the user name is free.
        port: loopback port, 0 takes a free one.

    Raises:
        Fatal: `endpoint_needs_embedded_store`, `endpoint_token_missing`, `endpoint_port_taken`,
            `endpoint_database_missing` (not migrated yet).
    """

    def __init__(self, dsn: Dsn, token: str, port: int = 0, limits: Limits | None = None) -> None:
        if not dsn.embedded:
            raise Fatal("endpoint_needs_embedded_store", "a server is read directly")
        if not token:
            raise Fatal("endpoint_token_missing")
        self._pool = ReadingPool(dsn, limits or Limits())
        try:
            self._server = _Server(("127.0.0.1", port), self._pool, token, dsn.database)
        except OSError as error:
            self._pool.close()
            raise Fatal("endpoint_port_taken", str(port)) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="query-endpoint", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where to ask, without the token."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop serving; queries still running are waited for within their time limit. Harmless when repeated."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._pool.close()
        self._server.hang_up()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an idle kept-alive connection must not hold up the end

    def __init__(self, address: tuple[str, int], pool: ReadingPool, token: str, database: str) -> None:
        self.pool = pool
        self.token = token.encode()
        self.connections: set[socket.socket] = set()
        self.databases = frozenset({"", "default", database})
        super().__init__(address, _Handler)

    def hang_up(self) -> None:
        """End the connections that clients keep open for their next query."""
        for connection in tuple(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no event, and a traceback may quote a query."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "sluicegate"
    sys_version = ""
    timeout = SOCKET_SECONDS
    disable_nagle_algorithm = True  # head and result are two writes: the second would wait for a delayed ACK

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._send(HTTPStatus.OK, b"Ok.\n", {"Content-Type": _TEXT})
        else:
            self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing: the request line may quote a query."""

    def _serve(self) -> None:
        try:
            body = self._body()
            self._authenticate()
            result, shape = self._answer(body)
        except HttpFailure as failure:
            self._fail(failure)
        else:
            self._send(HTTPStatus.OK, result.data, _headers(result, shape))

    def _body(self) -> bytes:
        if (
            self.headers.get("Transfer-Encoding")
            or self.headers.get("Content-Encoding", "identity") != "identity"
        ):
            self.close_connection = True
            raise HttpFailure(HTTPStatus.LENGTH_REQUIRED, 381, "send the query plain, with its length")
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise HttpFailure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 307, "the query is too large")
        return self.rfile.read(int(length))

    def _authenticate(self) -> None:
        presented = _credential(
            self.headers.get("Authorization", ""), self.headers.get("X-ClickHouse-Key", "")
        )
        if not hmac.compare_digest(presented, self.server.token):
            raise HttpFailure(HTTPStatus.UNAUTHORIZED, 516, "authentication failed (AUTHENTICATION_FAILED)")

    def _answer(self, body: bytes) -> tuple[Result, str]:
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if asked.get("database", "") not in self.server.databases:
            raise HttpFailure(HTTPStatus.NOT_FOUND, 81, "no such database (UNKNOWN_DATABASE)")
        try:
            statement = admit(_statement(asked, body), self.server.pool.forbidden_functions)
            wanted = asked.get("default_format") or self.headers.get("X-ClickHouse-Format") or TAB_SEPARATED
            shape = statement.format or wanted
            result = self.server.pool.run(statement.sql, shape, _parameters(asked))
        except Refused as error:
            raise HttpFailure(HTTPStatus.FORBIDDEN, 164, f"{error.detail} (READONLY)") from None
        except Busy:
            text = "too many queries at once (TOO_MANY_SIMULTANEOUS_QUERIES)"
            raise HttpFailure(HTTPStatus.SERVICE_UNAVAILABLE, 202, text) from None
        except EngineError as error:
            raise HttpFailure(HTTPStatus.BAD_REQUEST, error.code, error.text) from None
        return result, shape

    def _fail(self, failure: HttpFailure) -> None:
        text = (
            failure.text
            if failure.text.startswith("Code:")
            else f"Code: {failure.code}. DB::Exception: {failure.text}"
        )
        extra = {"X-ClickHouse-Exception-Code": str(failure.code), "Content-Type": _TEXT}
        if failure.status is HTTPStatus.UNAUTHORIZED:
            extra["WWW-Authenticate"] = 'Basic realm="sluicegate"'
        self._send(failure.status, f"{text}\n".encode(), extra)

    def _send(self, status: HTTPStatus, data: bytes, extra: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _headers(result: Result, shape: str) -> dict[str, str]:
    return {
        "Content-Type": _CONTENT_TYPES.get(shape, _TEXT),
        "X-ClickHouse-Format": shape,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Query-Id": str(uuid4()),
        "X-ClickHouse-Summary": json.dumps(
            {"read_rows": str(result.rows_read), "elapsed_ns": str(result.elapsed_ns)}
        ),
    }


def _credential(authorization: str, key: str) -> bytes:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    if scheme.lower() == "basic":
        try:
            return b64decode(value, validate=True).partition(b":")[2]
        except NotBase64:
            return b""
    return key.encode()


def _statement(asked: Mapping[str, str], body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Refused("the query is not UTF-8") from None
    return f"{asked.get('query', '')}\n{text}".strip()


def _parameters(asked: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("param_"): value for name, value in asked.items() if name.startswith("param_")}
