"""How long to wait before another attempt."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 20.0
"""A provider that asks for more is left alone: the failure is reported as temporary at once."""

_FIRST_SECONDS = 0.5
_LAST_SECONDS = 8.0
_JITTER = 0.25


def backoff_seconds(attempt: int, jitter: Callable[[], float]) -> float:
    """Return the wait after attempt 1, 2, …: doubling from 0.5 s to 8 s, shortened by up to a quarter."""
    return float(min(_FIRST_SECONDS * 2 ** (attempt - 1), _LAST_SECONDS) * (1 - _JITTER * jitter()))


def requested_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how long the provider asked to wait (`retry-after-ms`, `retry-after` in seconds or as a date)."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    raw = headers.get("retry-after")
    seconds = _number(raw)
    return seconds if seconds is not None else _until(raw, now)


def _number(raw: str | None) -> float | None:
    try:
        value = float(raw or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(raw: str | None, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(raw or "")
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
