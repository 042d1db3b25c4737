"""The topic of documents, all its partitions, read by one consumer that knows when it has reached the end.

The end is where the broker says so while being read. Reading once more from where one stands makes it say so again: that
is how a follower learns, while nothing happens, that it still lacks nothing and that the broker answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType, TopicDescription

from schemas.errors import Fatal
from schemas.wire import Inbound
from streams.runtime.confluent import base_config, code_of, inbound, reader_config

ASK_SECONDS = 5.0
BATCH = 500
FETCH_WAIT_MS = 50
"""What an idle embedded broker adds to the time until a revocation is seen, as it wakes no waiting fetch."""

_QUEUED_KIB = 16 * 1024
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
_GONE = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError.UNKNOWN_TOPIC_ID,
    }
)


class MissedChanges(Exception):
    """Something may have happened to the documents that the log no longer tells: all must be read again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class End:
    """The end of a partition was reached."""

    partition: int


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the broker has it.

    Attributes:
        topic_id: another one once the topic was deleted and made anew; empty where the broker has none.
    """

    topic_id: str
    partitions: int


class TopicInquiry:
    """Asks a broker about one topic without waiting for the answer."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._admin = AdminClient(base_config(bootstrap))
        self._topic = topic

    def state(self) -> "Future[TopicDescription]":
        """Ask for the topic's state; `state_of` reads the answer."""
        asked = TopicCollection([self._topic])
        answers: Mapping[str, Future[TopicDescription]] = self._admin.describe_topics(
            asked, request_timeout=ASK_SECONDS
        )
        return answers[self._topic]

    def deletions_kept(self, declared: timedelta) -> timedelta:
        """Return how long a deletion stays in the log: as the broker says, but no longer than declared."""
        resource = ConfigResource(ResourceType.TOPIC, self._topic)
        try:
            answer = self._admin.describe_configs([resource], request_timeout=ASK_SECONDS)[resource].result()
            found = timedelta(milliseconds=int(str(answer["delete.retention.ms"].value)))
        except (KafkaException, KeyError, ValueError, OverflowError):
            return declared
        return min(found, declared)


def state_of(answer: "Future[TopicDescription]") -> TopicState | None:
    """Return a topic's state, or None when the broker did not answer.

    Raises:
        MissedChanges: `topic_missing`.
        Fatal: `documents_unreadable`, when the broker refuses.
    """
    try:
        found = answer.result()
    except KafkaException as error:
        if error.args[0].code() in _GONE:
            raise MissedChanges("topic_missing") from None
        if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise Fatal("documents_unreadable", code_of(error)) from None
        return None
    identity = str(found.topic_id or "")
    return TopicState("" if identity == _NO_ID else identity, len(found.partitions))


class DocumentLog:
    """Reads on from given offsets. For one thread.

    Attributes:
        positions: by partition, the offset of what will be read next.
    """

    def __init__(self, bootstrap: str, topic: str, partitions: int, offsets: Mapping[int, int]) -> None:
        config = {
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": FETCH_WAIT_MS,
            "queued.max.messages.kbytes": _QUEUED_KIB,
            "reconnect.backoff.max.ms": 1_000,  # stale until it is back
        }
        self._topic = topic
        self._consumer = Consumer(reader_config(bootstrap, config))
        self.positions = {number: offsets.get(number, 0) for number in range(partitions)}
        self._consumer.assign(self._places(self.positions))

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()

    def read(self, patience_seconds: float) -> Iterator[Inbound | End]:
        """Yield what came within so many seconds, partitions each in order.

        Raises:
            MissedChanges: the log has lost what should have come next, or the topic itself.
            Fatal: `documents_unreadable`, when the broker refuses.
        """
        batch: Sequence[Message] = self._consumer.consume(BATCH, patience_seconds)
        for message in batch:
            error = message.error()
            if error is None:
                yield self._moved(inbound(message))
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self.positions[message.partition()] = message.offset()
                yield End(message.partition())
            else:
                self._failed(error, message.partition())

    def ask_for_ends(self) -> None:
        """Have the end of every partition said once more, as soon as it is reached."""
        try:
            for place in self._places(self.positions):
                self._consumer.seek(place)
        except KafkaException:  # a partition that is not fetched from at this moment
            self._consumer.assign(self._places(self.positions))

    def extend(self, partitions: int) -> None:
        """Read the partitions that were added, from their beginning."""
        self.positions |= dict.fromkeys(range(len(self.positions), partitions), 0)
        self._consumer.assign(self._places(self.positions))

    def _moved(self, found: Inbound) -> Inbound:
        if found.offset < self.positions[found.partition]:
            raise MissedChanges("log_went_back")
        self.positions[found.partition] = found.offset + 1
        return found

    def _failed(self, error: KafkaError, partition: int) -> None:
        if error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
            self._begin(partition)
        elif error.code() in _GONE:
            raise MissedChanges("topic_missing")
        elif not error.retriable():
            raise Fatal("documents_unreadable", str(error.name()))

    def _begin(self, partition: int) -> None:
        """Begin where the log begins, if nothing was read before; else what comes next is lost."""
        if self.positions[partition]:
            raise MissedChanges("offset_out_of_range")
        self._consumer.assign(self._places(self.positions | {partition: OFFSET_BEGINNING}))

    def _places(self, offsets: Mapping[int, int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, number, offset) for number, offset in offsets.items()]
