"""Topics declared as data, created where missing, and compared with what the broker has."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from schemas.errors import Fatal
from streams.runtime.confluent import base_config, code_of

BROKER_DEFAULT = -1
ADMIN_SECONDS = 30.0
POLL_SECONDS = 0.05
PARTITIONS = "partitions"

_NEVER_SET_HERE = "segment.bytes"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be.

    Attributes:
        retention: how long records are kept, None for ever; where `compacted`, how long deletions are, None for as long
            as the broker likes.
        append_time: the broker stamps records, so that a publisher's clock is not believed.
        compacted: only the last record of a key is kept.
        max_bytes: largest batch of records the topic takes, None for the broker's default.
        uncompressed: batches are kept as they are without compression, so that `max_bytes` limits what a reader has to
            hold: a compressed batch can be a thousand times as large as what was sent.
    """

    name: str
    partitions: int
    retention: timedelta | None
    append_time: bool = False
    compacted: bool = False
    max_bytes: int | None = None
    uncompressed: bool = False

    def settings(self) -> dict[str, str]:
        """Return the topic's configuration under Kafka's names."""
        retention = -1 if self.retention is None else round(self.retention.total_seconds() * 1000)
        wanted = {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention),
            "message.timestamp.type": "LogAppendTime" if self.append_time else "CreateTime",
        }
        if self.compacted and self.retention is not None:
            wanted["delete.retention.ms"] = str(retention)
        if self.max_bytes is not None:
            wanted["max.message.bytes"] = str(self.max_bytes)
        if self.uncompressed:
            wanted["compression.type"] = "uncompressed"
        return wanted


@dataclass(frozen=True, slots=True)
class Unmet:
    """A wish that the broker does not fulfil.

    Attributes:
        found: the broker's own value, or None when it only repeats what it was told and confirms nothing.
    """

    topic: str
    setting: str
    wanted: str
    found: str | None


def create_topics(
    bootstrap: str, specs: Sequence[TopicSpec], replication: int = BROKER_DEFAULT
) -> tuple[Unmet, ...]:
    """Create the topics that are missing, leave existing ones as they are, return what is not in effect.

    Raises:
        Fatal: `topic_not_created`, or as `verify_topics` does.
    """
    admin = AdminClient(base_config(bootstrap))
    wanted = [NewTopic(spec.name, spec.partitions, replication, config=spec.settings()) for spec in specs]
    if wanted:
        pending: Mapping[str, Future[None]] = admin.create_topics(wanted, operation_timeout=ADMIN_SECONDS)
        for name, done in pending.items():
            _await_created(name, done)
        _await_led(admin, {spec.name for spec in specs})
    return verify_topics(bootstrap, specs)


def verify_topics(bootstrap: str, specs: Sequence[TopicSpec]) -> tuple[Unmet, ...]:
    """Compare the broker's topics with the specs and return what differs.

    Raises:
        Fatal: `topic_missing`; `topic_partitions_too_few`, as keys would move if they were added later;
            `broker_unreachable`.
    """
    admin = AdminClient(base_config(bootstrap))
    try:
        partitions = _partitions(admin)
        found = {spec.name: _described(admin, spec.name) for spec in specs if spec.name in partitions}
    except KafkaException as error:
        raise Fatal("broker_unreachable", code_of(error)) from error
    return tuple(unmet for spec in specs for unmet in _differences(spec, partitions, found))


def _await_created(name: str, done: Future[None]) -> None:
    try:
        done.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise Fatal("topic_not_created", f"{name}: {code_of(error)}") from error


def _await_led(admin: AdminClient, names: set[str]) -> None:
    # A broker acknowledges a creation before it knows of it itself and before every partition has a leader.
    limit = time.monotonic() + ADMIN_SECONDS
    while missing := names - _led(admin):
        if time.monotonic() > limit:
            raise Fatal("topic_not_created", f"no leaders: {', '.join(sorted(missing))}")
        time.sleep(POLL_SECONDS)


def _led(admin: AdminClient) -> set[str]:
    topics = admin.list_topics(timeout=ADMIN_SECONDS).topics
    return {
        name
        for name, topic in topics.items()
        if topic.error is None and all(each.leader >= 0 for each in topic.partitions.values())
    }


def _partitions(admin: AdminClient) -> dict[str, int]:
    metadata = admin.list_topics(timeout=ADMIN_SECONDS)
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def _described(admin: AdminClient, name: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, name)
    answer = admin.describe_configs([resource], request_timeout=ADMIN_SECONDS)[resource].result()
    return {key: str(entry.value) for key, entry in answer.items()}


def _differences(
    spec: TopicSpec, partitions: Mapping[str, int], described: Mapping[str, Mapping[str, str]]
) -> list[Unmet]:
    if spec.name not in partitions:
        raise Fatal("topic_missing", spec.name)
    count = partitions[spec.name]
    if count < spec.partitions:
        raise Fatal("topic_partitions_too_few", f"{spec.name} has {count}, needs {spec.partitions}")
    extra = (
        [Unmet(spec.name, PARTITIONS, str(spec.partitions), str(count))] if count > spec.partitions else []
    )
    return extra + _unmet_settings(spec, described[spec.name])


def _unmet_settings(spec: TopicSpec, described: Mapping[str, str]) -> list[Unmet]:
    # A broker that applies settings knows more of them than it was told; one that only repeats them proves nothing.
    applied = described if _NEVER_SET_HERE in described else {}
    return [
        Unmet(spec.name, setting, wanted, applied.get(setting))
        for setting, wanted in spec.settings().items()
        if applied.get(setting) != wanted
    ]
