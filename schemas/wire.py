"""Messages as the broker carries them: bytes, headers and coordinates, before and after any meaning."""

from dataclasses import dataclass
from datetime import datetime

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it was read.

    Attributes:
        timestamp: the broker's timestamp of the record, UTC. It is the event time of whatever follows.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: datetime

    def header(self, name: str) -> bytes | None:
        """Return the last header called `name`, or None."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to be written.

    Attributes:
        partition: an explicit partition, or None to let the key decide (murmur2, as Kafka's own clients do).
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
