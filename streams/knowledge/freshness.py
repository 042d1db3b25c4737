"""Whether an index may still be answered from: how long ago it was known to lack nothing."""

import time
from collections.abc import Callable

from schemas.errors import Retryable


def boot_seconds() -> float:
    """Return seconds that also pass while the machine sleeps, where it has such a clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Freshness:
    """When an index was last known to hold all that its topic says. Written by one thread, read by any.

    Args:
        limit_seconds: age after which nothing may be answered from the index.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, limit_seconds: float, now: Callable[[], float] = boot_seconds) -> None:
        self._limit_seconds = limit_seconds
        self._now = now
        self._confirmed: float | None = None

    @property
    def age_seconds(self) -> float | None:
        """How long ago that was; None if it is not known of the index as it is now."""
        confirmed = self._confirmed
        return None if confirmed is None else max(0.0, self._now() - confirmed)

    @property
    def holds(self) -> bool:
        """Whether the index may be answered from."""
        age = self.age_seconds
        return age is not None and age <= self._limit_seconds

    def confirm(self, moment: float) -> None:
        """Note that the index lacked nothing at a moment of this clock."""
        self._confirmed = moment

    def lose(self) -> None:
        """Note that the index may lack something until it is confirmed again."""
        self._confirmed = None

    def __call__(self) -> None:
        """Raise Retryable `knowledge_stale` if the index may lack a change, a revocation above all."""
        age = self.age_seconds
        if age is None:
            raise Retryable("knowledge_stale", "the documents have not been read to their end yet")
        if age > self._limit_seconds:
            raise Retryable("knowledge_stale", f"not confirmed for more than {self._limit_seconds:g} s")
