from datetime import UTC, datetime, timedelta

from streams.runtime.frontier import Frontier

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def later(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_nothing_is_read_through_before_every_topic_has_ended() -> None:
    frontier = Frontier(("a", "b"))
    assert frontier.through(NOON) is None
    frontier.ended("a", NOON)
    assert frontier.through(later(1)) is None
    frontier.ended("b", later(2))
    assert frontier.through(later(3)) == later(3)


def test_a_topic_behind_its_end_holds_time_at_its_last_end() -> None:
    frontier = Frontier(("a", "b"))
    frontier.ended("a", NOON)
    frontier.ended("b", later(1))
    frontier.moved("a")
    assert frontier.through(later(9)) == NOON
    frontier.ended("a", later(9))
    assert frontier.through(later(10)) == later(10)


def test_without_inputs_no_time_is_known() -> None:
    assert Frontier(()).through(NOON) is None
