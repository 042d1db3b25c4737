"""Small counters that a stage keeps about itself, for a watchdog, `doctor` and metrics. No value from a request."""

import time
from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """A stage's counters at one moment.

    Attributes:
        processed: events acknowledged after their outputs were written, the buried ones included.
        buried: events that ended as a dead letter or a delayed copy.
        retried: further tries made in place.
        given_back: events taken up but let go of unprocessed, by a drain or because the worker is ending.
        in_flight: events taken up and neither acknowledged nor given back.
        last_activity: seconds since the epoch of the last event taken up or finished; 0 before the first.
        handler_wall_seconds: time spent in the handler, waiting included.
        handler_cpu_seconds: thread CPU time spent in the handler; threads it started are not counted.
    """

    processed: int = 0
    buried: int = 0
    retried: int = 0
    given_back: int = 0
    in_flight: int = 0
    last_activity: float = 0.0
    handler_wall_seconds: float = 0.0
    handler_cpu_seconds: float = 0.0


class Health:
    """Counts as a stage works; `signs` reads it. For one event loop."""

    def __init__(self) -> None:
        self._processed = self._buried = self._retried = self._given_back = self._in_flight = 0
        self._last_activity = self._wall_seconds = self._cpu_seconds = 0.0

    def taken(self) -> None:
        self._in_flight += 1
        self._last_activity = time.time()

    def finished(self, *, buried: bool) -> None:
        self._in_flight -= 1
        self._processed += 1
        self._buried += buried
        self._last_activity = time.time()

    def given_back(self) -> None:
        self._in_flight -= 1
        self._given_back += 1

    def retried(self) -> None:
        self._retried += 1

    async def metered(self, work: Awaitable[T]) -> T:
        """Await a handler's work and book its wall time and thread CPU time."""
        started = time.perf_counter()
        try:
            return await _Metered(work, self)
        finally:
            self._wall_seconds += time.perf_counter() - started

    def spent_cpu(self, seconds: float) -> None:
        self._cpu_seconds += seconds

    def signs(self) -> VitalSigns:
        """Return the counters as they stand."""
        return VitalSigns(
            processed=self._processed,
            buried=self._buried,
            retried=self._retried,
            given_back=self._given_back,
            in_flight=self._in_flight,
            last_activity=self._last_activity,
            handler_wall_seconds=self._wall_seconds,
            handler_cpu_seconds=self._cpu_seconds,
        )


class _Metered(Awaitable[T], Generic[T]):
    """Drives an awaitable step by step, so that only its own steps count and not those of others in between."""

    def __init__(self, work: Awaitable[T], health: Health) -> None:
        self._work = work
        self._health = health

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        error: BaseException | None = None
        while True:
            try:
                waited_for = self._step(steps, error)
            except StopIteration as stop:
                result: T = stop.value
                return result
            try:
                yield waited_for
                error = None
            except BaseException as thrown:  # noqa: BLE001 - a cancellation goes on into the coroutine
                error = thrown

    def _step(self, steps: Generator[Any, Any, T], error: BaseException | None) -> Any:
        started = time.thread_time()
        try:
            return steps.send(None) if error is None else steps.throw(error)
        finally:
            self._health.spent_cpu(time.thread_time() - started)
