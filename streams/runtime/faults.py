"""What the runtime says of an exception: never its message, which may hold a value from a request."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from schemas.errors import Fatal, Retryable, Unprocessable
from streams.runtime.contracts import Failure

log = logging.getLogger(__name__)


def log_error(stage: str, what: str, error: Exception) -> None:
    """Log the class of an error and the place that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    log.error("%s: %s: %s at %s", stage, what, type(error).__name__, place)


def failure_of(error: Retryable | Unprocessable, attempts: int) -> Failure:
    """Describe an error that was raised on purpose."""
    after = error.retry_after_seconds if isinstance(error, Retryable) else None
    return Failure(error.reason, error.detail, type(error).__name__, error.retryable, attempts, after)


@contextmanager
def fatal_as(reason: str, stage: str) -> Iterator[None]:
    """Turn whatever is raised within into a `Fatal` of this reason; a `Fatal` passes as it is."""
    try:
        yield
    except Fatal:
        raise
    except Exception as error:  # noqa: BLE001 - going on after it would lose an event
        log_error(stage, reason, error)
        raise Fatal(reason, type(error).__name__) from None
