"""The line's topics as the broker should hold them, from what `schemas.topics` declares."""

from datetime import timedelta

from schemas.topics import DELAYS, TRAITS
from streams.runtime.topics import TopicSpec

DELAY_RETENTION = timedelta(days=7)
"""How long a delayed copy may wait for a forwarder that is down."""

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
"""Room above the largest request, so that one that is too large gets a dead letter and not a publisher's error."""


def declared_topics(partitions: int) -> tuple[TopicSpec, ...]:
    """Return every topic, delays included, with this many partitions each, because stages rely on co-partitioning."""
    named = tuple(
        TopicSpec(
            name=str(topic),
            partitions=partitions,
            retention=traits.retention,
            append_time=traits.append_time,
            compacted=traits.compacted,
            max_bytes=MAX_MESSAGE_BYTES,
            uncompressed=traits.append_time,  # written from outside, by whoever
        )
        for topic, traits in TRAITS.items()
    )
    delays = tuple(
        TopicSpec(name, partitions, DELAY_RETENTION, max_bytes=MAX_MESSAGE_BYTES) for name in DELAYS
    )
    return named + delays
