"""A few read-only handles on the embedded engine of this process, and what they may use."""

import queue
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.errors import Fatal
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.guard import HARMLESS_TABLE_FUNCTIONS

_NOT_ON_THE_WIRE = frozenset({"dataframe", "arrowtable"})
"""What the engine's Python binding would turn into objects."""

_CODE = re.compile(r"Code: (\d+)")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query and all of them together may use.

    Attributes:
        concurrency: most queries at once.
        patience_seconds: how long a query waits for its turn.
    """

    seconds: int = 10
    memory_bytes: int = 1024**3
    result_bytes: int = 64 * 1024**2
    concurrency: int = 4
    patience_seconds: float = 5.0


class Busy(Exception):
    """All handles are in use."""


class EngineError(Exception):
    """The engine refused a statement.

    Attributes:
        text: its own words, for whoever wrote the statement.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Result:
    """A result in the format asked for."""

    data: bytes
    rows_read: int
    elapsed_ns: int


class Handle(Protocol):
    """A connection to the engine."""

    def query(self, sql: str, format: str = ..., params: Mapping[str, str] | None = ...) -> "EngineResult":  # noqa: A002
        """Run a statement."""

    def close(self) -> None:
        """Let go of the engine."""


class EngineResult(Protocol):
    def bytes(self) -> bytes | None: ...

    def rows_read(self) -> int: ...

    def elapsed(self) -> float: ...


class ReadingPool:
    """Runs statements on dedicated handles: `readonly` once set cannot be taken back from one.

    Attributes:
        forbidden_functions: table functions of this engine that reach outside the store, in lower case.
    """

    def __init__(self, dsn: Dsn, limits: Limits) -> None:
        self._limits = limits
        self._handles: queue.Queue[Handle] = queue.Queue()
        self._open = 0
        for _ in range(limits.concurrency):
            self._handles.put(_open(dsn, limits))
            self._open += 1
        self.forbidden_functions = self._outside()

    def run(self, sql: str, shape: str, params: Mapping[str, str]) -> Result:
        """Run an admitted statement.

        Args:
            shape: the format, unless the statement names one.

        Raises:
            Busy: no handle came free in time.
            EngineError: the engine refused it, or it went over a limit.
        """
        if shape.lower() in _NOT_ON_THE_WIRE:
            raise EngineError(73, "Code: 73. DB::Exception: unknown format (UNKNOWN_FORMAT)")
        try:
            handle = self._handles.get(timeout=self._limits.patience_seconds)
        except queue.Empty:
            raise Busy from None
        try:
            found = handle.query(sql, shape, params=dict(params))
            return Result(found.bytes() or b"", found.rows_read(), round(found.elapsed() * 1e9))
        except RuntimeError as error:
            raise _engine_error(error) from None
        finally:
            self._handles.put(handle)

    def close(self) -> None:
        """Close the handles; one that is still in use is waited for."""
        while self._open:
            try:
                self._handles.get(timeout=self._limits.seconds + 5).close()
            except queue.Empty:
                return
            self._open -= 1

    def _outside(self) -> frozenset[str]:
        table_functions = self._names("SELECT lower(name) FROM system.table_functions")
        networked = self._names("SELECT lower(name) FROM system.functions WHERE name ILIKE 'ai%'")
        return (table_functions - HARMLESS_TABLE_FUNCTIONS) | networked

    def _names(self, sql: str) -> frozenset[str]:
        return frozenset(self.run(sql, "TabSeparated", {}).data.decode().split())


def _engine_error(error: RuntimeError) -> EngineError:
    text = str(error)
    found = _CODE.search(text)
    return EngineError(int(found[1]) if found else 1002, text[found.start() :] if found else text)


def _open(dsn: Dsn, limits: Limits) -> Handle:
    try:
        from chdb import connect  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise Fatal("embedded_store_missing", "install the extra `embedded`") from error
    handle: Handle = connect(dsn.path)
    for statement in (
        f"USE {dsn.database}",
        "SET final = 1",  # exact without having to think of it
        f"SET max_execution_time = {limits.seconds}",
        f"SET max_memory_usage = {limits.memory_bytes}",
        f"SET max_result_bytes = {limits.result_bytes}",
        "SET result_overflow_mode = 'throw'",
        "SET timeout_overflow_mode = 'throw'",
        "SET max_threads = 2",
        "SET readonly = 1",  # last: nothing can be set after it
    ):
        _set(handle, statement)
    return handle


def _set(handle: Handle, statement: str) -> None:
    try:
        handle.query(statement)
    except RuntimeError:
        handle.close()
        raise Fatal("endpoint_database_missing", "migrate the store first") from None
