import pytest

from schemas.errors import Fatal
from streams.runtime.copartition import copartitioned


def test_the_numbers_that_all_topics_share_are_returned_in_order() -> None:
    assigned = [("b", 3), ("a", 1), ("a", 3), ("b", 1)]
    assert copartitioned(assigned, ("a", "b")) == [1, 3]


def test_nothing_assigned_is_nothing() -> None:
    assert copartitioned([], ("a", "b")) == []


@pytest.mark.parametrize("assigned", [[("a", 1)], [("a", 1), ("b", 2)], [("a", 1), ("b", 1), ("b", 2)]])
def test_numbers_that_differ_are_refused(assigned: list[tuple[str, int]]) -> None:
    with pytest.raises(Fatal, match="not_copartitioned"):
        copartitioned(assigned, ("a", "b"))
