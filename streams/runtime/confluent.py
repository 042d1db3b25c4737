"""confluent-kafka as this project configures it, and its messages as `schemas.wire` has them."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import methodcaller

from confluent_kafka import KafkaException, Message, Producer

from schemas.wire import Headers, Inbound, Outbound
from streams.runtime.record_time import record_time

Config = dict[str, object]

_CALL_HEADERS = methodcaller("headers")
_BY_KEY = -1
_ROOM_SECONDS = 0.05

_LOGGER = logging.getLogger("streams.librdkafka")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False  # its lines may quote keys; attach a handler to this logger to see them


@dataclass(frozen=True, slots=True)
class Session:
    """How soon a group gives up a silent member: too short evicts a slow worker, too long delays a takeover."""

    timeout_seconds: float
    heartbeat_seconds: float


EMBEDDED_SESSION = Session(timeout_seconds=6, heartbeat_seconds=1)
"""The embedded broker completes a join only after about half of this timeout, so it must be short there."""

PRODUCTION_SESSION = Session(timeout_seconds=30, heartbeat_seconds=3)


def base_config(bootstrap: str, overrides: Mapping[str, object] | None = None) -> Config:
    """Return what every client shares; `overrides` wins."""
    config: Config = {"bootstrap.servers": bootstrap, "logger": _LOGGER, "log_level": 3}
    return {**config, **(overrides or {})}


def producer_config(bootstrap: str, overrides: Mapping[str, object] | None = None) -> Config:
    """Return a producer's configuration: idempotent, all replicas, keys placed as Kafka's own clients place them."""
    config: Config = {
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": 2,
        "compression.type": "lz4",
    }
    return base_config(bootstrap, {**config, **(overrides or {})})


def reader_config(bootstrap: str, overrides: Mapping[str, object] | None = None) -> Config:
    """Return the configuration of a reader that is assigned partitions and never commits."""
    config: Config = {
        "group.id": "sluicegate-reader",  # required by the client, not joined
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,  # the embedded broker does not wake a waiting fetch
    }
    return base_config(bootstrap, {**config, **(overrides or {})})


def member_config(
    bootstrap: str, group: str, session: Session, overrides: Mapping[str, object] | None = None
) -> Config:
    """Return the configuration of a member of a consumer group that commits only what it is told to."""
    config: Config = {
        "group.id": group,
        "session.timeout.ms": round(session.timeout_seconds * 1000),
        "heartbeat.interval.ms": round(session.heartbeat_seconds * 1000),
        "partition.assignment.strategy": "range",  # co-partitioned topics must meet in one member
        "enable.partition.eof": False,
    }
    return reader_config(bootstrap, {**config, **(overrides or {})})


def code_of(error: KafkaException) -> str:
    """Return the symbolic name of the client's error; its text may quote what it was about."""
    return str(error.args[0].name())


def produce(producer: Producer, output: Outbound, on_delivery: Callable[..., object] | None = None) -> None:
    """Hand a record to the client, waiting for room in its queue; the client's message time-out bounds that."""
    partition = _BY_KEY if output.partition is None else output.partition
    while True:
        try:
            producer.produce(
                output.topic,
                output.value,
                output.key,
                partition,
                headers=list(output.headers),
                on_delivery=on_delivery,
            )
        except BufferError:
            producer.poll(_ROOM_SECONDS)
        else:
            return


def inbound(message: Message) -> Inbound:
    """Convert a message that carries no error."""
    _kind, milliseconds = message.timestamp()
    return Inbound(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value(),
        headers=_headers(message),
        timestamp=record_time(milliseconds / 1000),
    )


def _headers(message: Message) -> Headers:
    """Return the headers; none of them when the name of one is not UTF-8.

    On such a name the client returns a list that must not be touched (the interpreter would crash) and leaves an error
    pending. Called in this way, the interpreter always looks for one.
    """
    try:
        found: list[tuple[str, bytes | None]] | None = _CALL_HEADERS(message)
    except (SystemError, UnicodeDecodeError):
        return ()
    return tuple((name, value or b"") for name, value in found or ())
