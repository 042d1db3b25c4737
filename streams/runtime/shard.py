"""One partition of a transactional stage: its lane, its state, and what waits for the next transaction."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from confluent_kafka import TopicPartition

from schemas.wire import Inbound, Outbound
from streams.runtime.contracts import Failure, LaneProcessor
from streams.runtime.faults import fatal_as
from streams.runtime.frontier import Frontier
from streams.runtime.health import Health
from streams.runtime.lane import Lane, refuse_oversized
from streams.runtime.tries import Backoff, Tries

S = TypeVar("S")


@dataclass
class Shard(Generic[S]):
    """Collects the outputs of a batch and commits them with the offsets of their inputs, all or nothing.

    State runs ahead of the log between `take` and `commit`; so a failed commit must end the worker.

    Attributes:
        attempts: tries for a `Retryable` failure before `bury` is called with it.
    """

    processor: LaneProcessor[S]
    lane: Lane
    state: S
    frontier: Frontier
    health: Health
    attempts: int = 3
    backoff: Backoff = field(default_factory=Backoff)
    _outputs: list[Outbound] = field(default_factory=list)
    _next: dict[str, int] = field(default_factory=dict)
    _buried: list[bool] = field(default_factory=list)

    def take(self, message: Inbound) -> None:
        """Process one message; what it leads to waits for `commit`.

        Raises:
            Fatal: raised by the processor, or `bury_failed`.
        """
        self.health.taken()
        started = time.thread_time()
        outcome = self._outcome(message)
        buried = isinstance(outcome, Failure)
        self._outputs.extend(self._bury(message, outcome) if isinstance(outcome, Failure) else outcome)
        self._next[message.topic] = message.offset + 1
        self._buried.append(buried)
        self.frontier.moved(message.topic)
        self.health.spent_cpu(time.thread_time() - started)

    def tick(self, now: datetime) -> None:
        """Add what time alone makes due; `now` is read through in every input.

        Raises:
            Fatal: `tick_failed`.
        """
        with fatal_as("tick_failed", self.processor.name):
            self._outputs.extend(self.processor.tick(self.state, now))

    def commit(self, group_metadata: object) -> None:
        """Commit outputs and offsets in one transaction, if there are any.

        Raises:
            Fatal: as `Lane.transact`.
        """
        offsets = [TopicPartition(topic, self.lane.partition, offset) for topic, offset in self._next.items()]
        self.lane.transact(self._outputs, offsets, group_metadata)
        for buried in self._buried:
            self.health.finished(buried=buried)
        self._outputs.clear()
        self._next.clear()
        self._buried.clear()

    def _outcome(self, message: Inbound) -> Sequence[Outbound] | Failure:
        tries = Tries(self.processor.name, self.attempts, self.backoff)
        while True:
            try:
                return self._processed(message)
            except Exception as error:  # noqa: BLE001 - sorted by class
                decided = tries.failed(error)
            if isinstance(decided, Failure):
                return decided
            self.health.retried()
            time.sleep(decided)

    def _processed(self, message: Inbound) -> Sequence[Outbound]:
        outputs = self.processor.process(self.state, message)
        refuse_oversized(outputs)
        return outputs

    def _bury(self, message: Inbound, failure: Failure) -> Sequence[Outbound]:
        with fatal_as("bury_failed", self.processor.name):
            return self.processor.bury(self.state, message, failure)
