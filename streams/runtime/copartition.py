"""Topics whose partitions of one number belong together: they must be assigned together."""

from collections.abc import Iterable, Sequence

from schemas.errors import Fatal


def copartitioned(assigned: Iterable[tuple[str, int]], topics: Sequence[str]) -> list[int]:
    """Return the partition numbers assigned, in order.

    Args:
        assigned: topic and partition number of each.
        topics: the stage's inputs.

    Raises:
        Fatal: `not_copartitioned` unless they are the same for every topic.
    """
    pairs = set(assigned)
    numbers = sorted({number for _, number in pairs})
    if pairs != {(topic, number) for topic in topics for number in numbers}:
        raise Fatal("not_copartitioned", "the stage's topics differ in their assigned partitions")
    return numbers
