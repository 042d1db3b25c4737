"""The tries at one event: the only `except` ladder, and how long to wait between two of them."""

import random
from dataclasses import dataclass

from schemas.errors import Fatal, Retryable, Unprocessable
from streams.runtime.contracts import Failure
from streams.runtime.faults import failure_of, log_error


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between tries made in place: exponential, jittered, and in all well below the drain limit.

    Attributes:
        first_seconds: the pause before the second try, before jitter; it doubles with each try.
        longest_seconds: the longest single pause. A dependency that asks for more is not retried in place.
        total_seconds: the most that one event may wait in all.
    """

    first_seconds: float = 0.2
    longest_seconds: float = 2.0
    total_seconds: float = 4.0

    def pause(self, attempt: int, retry_after_seconds: float | None, waited_seconds: float) -> float | None:
        """Return the seconds to wait after a failed try, or None when there is no time for another."""
        wished = retry_after_seconds or 0.0
        if wished > self.longest_seconds:
            return None
        grown = min(self.longest_seconds, self.first_seconds * 2.0 ** (attempt - 1))
        pause = max(wished, grown * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        return pause if waited_seconds + pause <= self.total_seconds else None


@dataclass(slots=True)
class Tries:
    """Counts the tries at one event and says, by the class of what was raised, what comes of it.

    Attributes:
        most: tries for a `Retryable` failure.
    """

    stage: str
    most: int
    backoff: Backoff
    _made: int = 0
    _waited_seconds: float = 0.0

    def failed(self, error: Exception) -> float | Failure:
        """Return the seconds to wait before the next try, or the failure when there is to be none.

        Raises:
            Fatal: the error itself, if it is one.
        """
        self._made += 1
        match error:
            case Fatal():
                raise error
            case Retryable():
                pause = self._pause(error)
                return failure_of(error, self._made) if pause is None else pause
            case Unprocessable():
                return failure_of(error, self._made)
        log_error(self.stage, "internal error", error)  # a defect costs its event, not the line
        return Failure("internal_error", "", type(error).__name__, retryable=False, attempts=self._made)

    def _pause(self, error: Retryable) -> float | None:
        if self._made >= self.most:
            return None
        pause = self.backoff.pause(self._made, error.retry_after_seconds, self._waited_seconds)
        self._waited_seconds += pause or 0.0
        return pause
