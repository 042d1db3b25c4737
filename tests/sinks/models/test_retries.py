from datetime import UTC, datetime, timedelta

import pytest

from sinks.models.retries import backoff_seconds, requested_seconds

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)


def test_waits_double_up_to_a_limit_and_jitter_shortens_them() -> None:
    assert [backoff_seconds(attempt, lambda: 0.0) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert backoff_seconds(1, lambda: 1.0) == 0.375


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "2"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "2"}, 2.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Mon, 03 Mar 2025 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 03 Mar 2025 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Mon, 03 Mar 2025 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 99 Mar 2025 11:00:00 GMT"}, None),
    ],
)
def test_what_the_provider_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert requested_seconds(headers, NOW) == seconds


def test_a_date_is_measured_from_now() -> None:
    headers = {"retry-after": "Mon, 03 Mar 2025 12:00:30 GMT"}
    assert requested_seconds(headers, NOW + timedelta(seconds=10)) == 20
