"""The transactional consume-transform-produce loop: outputs and the offsets of their inputs commit together.

On assignment the loop fences the partitions' former holders, folds what they committed, and only then lets itself be
assigned, so that reading starts at offsets nobody can move any more. Heartbeats go on meanwhile; a fold that the next
rebalance overtakes is dropped.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.errors import Fatal
from streams.runtime.confluent import PRODUCTION_SESSION, Session, code_of, inbound, member_config
from streams.runtime.contracts import LaneProcessor
from streams.runtime.copartition import copartitioned
from streams.runtime.faults import fatal_as
from streams.runtime.frontier import Frontier
from streams.runtime.health import Health
from streams.runtime.lane import Lane
from streams.runtime.readback import read_back_many
from streams.runtime.shard import Shard

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How a loop talks to its broker.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        group_prefix: put before the processor's name to give the consumer group.
        batch: most messages of all partitions in one turn; each partition's share is one transaction.
        linger_seconds: how long a turn waits for a batch to fill.
        tick_seconds: pause between two ticks.
        grace_seconds: how far ticks stay behind the clock, for skew between it and the broker's.
        attempts: tries for a `Retryable` failure.
    """

    bootstrap: str
    group_prefix: str = "sluicegate."
    session: Session = PRODUCTION_SESSION
    batch: int = 100
    linger_seconds: float = 0.05
    tick_seconds: float = 0.5
    grace_seconds: float = 1.0
    attempts: int = 3


@dataclass
class _Fold(Generic[S]):
    """An assignment on its way: lanes fenced, states being built."""

    partitions: Sequence[TopicPartition]
    lanes: Sequence[Lane]
    states: "Future[dict[int, S]]"


class SettleLoop(Generic[S]):
    """Runs a `LaneProcessor` in the calling thread until stopped.

    `health` counts messages; `last_turn` is the time (seconds since the epoch) of the last completed turn, for a
    watchdog; `ready` tells whether partitions are assigned and folded. All three may be read from other threads.
    """

    def __init__(
        self,
        processor: LaneProcessor[S],
        settings: LoopSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.health = Health()
        self.last_turn = time.time()
        self._processor = processor
        self._settings = settings
        self._clock = clock
        self._group = settings.group_prefix + processor.name
        self._shards: dict[int, Shard[S]] = {}
        self._fold: _Fold[S] | None = None
        self._failure: Fatal | None = None
        self._ticked = 0.0

    @property
    def ready(self) -> bool:
        return bool(self._shards)

    def run(self, stop: Event) -> None:
        """Consume until `stop` is set, then leave the group; every batch begun is committed first.

        Raises:
            Fatal: whatever ends the worker; the batch in hand is not committed then.
        """
        settings = self._settings
        ends = {"enable.partition.eof": True}
        self._consumer = Consumer(member_config(settings.bootstrap, self._group, settings.session, ends))
        self._threads = ThreadPoolExecutor(8, thread_name_prefix=self._processor.name)
        try:
            self._subscribe()
            while not stop.is_set():
                self._turn()
        except KafkaException as error:
            raise Fatal("consume_failed", code_of(error)) from error
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._consumer.close()

    def _subscribe(self) -> None:
        self._consumer.subscribe(
            list(self._processor.topics),
            on_assign=self._assigned,
            on_revoke=self._revoked,
            on_lost=self._revoked,
        )

    def _turn(self) -> None:
        batch: list[Message] = self._consumer.consume(self._settings.batch, self._settings.linger_seconds)
        if self._failure is not None:
            raise self._failure
        for message in batch:
            self._route(message)
        self._tick()
        self._commit()
        self._adopt()
        self.last_turn = time.time()

    def _route(self, message: Message) -> None:
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
            raise KafkaException(error)
        shard = self._shards.get(message.partition())
        if shard is None:  # left over from before a rebalance within the same call: someone else's now
            return
        if error is None:
            shard.take(inbound(message))
        else:
            shard.frontier.ended(message.topic(), self._clock())

    def _tick(self) -> None:
        if time.monotonic() - self._ticked < self._settings.tick_seconds:
            return
        self._ticked = time.monotonic()
        grace = timedelta(seconds=self._settings.grace_seconds)
        for shard in self._shards.values():
            through = shard.frontier.through(self._clock())
            if through is not None:
                shard.tick(through - grace)

    def _commit(self) -> None:
        if self._shards:
            group_metadata: object = self._consumer.consumer_group_metadata()
            for shard in self._shards.values():
                shard.commit(group_metadata)

    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        consumer.assign([])  # in place of the partitions, which must not be read before they are folded
        try:
            assigned = ((each.topic, each.partition) for each in partitions)
            numbers = copartitioned(assigned, self._processor.topics)
            lanes = [Lane(self._settings.bootstrap, self._group, number) for number in numbers]
            list(self._threads.map(Lane.fence, lanes))
        except Fatal as failure:
            self._failure = failure
            return
        self._fold = _Fold(partitions, lanes, self._threads.submit(self._build, numbers))

    def _revoked(self, _consumer: Consumer, _partitions: Sequence[TopicPartition]) -> None:
        self._fold = None
        self._shards.clear()

    def _build(self, numbers: Sequence[int]) -> dict[int, S]:
        found = read_back_many(self._settings.bootstrap, self._processor.fold_topics, numbers)
        return {number: self._processor.build(found[number]) for number in numbers}

    def _adopt(self) -> None:
        if self._fold is None or not self._fold.states.done():
            return
        fold, self._fold = self._fold, None
        with fatal_as("fold_failed", self._processor.name):
            states = fold.states.result()
        self._shards = {lane.partition: self._shard(lane, states[lane.partition]) for lane in fold.lanes}
        self._consumer.assign(list(fold.partitions))

    def _shard(self, lane: Lane, state: S) -> Shard[S]:
        frontier = Frontier(self._processor.topics)
        return Shard(self._processor, lane, state, frontier, self.health, self._settings.attempts)
