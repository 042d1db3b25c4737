"""Nothing is answered from an index that may lack a change."""

import pytest

from schemas.errors import Retryable
from streams.knowledge.freshness import Freshness, boot_seconds


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_it_holds_from_its_confirmation_to_its_limit() -> None:
    clock = Clock()
    fresh = Freshness(60, clock)
    with pytest.raises(Retryable, match="knowledge_stale"):
        fresh()
    assert (fresh.age_seconds, fresh.holds) == (None, False)
    fresh.confirm(90.0)
    fresh()
    assert (fresh.age_seconds, fresh.holds) == (10.0, True)
    clock.seconds = 150.0
    fresh()
    clock.seconds = 150.5
    assert not fresh.holds
    with pytest.raises(Retryable, match="knowledge_stale: not confirmed for more than 60 s"):
        fresh()
    fresh.confirm(150.0)
    fresh()
    fresh.lose()
    with pytest.raises(Retryable, match="knowledge_stale"):
        fresh()


def test_its_clock_goes_on() -> None:
    assert 0 < boot_seconds() <= boot_seconds()
