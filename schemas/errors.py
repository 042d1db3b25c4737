"""The exception tree. The class of an exception is its disposition; the runtime has the only `except` ladder.

    SluicegateError
    ├── Retryable        a dependency failed for now: bounded retries, then wait
    ├── Unprocessable    this event can never pass: a dead letter, never retried
    └── Fatal            this worker must stop and acknowledge nothing

Expected outcomes (a denial, an escalation, an invalid proposal) are events that a stage returns, not exceptions.
No message of these exceptions may carry a value that came in with a request: they hold codes and names only.
"""

from typing import ClassVar


class SluicegateError(Exception):
    """Base of all errors raised on purpose.

    Args:
        reason: a stable code in snake_case, safe to publish.
        detail: fixed text written by a developer, safe to publish; never a value from a request.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Retryable(SluicegateError):
    """A timeout, a rate limit, a dependency that is away.

    Args:
        retry_after_seconds: when the dependency said how long to wait.
    """

    retryable: ClassVar[bool] = True

    def __init__(self, reason: str, detail: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(reason, detail)
        self.retry_after_seconds = retry_after_seconds


class Unprocessable(SluicegateError):
    """The event is at fault and will be on every try."""


class Fatal(SluicegateError):
    """The worker is at fault (a failed fold, a fenced producer, an unwritable dead letter)."""
