"""The broker's timestamp of a record as a moment. Where the broker does not set it, a producer may have written any number."""

from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Leaves room to add a deadline, and lies within what the trace store can hold."""

_EARLIEST_SECONDS, _LATEST_SECONDS = EARLIEST.timestamp(), LATEST.timestamp()


def record_time(seconds: float) -> datetime:
    """Return the moment that lies so many seconds after the epoch, UTC, or the nearest one that is allowed."""
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST_SECONDS), _LATEST_SECONDS), UTC)
