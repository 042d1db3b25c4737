"""How far in time a partition's inputs have been read, so that time may act only on what is fully known."""

from collections.abc import Iterable
from datetime import datetime


class Frontier:
    """Tracks the ends reached in the input topics of one partition.

    A topic is read through to the moment its end was last reached, and to now while it is still there.
    """

    def __init__(self, topics: Iterable[str]) -> None:
        self._ends: dict[str, datetime | None] = dict.fromkeys(topics)
        self._behind: set[str] = set(self._ends)

    def moved(self, topic: str) -> None:
        """Note a message: the topic is no longer at its end."""
        self._behind.add(topic)

    def ended(self, topic: str, now: datetime) -> None:
        """Note that the topic's end was reached."""
        self._ends[topic] = now
        self._behind.discard(topic)

    def through(self, now: datetime) -> datetime | None:
        """Return the moment up to which all topics have been read, or None before each has reached its end."""
        moments = [self._ends[topic] if topic in self._behind else now for topic in self._ends]
        known = [moment for moment in moments if moment is not None]
        return min(known, default=None) if len(known) == len(moments) else None
