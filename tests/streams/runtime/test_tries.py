import logging

import pytest

from schemas.errors import Fatal, Retryable, Unprocessable
from streams.runtime.contracts import Failure
from streams.runtime.tries import Backoff, Tries

AT_ONCE = Backoff(first_seconds=0.0)


def test_what_may_pass_is_tried_as_often_as_allowed() -> None:
    tries = Tries("stage", 3, AT_ONCE)
    assert [tries.failed(Retryable("busy")) for _ in range(2)] == [0.0, 0.0]
    assert tries.failed(Retryable("busy", "still")) == Failure(
        "busy", "still", "Retryable", retryable=True, attempts=3
    )


def test_a_dependency_that_asks_for_a_long_wait_is_not_tried_in_place() -> None:
    failure = Tries("stage", 3, Backoff()).failed(Retryable("busy", retry_after_seconds=60.0))
    assert isinstance(failure, Failure)
    assert (failure.attempts, failure.retry_after_seconds) == (1, 60.0)


def test_pauses_add_up_to_the_most_one_event_may_wait() -> None:
    tries = Tries("stage", 100, Backoff(first_seconds=2.0, total_seconds=3.0))
    pauses = [tries.failed(Retryable("busy", retry_after_seconds=2.0)) for _ in range(2)]
    assert pauses[0] == 2.0
    assert isinstance(pauses[1], Failure)


def test_what_can_never_pass_is_not_tried_again() -> None:
    failure = Tries("stage", 3, AT_ONCE).failed(Unprocessable("refused"))
    assert failure == Failure("refused", "", "Unprocessable", retryable=False, attempts=1)


def test_what_ends_the_worker_is_raised() -> None:
    with pytest.raises(Fatal, match="fenced"):
        Tries("stage", 3, AT_ONCE).failed(Fatal("fenced"))


def test_a_defect_costs_its_event_and_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        failure = Tries("stage", 3, AT_ONCE).failed(ValueError("jane@example.org"))
    assert failure == Failure("internal_error", "", "ValueError", retryable=False, attempts=1)
    assert "stage: internal error: ValueError" in caplog.text
    assert "jane" not in caplog.text


@pytest.mark.parametrize(
    ("attempt", "retry_after", "waited", "least", "most"),
    [(1, None, 0.0, 0.1, 0.2), (3, None, 0.0, 0.4, 0.8), (9, None, 0.0, 1.0, 2.0), (1, 1.5, 0.0, 1.5, 1.5)],
)
def test_backoff_grows_and_honours_a_short_wish(
    attempt: int, retry_after: float | None, waited: float, least: float, most: float
) -> None:
    pause = Backoff().pause(attempt, retry_after, waited)
    assert pause is not None
    assert least <= pause <= most


@pytest.mark.parametrize(("retry_after", "waited"), [(2.1, 0.0), (1.0, 3.5), (None, 4.0)])
def test_backoff_ends_where_the_drain_limit_would_be_at_risk(
    retry_after: float | None, waited: float
) -> None:
    assert Backoff().pause(1, retry_after, waited) is None
