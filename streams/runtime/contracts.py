"""What the runtime asks of a stage, in bytes. Meaning (models, codecs, dead letters) is added by `streams.mounting`."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from schemas.wire import Inbound, Outbound

S = TypeVar("S")

Handler = Callable[[Inbound], Awaitable[Sequence[Outbound]]]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message could not be processed, free of any value from the message.

    Attributes:
        reason: stable code in snake_case.
        error_class: name of the exception's class.
        attempts: tries made, this one included.
    """

    reason: str
    detail: str
    error_class: str
    retryable: bool
    attempts: int
    retry_after_seconds: float | None = None


Bury = Callable[[Inbound, Failure], Sequence[Outbound]]
"""Turns a failed message into its dead letter (and status), or into a delayed copy while its deadline allows."""


class Fold(Protocol[S]):
    """State that a stage rebuilds from what it has emitted, one state a partition.

    `build` may be called in a thread and must be pure; `install` and `drop` run in the stage's event loop.
    """

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics to read back, co-partitioned with the stage's input."""

    def build(self, messages: Iterable[Inbound]) -> S:
        """Fold a partition's messages; topics may interleave in any order."""

    def install(self, partition: int, state: S) -> None:
        """Adopt the state of a partition just assigned."""

    def drop(self, partition: int) -> None:
        """Forget a partition that was revoked."""


class Writer(Protocol):
    """Writes a stage's outputs; returns once the broker has acknowledged all of them, raises if it did not."""

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        """Write the outputs that the input partition's event produced."""


@dataclass(frozen=True)
class AgentSpec:
    """One Faust agent, that is one application and consumer group.

    Attributes:
        key: ordering key of a message: equal keys are processed in order, different keys overlap.
        in_flight: most messages processed at once.
        attempts: tries for a `Retryable` failure before `bury` is called with it.
        fold: state to rebuild before the first event of a newly assigned partition.
    """

    name: str
    topics: tuple[str, ...]
    handle: Handler
    bury: Bury
    key: Callable[[Inbound], bytes]
    in_flight: int = 64
    attempts: int = 3
    fold: Fold[object] | None = None
    fenced: bool = False


class LaneProcessor(Protocol[S]):
    """Logic of a transactional consume-transform-produce loop, with one state a partition."""

    @property
    def name(self) -> str:
        """Consumer group and prefix of the transactional ids."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Input topics, co-partitioned."""

    @property
    def fold_topics(self) -> tuple[str, ...]:
        """Topics to read back after fencing, co-partitioned with the input."""

    def build(self, messages: Iterable[Inbound]) -> S:
        """Fold what was committed before."""

    def process(self, state: S, message: Inbound) -> Sequence[Outbound]:
        """Return the outputs of one input; changes `state` only when nothing can fail any more. Raises as any stage does."""

    def tick(self, state: S, now: datetime) -> Sequence[Outbound]:
        """Return outputs that time alone makes due (an expired review); called between batches."""

    def bury(self, state: S, message: Inbound, failure: Failure) -> Sequence[Outbound]:
        """Return the dead letter of an input that `process` refused; may change `state`."""
