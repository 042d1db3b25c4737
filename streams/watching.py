"""Reading topics from outside the line, from the beginning and on, without joining a group."""

import time
from collections.abc import Generator, Iterator, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.errors import Retryable
from schemas.wire import Inbound
from streams.runtime.confluent import inbound, reader_config
from streams.runtime.readback import FIRST

METADATA_SECONDS = 15.0


def watch(
    bootstrap: str, topics: Sequence[str], *, idle_seconds: float = 0.2
) -> Generator[Inbound | None, None, None]:
    """Yield records as they come, and None whenever nothing came for a while; ends only with the generator.

    Raises:
        Retryable: `broker_unreachable`, or `topic_missing` for a topic that does not exist.
    """
    consumer = Consumer(reader_config(bootstrap))
    try:
        consumer.assign(_partitions(consumer, topics, FIRST))
        yield from _poll(consumer, idle_seconds)
    except KafkaException as error:
        raise Retryable("broker_unreachable", str(error.args[0].name())) from None
    finally:
        consumer.close()


def read_to_end(bootstrap: str, topics: Sequence[str], timeout_seconds: float = 30.0) -> Iterator[Inbound]:
    """Yield what the topics hold now, and end.

    Raises:
        Retryable: as `watch`, or `read_timed_out`.
    """
    consumer = Consumer(reader_config(bootstrap))
    try:
        open_ends = _partitions(consumer, topics, FIRST)
        consumer.assign(open_ends)
        yield from _until(consumer, {(part.topic, part.partition) for part in open_ends}, timeout_seconds)
    except KafkaException as error:
        raise Retryable("broker_unreachable", str(error.args[0].name())) from None
    finally:
        consumer.close()


def _poll(consumer: Consumer, idle_seconds: float) -> Iterator[Inbound | None]:
    while True:
        batch = consumer.consume(200, idle_seconds)
        for message in batch:
            if message.error() is None:
                yield inbound(message)
            elif message.error().code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
                raise KafkaException(message.error())
        if not batch:
            yield None


def _until(consumer: Consumer, open_ends: set[tuple[str, int]], timeout_seconds: float) -> Iterator[Inbound]:
    limit = time.monotonic() + timeout_seconds
    while open_ends:
        if time.monotonic() > limit:
            raise Retryable("read_timed_out", f"{len(open_ends)} partitions did not end")
        for message in consumer.consume(200, 0.1):
            if message.error() is None:
                yield inbound(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                open_ends.discard((message.topic(), message.partition()))
            else:
                raise KafkaException(message.error())


def _partitions(consumer: Consumer, topics: Sequence[str], offset: int) -> list[TopicPartition]:
    found: list[TopicPartition] = []
    for topic in topics:
        metadata = consumer.list_topics(topic, METADATA_SECONDS).topics.get(topic)
        if metadata is None or metadata.error is not None:
            raise Retryable("topic_missing", topic)
        found += [TopicPartition(topic, number, offset) for number in metadata.partitions]
    return found
