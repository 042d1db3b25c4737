"""Delay topics: records wait in the broker and in small buffers until they are due, then go on to their target.

A topic has one constant delay, so its records fall due in order; one that is due earlier waits for those before it.
A record's offset is committed only after the broker has acknowledged its copy: a crash repeats what was forwarded and
not yet committed, and loses nothing.
"""

import re
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from threading import Event

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas.errors import Fatal, Unprocessable
from schemas.wire import Inbound, Outbound
from streams.runtime.confluent import (
    PRODUCTION_SESSION,
    Session,
    code_of,
    inbound,
    member_config,
    produce,
    producer_config,
)
from streams.runtime.contracts import Bury
from streams.runtime.faults import failure_of, fatal_as
from streams.runtime.health import Health

FORWARD_TO = "sluicegate-forward-to"
"""Header of a delayed record: the topic to forward it to."""

DUE = "sluicegate-due"
"""Header of a delayed record: when to forward it, in milliseconds since the epoch."""

LONGEST_SECONDS = 86_400.0
"""A record that wants to wait longer is no delayed one; it would hold up all behind it."""

_DUE_DIGITS = 15
_TOPIC_NAME = re.compile(rb"[A-Za-z0-9._-]{1,249}")

BATCH = 50
FLUSH_SECONDS = 30.0

_Source = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DelayLimits:
    """How much the loop holds and how often it commits.

    Attributes:
        buffered: records held a partition before it is paused; a pause discards what was fetched ahead.
        resume_below: a paused partition is read on when it holds fewer.
        commit_seconds: pause between commits, hence about how much a crash repeats.
        poll_seconds: longest wait for new records.
    """

    buffered: int = 200
    resume_below: int = 50
    commit_seconds: float = 1.0
    poll_seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class _Waiting:
    offset: int
    due: float
    outputs: Sequence[Outbound]
    buried: bool = False


@dataclass
class _Buffer:
    waiting: deque[_Waiting] = field(default_factory=deque)
    paused: bool = False


class DelayLoop:
    """Forwards due records in the calling thread until stopped.

    `health` counts records; `last_turn` is the time (seconds since the epoch) of the last completed turn, for a
    watchdog. Both may be read from other threads.

    Args:
        topics: the delay topics.
        group: consumer group.
        targets: the only topics that records may go on to; any if None.
        bury: makes the dead letter of a record without readable marks; without it such a record ends the worker.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Sequence[str],
        group: str,
        session: Session = PRODUCTION_SESSION,
        *,
        targets: Collection[str] | None = None,
        bury: Bury | None = None,
        limits: DelayLimits | None = None,
    ) -> None:
        self.health = Health()
        self.last_turn = time.time()
        self._bootstrap = bootstrap
        self._topics = list(topics)
        self._group = group
        self._session = session
        self._targets = None if targets is None else frozenset(targets)
        self._bury = bury
        self._limits = limits or DelayLimits()
        self._buffers: dict[_Source, _Buffer] = {}
        self._done: dict[_Source, int] = {}
        self._committed_at = 0.0

    def run(self, stop: Event) -> None:
        """Forward until `stop` is set; what is held by then stays in the delay topics.

        Raises:
            Fatal: `delay_failed`, `not_forwarded` or `delay_unmarked`; nothing unacknowledged is committed then.
        """
        self._producer = Producer(producer_config(self._bootstrap))
        self._consumer = Consumer(member_config(self._bootstrap, self._group, self._session))
        try:
            self._consumer.subscribe(self._topics, on_revoke=self._revoked, on_lost=self._lost)
            while not stop.is_set():
                self._turn()
        except KafkaException as error:
            raise Fatal("delay_failed", code_of(error)) from error
        finally:
            self._consumer.close()

    def _turn(self) -> None:
        batch: list[Message] = self._consumer.consume(BATCH, self._patience())
        for message in batch:
            self._hold(message)
        self._forward()
        self._resume()
        if time.monotonic() - self._committed_at >= self._limits.commit_seconds:
            self._commit()
        self.last_turn = time.time()

    def _patience(self) -> float:
        heads = [buffer.waiting[0].due for buffer in self._buffers.values() if buffer.waiting]
        until_due = min(heads, default=float("inf")) - time.time()
        return max(0.0, min(until_due, self._limits.poll_seconds))

    def _hold(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            raise KafkaException(error)
        self.health.taken()
        source = (message.topic(), message.partition())
        buffer = self._buffers.setdefault(source, _Buffer())
        buffer.waiting.append(self._waiting(inbound(message)))
        if len(buffer.waiting) >= self._limits.buffered and not buffer.paused:
            self._consumer.pause([TopicPartition(*source)])
            buffer.paused = True

    def _waiting(self, message: Inbound) -> _Waiting:
        try:
            return _Waiting(message.offset, _due(message), (self._forwarded(message),))
        except Unprocessable as error:
            if self._bury is None:
                raise Fatal("delay_unmarked", "a record says neither when nor where to go on") from error
            with fatal_as("bury_failed", self._group):
                outputs = self._bury(message, failure_of(error, attempts=1))
            return _Waiting(message.offset, 0.0, outputs, buried=True)

    def _forwarded(self, message: Inbound) -> Outbound:
        forwarded = _forwarded(message)
        if self._targets is not None and forwarded.topic not in self._targets:
            raise Unprocessable("delay_unmarked", f"{FORWARD_TO} names a topic that nothing is delayed for")
        return forwarded

    def _forward(self) -> None:
        now = time.time()
        sent: dict[_Source, int] = {}
        for source, buffer in self._buffers.items():
            while buffer.waiting and buffer.waiting[0].due <= now:
                due = buffer.waiting.popleft()
                self._send(due.outputs)
                self.health.finished(buried=due.buried)
                sent[source] = due.offset + 1
        if sent:
            self._await_acknowledged()
            self._done.update(sent)

    def _send(self, outputs: Sequence[Outbound]) -> None:
        for output in outputs:
            produce(self._producer, output, _delivered)

    def _await_acknowledged(self) -> None:
        if self._producer.flush(FLUSH_SECONDS) > 0:
            raise Fatal("not_forwarded", "no acknowledgement in time")

    def _resume(self) -> None:
        for source, buffer in self._buffers.items():
            if buffer.paused and len(buffer.waiting) < self._limits.resume_below:
                self._consumer.resume([TopicPartition(*source)])
                buffer.paused = False

    def _commit(self) -> None:
        if self._done:
            offsets = [TopicPartition(*source, offset) for source, offset in self._done.items()]
            self._consumer.commit(offsets=offsets, asynchronous=False)
            self._done.clear()
        self._committed_at = time.monotonic()

    def _revoked(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        try:
            self._commit()
        except KafkaException:  # the group has moved on: the next member repeats what was not committed
            self._done.clear()
        self._lost(consumer, partitions)

    def _lost(self, _consumer: Consumer, _partitions: Sequence[TopicPartition]) -> None:
        for buffer in self._buffers.values():
            for _ in buffer.waiting:
                self.health.given_back()
        self._buffers.clear()
        self._done.clear()


def _due(message: Inbound) -> float:
    raw = message.header(DUE) or b""
    due = int(raw) / 1000 if raw.isdigit() and len(raw) <= _DUE_DIGITS else None
    if due is None or due > time.time() + LONGEST_SECONDS:
        raise Unprocessable("delay_unmarked", f"no readable {DUE}")
    return due


def _forwarded(message: Inbound) -> Outbound:
    target = message.header(FORWARD_TO)
    if not target or not _TOPIC_NAME.fullmatch(target):
        raise Unprocessable("delay_unmarked", f"no readable {FORWARD_TO}")
    headers = tuple(pair for pair in message.headers if pair[0] not in {FORWARD_TO, DUE})
    return Outbound(target.decode(), message.key, message.value, headers)


def _delivered(error: KafkaError | None, _message: Message) -> None:
    if error is not None:
        raise Fatal("not_forwarded", str(error.name()))
