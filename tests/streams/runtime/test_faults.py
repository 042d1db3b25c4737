import logging

import pytest

from schemas.errors import Fatal, Retryable, Unprocessable
from streams.runtime.contracts import Failure
from streams.runtime.faults import failure_of, fatal_as


def test_what_is_raised_on_purpose_is_described() -> None:
    assert failure_of(Retryable("away", "try later", 7.0), 3) == Failure(
        "away", "try later", "Retryable", retryable=True, attempts=3, retry_after_seconds=7.0
    )
    assert failure_of(Unprocessable("refused"), 1) == Failure(
        "refused", "", "Unprocessable", retryable=False, attempts=1
    )


def test_neither_log_nor_error_repeats_the_message(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(Fatal) as raised,
        fatal_as("fold_failed", "settle"),
    ):
        raise ValueError("jane@example.org")
    assert str(raised.value) == "fold_failed: ValueError"
    assert raised.value.__suppress_context__
    assert "settle: fold_failed: ValueError at test_faults.py:" in caplog.text
    assert "jane" not in caplog.text


def test_a_fatal_error_keeps_its_reason() -> None:
    with pytest.raises(Fatal, match="fenced"), fatal_as("fold_failed", "settle"):
        raise Fatal("fenced")
