"""Processor time that a stage has spent in other threads than its own, where the runtime's meter does not look."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class ProcessorTime:
    """Seconds of processor time booked so far."""

    seconds: float = 0.0


_CURRENT: ContextVar[ProcessorTime | None] = ContextVar("processor_time", default=None)


@contextmanager
def metering() -> Iterator[ProcessorTime]:
    """Collect what is booked within the `with` block, by the tasks it starts as well."""
    meter = ProcessorTime()
    token = _CURRENT.set(meter)
    try:
        yield meter
    finally:
        _CURRENT.reset(token)


def book(seconds: float) -> None:
    """Book processor time spent for the event at hand; outside a `metering` block nothing is kept."""
    meter = _CURRENT.get()
    if meter is not None:
        meter.seconds += seconds
