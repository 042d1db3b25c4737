"""Rates and memory keep their bounds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.ground.tooling.asking import Call
from processors.ground.tooling.limits import RememberedAnswers, TokenBuckets
from schemas.ports import FixedClock
from tests.events import MOMENT, ORDER
from tests.processors.ground.tooling.doubles import RECORD, Told, asking, principal, spec


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=60), st.integers(min_value=1, max_value=20))
def test_no_minute_sees_more_than_a_full_bucket_and_what_it_gained(waits: list[float], rate: int) -> None:
    clock = FixedClock(MOMENT)
    buckets = TokenBuckets(clock)
    taken = 0
    for wait in waits:
        clock.moment += timedelta(seconds=wait)
        taken += buckets.take("t", "tool", rate) == 0
    elapsed = (clock.moment - MOMENT).total_seconds()
    assert taken <= rate + elapsed * rate / 60 + 1e-6


def test_the_wait_it_names_is_enough() -> None:
    clock = FixedClock(MOMENT)
    buckets = TokenBuckets(clock)
    assert buckets.take("t", "tool", 1) == 0
    wait = buckets.take("t", "tool", 1)
    assert wait == pytest.approx(60)
    clock.moment += timedelta(seconds=wait)
    assert buckets.take("t", "tool", 1) == 0


def test_a_clock_set_back_gives_nothing() -> None:
    clock = FixedClock(MOMENT)
    buckets = TokenBuckets(clock)
    buckets.take("t", "tool", 1)
    clock.moment -= timedelta(hours=1)
    assert 0 < buckets.take("t", "tool", 1) <= 60


def test_the_oldest_answers_are_forgotten() -> None:
    remembered = RememberedAnswers(FixedClock(MOMENT), most=2)
    tool = Told(of=spec(cache_seconds=60))
    calls = [
        Call(asking(context=principal(f"cust-{number}")), tool, {"order_number": ORDER})
        for number in range(3)
    ]
    for call in calls:
        remembered.keep(call, call.with_record(dict(RECORD), MOMENT))
    assert [remembered.find(call) is not None for call in calls] == [False, True, True]
