"""A writable stand-in for a ClickHouse server: its HTTP dialect over the embedded engine, in a process of its own.

Run as `python facade.py DIRECTORY PORT` (0 takes a free port): the first line of standard input is the password of every user, the first line
printed is the port on loopback, and the process ends with its standard input, so that it cannot outlive its parent.

What it proves: that ClickHouse's own client, as we use it, talks HTTP as meant (credentials, chunked and compressed
bodies, settings, tokens, bound parameters, error codes, lost connections), and that every statement runs in the
engine when each request is a session of its own. What it does not: how a server authenticates or grants, replicates,
limits with quotas, batches asynchronous inserts, reports progress, or fails in the middle of an answer. Statements
that a server would refuse for holding several at once pass here. It never reports how many rows it wrote: count them.

`POST /fault` with `{"kind": ..., "times": ...}` arms what happens to the next inserts: `drop_before` and `drop_after`
end the connection around the execution, `refuse` answers with `status` and `code`. `GET /inserts` lists the inserts
that came, oldest first: `token`, `asked` (all parameters), `encoding`, `frames` and what became of them (`end`).
"""

import base64
import gzip
import hmac
import json
import re
import socket
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import chdb
import lz4.frame  # type: ignore[import-untyped]
from backports import zstd

Record = dict[str, object]

TRANSPORT = {
    *("buffer_size", "client_protocol_version", "compress", "database", "decompress", "default_format", "query"),
    *("query_id", "quota_key", "role", "session_check", "session_id", "session_timeout", "wait_end_of_query"),
}  # fmt: skip
"""Parameters of a request that are no settings of the engine."""

_CODE = re.compile(r"Code: (\d+)")
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_NATIVE = re.compile(rb"\A\s*(INSERT INTO [^\n]+?)\s+FORMAT Native\n", re.IGNORECASE)
_STATUS = {60: 404, 81: 404, 47: 404, 46: 404, 516: 403, 62: 400, 115: 404, 202: 503, 241: 500, 252: 500}

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


class Failure(Exception):
    """An answer other than a result."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.text = text


class Dropped(Exception):
    """The connection ends without an answer."""


def frames(body: bytes, encoding: str) -> Iterator[bytes]:
    """Decompress a body frame by frame: the client sends one frame a block, and one call would see the first only."""
    while body:
        decompressor = _decompressor(encoding)
        yield decompressor.decompress(body)
        if not decompressor.eof:
            raise Failure(400, 271, "Code: 271. DB::Exception: cut off (CANNOT_DECOMPRESS)")
        body = decompressor.unused_data or b""


def _decompressor(encoding: str) -> "lz4.frame.LZ4FrameDecompressor | zstd.ZstdDecompressor":
    if encoding == "lz4":
        return lz4.frame.LZ4FrameDecompressor()
    if encoding == "zstd":
        return zstd.ZstdDecompressor()
    return zlib.decompressobj(zlib.MAX_WBITS | 32)


class Facade(ThreadingHTTPServer):
    """The engine, who may use it, and what is to go wrong next."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, directory: Path, port: int, password: str) -> None:
        self.path = str(directory / "store")
        self.password = password.encode()
        self.keeper = chdb.connect(self.path)  # the engine ends with its last handle
        self.inserts: list[Record] = []
        self.fault: Record = {}
        super().__init__(("127.0.0.1", port), Handler)

    def take_fault(self) -> Record:
        """Return what is to go wrong with this insert."""
        left = int(str(self.fault.get("times", 0)))
        self.fault["times"] = left - 1
        return self.fault if left > 0 else {}

    def run(self, sql: str, data: bytes | None, asked: Mapping[str, str]) -> tuple[bytes, str]:
        """Run a statement in a session of its own; return its result and the result's format."""
        found = _FORMAT.search(sql)
        shape = found[1] if found else asked.get("default_format", "TabSeparated")
        params = {name[6:]: value for name, value in asked.items() if name.startswith("param_")}
        try:
            with closing(chdb.connect(self.path)) as handle, _source(data) as source:
                handle.query(f"USE {asked.get('database') or 'default'}")
                for name, value in asked.items():
                    if name not in TRANSPORT and not name.startswith("param_"):
                        handle.query(f"SET {name} = {quoted(value)}")
                result = handle.query(sql + source, shape, params=params)
                return result.bytes() or b"", shape
        except RuntimeError as error:
            text = str(error)
            found = _CODE.search(text)
            code = int(found[1]) if found else 1002
            raise Failure(_STATUS.get(code, 500), code, text[found.start() :] if found else text) from None


@contextmanager
def _source(data: bytes | None) -> Iterator[str]:
    if data is None:
        yield ""
        return
    with tempfile.NamedTemporaryFile(suffix=".native") as file:
        file.write(data)
        file.flush()
        yield f" FROM INFILE {quoted(file.name)} FORMAT Native"


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class Handler(BaseHTTPRequestHandler):
    server: Facade
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing."""

    def _serve(self) -> None:
        try:
            data, shape = self._answer()
        except Dropped:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        except Failure as failure:
            self._send(
                failure.status, failure.text.encode(), {"X-ClickHouse-Exception-Code": str(failure.code)}
            )
        else:
            self._send(200, *self._packed(data, {"X-ClickHouse-Format": shape}))

    def _answer(self) -> tuple[bytes, str]:
        if self._is_insert():
            return self._insert()
        body = self._body()
        self._authenticate()
        if urlsplit(self.path).path == "/fault":
            self.server.fault = json.loads(body)
        elif urlsplit(self.path).path == "/inserts":
            return json.dumps(self.server.inserts).encode(), "JSON"
        elif urlsplit(self.path).path != "/ping":
            statement = f"{self._asked().get('query', '')}\n{body.decode()}".strip()
            return self.server.run(statement, None, self._asked())
        return b"Ok.\n", "TabSeparated"

    def _is_insert(self) -> bool:
        return self.headers.get("Content-Type") == "application/octet-stream"

    def _insert(self) -> tuple[bytes, str]:
        fault, seen = self.server.take_fault(), self._noted()
        if fault.get("kind") == "drop_before":
            raise Dropped  # the body is left unread, so the client may fail while it sends
        body = self._body()
        self._authenticate()
        if fault.get("kind") == "refuse":
            raise _refusal(fault)
        blocks = list(frames(body, str(seen["encoding"]))) if seen["encoding"] else [body]
        seen["frames"] = len(blocks)
        answer = self._store(b"".join(blocks))
        seen["end"] = "stored"
        if fault.get("kind") == "drop_after":
            raise Dropped
        return answer

    def _store(self, payload: bytes) -> tuple[bytes, str]:
        head = _NATIVE.match(payload)
        if head is None:
            raise Failure(400, 62, "Code: 62. DB::Exception: not an insert of Native (SYNTAX_ERROR)")
        return self.server.run(head[1].decode(), payload[head.end() :], self._asked())

    def _noted(self) -> Record:
        asked = self._asked()
        seen: Record = {
            "token": asked.get("insert_deduplication_token", ""),
            "asked": asked,
            "encoding": self.headers.get("Content-Encoding", ""),
            "end": "failed",
        }
        self.server.inserts.append(seen)
        return seen

    def _asked(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _authenticate(self) -> None:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        presented = base64.b64decode(value).partition(b":")[2] if scheme == "Basic" else b""
        if not hmac.compare_digest(presented, self.server.password):
            raise Failure(403, 516, "Code: 516. DB::Exception: Authentication failed (AUTHENTICATION_FAILED)")

    def _packed(self, data: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        offered = self.headers.get("Accept-Encoding", "").replace(" ", "").split(",")
        usable = [name for name in offered if name in COMPRESS]
        if self._asked().get("enable_http_compression") != "1" or not usable:
            return data, headers
        return COMPRESS[usable[0]](data), headers | {"Content-Encoding": usable[0]}

    def _send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        always = {"X-ClickHouse-Query-Id": str(uuid4()), "X-ClickHouse-Timezone": "UTC"}
        for name, value in {**always, **headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _refusal(fault: Record) -> Failure:
    code = int(str(fault["code"]))
    return Failure(int(str(fault["status"])), code, f"Code: {code}. DB::Exception: as told (TOLD_TO_REFUSE)")


def main(directory: Path, port: int) -> None:
    tempfile.tempdir = str(directory)
    facade = Facade(directory, port, sys.stdin.readline().rstrip("\n"))
    print(facade.server_port, flush=True)
    thread = threading.Thread(target=facade.serve_forever, daemon=True)
    thread.start()
    sys.stdin.read()
    facade.shutdown()
    facade.server_close()
    facade.keeper.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
