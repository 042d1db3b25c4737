"""Reads every topic of the line but `requests` and hands what it finds to the trace store.

Offsets are committed after the store has what they stand for, so a crash repeats records and never skips one; the
store makes repetitions harmless. While the store is away, consumption is paused, membership is kept, and the same
batch is tried again.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from schemas.codec import decode
from schemas.envelope import Message
from schemas.errors import Fatal, Retryable, SluicegateError, Unprocessable
from schemas.topics import TRAITS
from schemas.wire import Inbound
from streams.runtime.confluent import PRODUCTION_SESSION, Session, code_of, inbound, member_config

_COMPACTED = frozenset(str(topic) for topic, traits in TRAITS.items() if traits.compacted)
_AWAIT_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})  # noqa: SLF001


class Sink(Protocol):
    """Takes messages at once and stores them on `flush`."""

    @property
    def backlog(self) -> int:
        """Rows taken and not yet stored."""

    def take(self, inbound: Inbound, message: Message) -> None:
        """Take a decoded message."""

    def refuse(self, inbound: Inbound, error: str) -> None:
        """Take note of a record that could not be decoded, by its place and a stable code."""

    def flush(self) -> None:
        """Store everything taken. Raises Retryable when the store is away; nothing taken is then forgotten."""


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """How records are read and when they are stored.

    Attributes:
        rows, linger_seconds: store once so many rows wait, or once the first has waited so long.
        batch: most records taken from the broker at once.
        poll_interval_seconds: longest silence of a member before its group gives it up.
        backoff_seconds, backoff_limit_seconds: first and longest wait for a store that is away; doubled in between.
    """

    bootstrap: str
    group: str = "sluicegate.record"
    session: Session = PRODUCTION_SESSION
    rows: int = 1000
    linger_seconds: float = 0.5
    batch: int = 500
    poll_interval_seconds: float = 300.0
    backoff_seconds: float = 0.5
    backoff_limit_seconds: float = 30.0


@dataclass(slots=True)
class RecordCounters:
    """What a loop has done so far; may be read from other threads.

    Attributes:
        refused: records that could not be decoded.
        away: failed tries to store.
        uncommitted: commits that the broker refused; the next one covers them.
    """

    records: int = 0
    refused: int = 0
    away: int = 0
    uncommitted: int = 0


class RecordLoop:
    """Consumes in the calling thread until stopped.

    Args:
        classes: the topics to read, and the class of each one's messages.
    """

    def __init__(self, sink: Sink, classes: Mapping[str, type[Message]], settings: RecordSettings) -> None:
        self.counters = RecordCounters()
        self.last_turn = time.time()
        self._sink = sink
        self._classes = {str(topic): cls for topic, cls in classes.items()}
        self._settings = settings
        self._positions: dict[tuple[str, int], int] = {}
        self._since: float | None = None

    @property
    def holding(self) -> bool:
        """Whether records were read that are not yet stored and committed."""
        return self._since is not None

    def run(self, stop: Event) -> None:
        """Record until `stop` is set, then store what was read and leave the group.

        Raises:
            Fatal: the store is set up wrongly or the broker refuses; nothing unstored is committed.
        """
        settings = self._settings
        overrides = {"max.poll.interval.ms": round(settings.poll_interval_seconds * 1000)}
        self._consumer = Consumer(
            member_config(settings.bootstrap, settings.group, settings.session, overrides)
        )
        try:
            self._consumer.subscribe(list(self._classes), on_revoke=self._revoked, on_lost=self._lost)
            while not stop.is_set():
                self._turn(stop)
        except KafkaException as error:
            raise Fatal("record_failed", code_of(error)) from error
        finally:
            self._consumer.close()  # hands the partitions back, which stores what was read

    def _turn(self, stop: Event) -> None:
        self._read(self._patience())
        if self._due():
            self._store(stop)
        self.last_turn = time.time()

    def _patience(self) -> float:
        longest = self._settings.linger_seconds
        return longest if self._since is None else self._since + longest - time.monotonic()

    def _due(self) -> bool:
        if self._since is None:
            return False
        waited = time.monotonic() - self._since
        return waited >= self._settings.linger_seconds or self._sink.backlog >= self._settings.rows

    def _read(self, patience_seconds: float) -> None:
        # Short polls: a call that asks for many records waits until it has them or its time is over.
        batch: Sequence[Record] = self._consumer.consume(
            self._settings.batch, min(max(patience_seconds, 0.0), 0.1)
        )
        for record in batch:
            self._take(record)

    def _take(self, record: Record) -> None:
        error = record.error()
        if error is None:
            self._route(inbound(record))
        elif error.code() not in _AWAIT_TOPIC:
            raise KafkaException(error)

    def _route(self, found: Inbound) -> None:
        self._since = self._since or time.monotonic()
        self._positions[found.topic, found.partition] = found.offset + 1
        self.counters.records += 1
        if found.value is None and found.topic in _COMPACTED:
            return  # a deletion: nothing happened to any request
        try:
            message = decode(self._classes[found.topic], found)
        except Unprocessable as error:
            self.counters.refused += 1
            self._sink.refuse(found, error.reason)
        else:
            self._sink.take(found, message)

    def _store(self, stop: Event) -> None:
        """Store and commit; while the store is away, wait without leaving the group or reading on."""
        wait = self._settings.backoff_seconds
        if self._store_once():
            return
        while not stop.is_set():
            self._wait(wait, stop)
            if self._store_once():
                break
            wait = min(wait * 2, self._settings.backoff_limit_seconds)
        self._consumer.resume(self._consumer.assignment())

    def _store_once(self) -> bool:
        try:
            self._sink.flush()
        except Retryable:
            self.counters.away += 1
            return False
        self._commit()
        return True

    def _wait(self, seconds: float, stop: Event) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not stop.is_set():
            self._consumer.pause(self._consumer.assignment())  # a rebalance may have brought new partitions
            self._read(limit - time.monotonic())

    def _commit(self) -> None:
        assigned = {(each.topic, each.partition) for each in self._consumer.assignment()}
        stored = [
            TopicPartition(*place, offset) for place, offset in self._positions.items() if place in assigned
        ]
        try:
            if stored:
                self._consumer.commit(offsets=stored, asynchronous=False)
        except KafkaException as error:
            if error.args[0].fatal():
                raise
            self.counters.uncommitted += 1
        else:
            self._positions.clear()
        self._since = None

    def _revoked(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        # What is wrong with the store, the next turn meets again, and ends the worker; nothing is committed here.
        with suppress(SluicegateError):
            self._store_once()
        self._forget(partitions)

    def _lost(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        self._forget(partitions)

    def _forget(self, partitions: Sequence[TopicPartition]) -> None:
        for each in partitions:
            self._positions.pop((each.topic, each.partition), None)
