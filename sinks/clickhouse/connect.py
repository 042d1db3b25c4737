"""Where the trace store is, and clients to it: one DSN names a server or the embedded engine.

chdb:///var/lib/sluicegate/trace          embedded, in this process
http://user:password@host:8123/database   a server (https for TLS)
"""

import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import Fatal, Retryable
from sinks.clickhouse.closing import Closing
from sinks.clickhouse.faults import Fault, describe, fault_of

DATABASE = "sluicegate"
CONNECT_SECONDS = 10
QUERY_SECONDS = 60
EMBEDDED_MEMORY_BYTES = 2 * 1024**3

_DRIVER_LOG = logging.getLogger("clickhouse_connect")
_DRIVER_LOG.addHandler(logging.NullHandler())
_DRIVER_LOG.propagate = False  # its lines quote addresses and parameters; attach a handler here to see them

_HOLDER = re.compile(r"^PID: (\d+)$", re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


@dataclass(frozen=True, slots=True, repr=False)
class Dsn:
    """A parsed data source name. Its repr and str hide the password.

    Attributes:
        path: directory of the embedded engine; empty for a server.
    """

    scheme: Literal["chdb", "http", "https"]
    path: str = ""
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    database: str = DATABASE

    @classmethod
    def parse(cls, text: str) -> "Dsn":
        """Read a DSN.

        Raises:
            Fatal: `dsn_invalid`, naming what is wrong but quoting nothing.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise Fatal("dsn_invalid", "not a URL, or its port is not a number") from None
        if parts.scheme == "chdb":
            return _embedded(parts.netloc, parts.path)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Fatal(
                "dsn_invalid", "expected chdb:///directory or http(s)://user:password@host:port/database"
            )
        database = parts.path.strip("/") or DATABASE
        if not _NAME.match(database):
            raise Fatal("dsn_invalid", "a database name holds letters, digits and underscores only")
        scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
        user, password = unquote(parts.username or "default"), unquote(parts.password or "")
        default_port = 8443 if scheme == "https" else 8123
        return cls(scheme, "", parts.hostname, port or default_port, user, password, database)

    @property
    def embedded(self) -> bool:
        """Whether the engine runs in this process."""
        return self.scheme == "chdb"

    def __str__(self) -> str:
        if self.embedded:
            return f"chdb://{self.path}"
        secret = ":***" if self.password else ""
        return f"{self.scheme}://{self.user}{secret}@{self.host}:{self.port}/{self.database}"

    __repr__ = __str__


def _embedded(netloc: str, path: str) -> Dsn:
    if netloc or not path.strip("/"):
        raise Fatal("dsn_invalid", "an embedded store is chdb:/// and an absolute directory")
    return Dsn("chdb", path=os.path.realpath(unquote(path)))


class Connections(Closing):
    """Opens clients to one store; closes them all, and with them the embedded engine.

    A client serves one thread at a time. An embedded store belongs to one process, and a process to one store.
    """

    def __init__(self, dsn: Dsn) -> None:
        self.dsn = dsn
        self._clients: list[Client] = []
        self._spill: SpillDirectory | None = None

    def client(self, settings: Mapping[str, object] | None = None) -> Client:
        """Open a client with the database not yet chosen: it may not exist.

        Raises:
            Fatal: `trace_store_locked` (another process holds it), `embedded_store_missing` (not installed),
                `trace_store_refused` (wrong user or password).
            Retryable: `trace_store_away`.
        """
        opened = self._open_embedded(settings) if self.dsn.embedded else self._open_server(settings)
        self._clients.append(opened)
        return opened

    def choose_database(self, client: Client) -> None:
        """Make the store's database the client's own; it must exist."""
        client.database = self.dsn.database

    def close(self) -> None:
        """Close every client; harmless when repeated."""
        while self._clients:
            self._clients.pop().close()
        if self._spill is not None:
            self._spill.restore()
            self._spill = None

    def _open_embedded(self, settings: Mapping[str, object] | None) -> Client:
        path = Path(self.dsn.path)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        refuse_if_held(path)
        limits = {"max_memory_usage": EMBEDDED_MEMORY_BYTES, **(settings or {})}
        try:
            opened = clickhouse_connect.get_client(
                interface="chdb", path=self.dsn.path, tz_mode="aware", settings=limits
            )
        except ImportError as error:
            raise Fatal("embedded_store_missing", "install the extra `embedded`") from error
        except ClickHouseError as error:
            raise Fatal("trace_store_refused", "the embedded engine did not open its directory") from error
        self._spill = self._spill or SpillDirectory(path)
        return opened

    def _open_server(self, settings: Mapping[str, object] | None) -> Client:
        dsn = self.dsn
        try:
            return clickhouse_connect.get_client(
                interface=dsn.scheme,
                host=dsn.host,
                port=dsn.port,
                username=dsn.user,
                password=dsn.password,
                connect_timeout=CONNECT_SECONDS,
                send_receive_timeout=QUERY_SECONDS,
                autogenerate_session_id=False,
                show_clickhouse_errors="scrub",
                tz_mode="aware",
                settings=dict(settings or {}),
            )
        except ClickHouseError as error:
            if fault_of(error) is Fault.AWAY:
                raise Retryable("trace_store_away", describe(error)) from None
            raise Fatal("trace_store_refused", describe(error)) from None


class SpillDirectory:
    """A private directory beside the embedded store for the files through which inserts reach the engine.

    The driver writes each insert to the process's temporary directory first, in clear, and a killed process leaves
    its last one behind. Opened after the engine, whose lock says that no other process's files are in there.
    """

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + ".tmp")
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(mode=0o700)
        self._before = tempfile.tempdir
        tempfile.tempdir = str(self.path)

    def restore(self) -> None:
        """Give the process its own temporary directory back, and remove this one."""
        tempfile.tempdir = self._before
        shutil.rmtree(self.path, ignore_errors=True)


def refuse_if_held(store: Path) -> None:
    """Check that no other process holds an embedded store: the engine itself would hide the reason.

    Raises:
        Fatal: `trace_store_locked`, with the holder's process id.
    """
    try:
        status = (store / "status").open("r+b")
    except OSError:
        return
    with status:
        try:
            fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _refuse_unless_own(status.read().decode("ascii", "replace"))


def _refuse_unless_own(status: str) -> None:
    found = _HOLDER.search(status)
    holder = int(found[1]) if found else 0
    if holder != os.getpid():
        raise Fatal(
            "trace_store_locked", f"process {holder or 'unknown'} holds it; read through its query endpoint"
        )
