"""The baseline of a consumer: confluent-kafka alone, at least once, with nothing between reading and writing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka import Message as Record

from schemas.requests import Request
from streams.runtime.confluent import EMBEDDED_SESSION, member_config, producer_config
from streams.runtime.topics import TopicSpec, create_topics
from tests.bench.processes import cpu_seconds

BATCH = 500
PARTITIONS = 4

_READ_AHEAD = {"queued.min.messages": BATCH}  # else it reads far beyond what it is asked to forward

Work = Callable[[Record], bytes]


def copy_topic(bootstrap: str, name: str) -> str:
    """Create a topic to write to."""
    create_topics(bootstrap, [TopicSpec(name, PARTITIONS, None)])
    return name


@dataclass(frozen=True)
class Route:
    """From one topic to another.

    Attributes:
        broker: its process, to measure it by.
    """

    bootstrap: str
    broker: int
    source: str
    target: str


@dataclass(frozen=True)
class Spent:
    """Seconds that one run took: processor time here and in the broker, and on the clock."""

    own: float
    broker: float
    wall: float


def forwarded(route: Route, count: int, runs: int, *, parse: bool) -> list[Spent]:
    """Read a topic's first `count` messages and write each once, parsed as a request with pydantic or unchanged.

    To be run in a process of its own. Each run has its own consumer and group, which read the topic anew; a first one
    for warming up is not returned.
    """
    work = _parsed if parse else _unchanged
    return [_run(route, count, work) for _ in range(runs + 1)][1:]


def _run(route: Route, count: int, work: Work) -> Spent:
    own, theirs, wall = time.process_time(), cpu_seconds(route.broker), time.perf_counter()
    consumer = Consumer(member_config(route.bootstrap, f"bench.{uuid4()}", EMBEDDED_SESSION, _READ_AHEAD))
    producer = Producer(producer_config(route.bootstrap))
    consumer.assign([TopicPartition(route.source, number, 0) for number in range(PARTITIONS)])
    done = 0
    while done < count:
        done += _pass_on(consumer, producer, route.target, work, min(BATCH, count - done))
    consumer.close()
    return Spent(time.process_time() - own, cpu_seconds(route.broker) - theirs, time.perf_counter() - wall)


def _pass_on(consumer: Consumer, producer: Producer, target: str, work: Work, most: int) -> int:
    """Forward one batch: offsets are committed once the broker has all that they stand for."""
    batch = [record for record in consumer.consume(most, 0.1) if record.error() is None]
    for record in batch:
        producer.produce(target, work(record), record.key())
    producer.flush()
    if batch:
        read = [place for place in consumer.position(consumer.assignment()) if place.offset >= 0]
        consumer.commit(offsets=read, asynchronous=False)
    return len(batch)


def _parsed(record: Record) -> bytes:
    return Request.model_validate_json(record.value()).model_dump_json().encode()


def _unchanged(record: Record) -> bytes:
    value: bytes = record.value()
    return value
