"""Reads partitions back from their beginning to their end, for folds.

The end of a partition is where the broker says so while being read (EOF), never a queried end offset: the embedded
broker answers that query wrongly, and on Apache Kafka it counts transaction markers that are never delivered.
"""

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.errors import Fatal
from schemas.wire import Inbound
from streams.runtime.confluent import code_of, inbound, reader_config

FIRST = 0
"""Resets to the earliest offset where older records have expired; asking for the beginning costs half a second."""

FETCH_WAIT_MS = 20  # what finding the end of an idle partition costs
BATCH = 500
POLL_SECONDS = 0.05  # a poll waits this long whenever fewer than a batch are left
SILENCE_SECONDS = 30.0


def read_back_many(
    bootstrap: str, topics: Sequence[str], partitions: Sequence[int], silence_seconds: float = SILENCE_SECONDS
) -> dict[int, list[Inbound]]:
    """Return everything committed in these partitions of all the topics, by partition, with one consumer.

    Messages of one topic are in order; topics interleave. Records that are aborted or not yet committed are left
    out where the broker hides them, and a partition ends before its first open transaction: fence its writer first.

    Raises:
        Fatal: `read_back_failed` on any error, and when nothing arrives for `silence_seconds`.
    """
    wanted = {(topic, partition) for topic in topics for partition in partitions}
    consumer = Consumer(reader_config(bootstrap, {"fetch.wait.max.ms": FETCH_WAIT_MS}))
    try:
        consumer.assign([TopicPartition(*each, FIRST) for each in wanted])
        return _until_ends(consumer, wanted, partitions, silence_seconds)
    except KafkaException as error:
        raise Fatal("read_back_failed", code_of(error)) from error
    finally:
        consumer.close()


def _until_ends(
    consumer: Consumer, open_ends: set[tuple[str, int]], partitions: Sequence[int], silence_seconds: float
) -> dict[int, list[Inbound]]:
    found: dict[int, list[Inbound]] = {partition: [] for partition in partitions}
    limit = time.monotonic() + silence_seconds
    while open_ends:
        batch: list[Message] = consumer.consume(BATCH, POLL_SECONDS)
        if batch:
            limit = time.monotonic() + silence_seconds
        elif time.monotonic() > limit:
            raise Fatal("read_back_failed", f"{len(open_ends)} partitions fell silent before their end")
        for message in batch:
            _take(message, found, open_ends)
    return found


def _take(message: Message, found: dict[int, list[Inbound]], open_ends: set[tuple[str, int]]) -> None:
    error = message.error()
    if error is None:
        found[message.partition()].append(inbound(message))
    elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
        open_ends.discard((message.topic(), message.partition()))
    else:  # what heals by itself (a lost connection) never comes as a message
        raise KafkaException(error)
