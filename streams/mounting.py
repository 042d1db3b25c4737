"""Typed stages onto the byte runtime: decode, run, time, encode. What fails is buried by `streams.endings`."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from processors.settle import Docket, Settle
from schemas.base import Clock, derive_id
from schemas.codec import decode
from schemas.endings import ActionPublished, Audited, DeadLettered, Rejected, StatusChanged
from schemas.envelope import Event, Message, Origin, Work
from schemas.errors import Fatal, SluicegateError
from schemas.metering import metering
from schemas.topics import Topic
from schemas.verdicts import Decision, Judged, ReviewOpened
from schemas.wire import Inbound, Outbound
from streams.emission import Cause, outbound
from streams.endings import Endings
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.health import Health
from streams.runtime.lane import refuse_oversized
from streams.topology import Stage

M = TypeVar("M", bound=Message)

Result = Message | Rejected | Sequence[Message] | None


class Stateful(Protocol):
    """A stage that folds what it has emitted."""

    def build(self, events: Iterable[Any]) -> Any:
        """Return the state that these events lead to."""


@dataclass
class PartitionedState:
    """A stage's state by partition, rebuilt from its own topics. Implements the runtime's `Fold`."""

    processor: Stateful
    classes: Mapping[str, type[Message]]
    states: dict[int, Any] = field(default_factory=dict)

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self.classes)

    def build(self, messages: Iterable[Inbound]) -> object:
        return self.processor.build(_read_back(self.classes, messages))

    def install(self, partition: int, state: object) -> None:
        self.states[partition] = state

    def drop(self, partition: int) -> None:
        self.states.pop(partition, None)


@dataclass(frozen=True)
class Mounted:
    """One typed stage as a handler of bytes."""

    stage: Stage
    run: Callable[..., Awaitable[Result]]
    endings: Endings
    clock: Clock
    state: PartitionedState | None = None

    async def handle(self, inbound: Inbound) -> Sequence[Outbound]:
        """Run the stage on one record and return what it leads to."""
        raw = inbound.topic == Topic.REQUESTS
        event = inbound if raw else decode(self.endings.inputs[inbound.topic], inbound)
        started, meter = self.clock.now(), Health()
        with metering() as elsewhere:
            result = await meter.metered(self.run(event, *self._state(inbound.partition)))
        signs = meter.signs()
        cpu = signs.handler_cpu_seconds + elsewhere.seconds
        work = _Timing(self.stage.name, started, signs.handler_wall_seconds, cpu)
        return self._written(inbound, None if isinstance(event, Inbound) else event, result, work)

    def _state(self, partition: int) -> tuple[object, ...]:
        if self.state is None:
            return ()
        if partition not in self.state.states:
            raise Fatal("state_missing", self.stage.name)
        return (self.state.states[partition],)

    def _written(
        self, inbound: Inbound, event: Message | None, result: Result, work: "_Timing"
    ) -> Sequence[Outbound]:
        if isinstance(result, Rejected):
            letter = self.endings.reject(inbound, event if isinstance(event, Event) else None, result)
            return self.endings.records(inbound, work.on(letter))
        messages = (result,) if isinstance(result, Message) else tuple(result or ())
        cause = Cause.of(inbound)
        folded = {cls.topic for cls in self.stage.folds}
        return [
            outbound(work.on(message), self.stage.name, cause, ordinal, co_partitioned=folded)
            for ordinal, message in enumerate(messages)
        ]


@dataclass(frozen=True, slots=True)
class _Timing:
    stage: str
    started_at: datetime
    wall_seconds: float
    cpu_seconds: float

    def on(self, message: M) -> M:
        """Return the message with this work's times on it, if it records work."""
        done = getattr(message, "work", None)
        if not isinstance(done, Work):
            return message
        times = {
            "stage": self.stage,
            "started_at": self.started_at,
            "wall_us": round(self.wall_seconds * 1e6),
            "cpu_us": round(self.cpu_seconds * 1e6) + done.cpu_us,
        }
        return message.model_copy(update={"work": done.model_copy(update=times)})


def mount(stage: Stage, processor: Callable[..., Awaitable[Result]], clock: Clock) -> AgentSpec:
    """Return the runtime's view of a stage that runs as a Faust agent."""
    inputs = {str(cls.topic): cls for cls in stage.consumes}
    endings = Endings(stage.name, inputs, clock)
    state = None
    if stage.folds:
        state = PartitionedState(processor, {str(cls.topic): cls for cls in stage.folds})  # type: ignore[arg-type]
    mounted = Mounted(stage, processor, endings, clock, state)
    return AgentSpec(
        name=stage.name,
        topics=tuple(inputs),
        handle=mounted.handle,
        bury=endings.bury,
        key=ordering_key,
        in_flight=stage.in_flight,
        fold=state,
        fenced=stage.runs == "fenced",
    )


def ordering_key(inbound: Inbound) -> bytes:
    """Return the record's key; a record without one has no order and gets a key of its own."""
    return inbound.key if inbound.key is not None else f"{inbound.partition}:{inbound.offset}".encode()


@dataclass(frozen=True)
class MountedSettle:
    """Settle as the runtime's `LaneProcessor`: decode, settle, encode, with every ending in its input's partition."""

    stage: Stage
    settle: Settle
    clock: Clock
    name: str = "settle"

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(str(cls.topic) for cls in self.stage.consumes)

    @property
    def fold_topics(self) -> tuple[str, ...]:
        return tuple(str(cls.topic) for cls in self.stage.folds)

    def build(self, messages: Iterable[Inbound]) -> Docket:
        classes = {str(cls.topic): cls for cls in self.stage.folds}
        return self.settle.build(_own_endings(_read_back(classes, messages)))

    def process(self, state: Docket, message: Inbound) -> Sequence[Outbound]:
        judged = message.topic == Topic.VERDICTS
        event = decode(Judged, message) if judged else decode(Decision, message)
        started, wall, cpu = self.clock.now(), time.perf_counter(), time.thread_time()
        origin = Origin.of(message)
        endings = list(self.settle(event, state, origin, message.timestamp))
        work = _Timing(self.name, started, time.perf_counter() - wall, time.thread_time() - cpu)
        outputs = self._records(Cause.of(message), (work.on(ending) for ending in endings))
        refuse_oversized(outputs)
        _fold(state, endings)
        return outputs

    def tick(self, state: Docket, now: datetime) -> Sequence[Outbound]:
        endings = list(self.settle.expire(state, now))
        _fold(state, endings)
        return [outbound(ending, self.name, Cause(_expiry_id(ending), 0, now), 0) for ending in endings]

    def bury(self, state: Docket, message: Inbound, failure: Failure) -> Sequence[Outbound]:
        cls = Judged if message.topic == Topic.VERDICTS else Decision
        endings = Endings(self.name, {message.topic: cls}, self.clock)
        ending = endings.ending(message, failure)
        if isinstance(ending, Outbound):
            return (ending,)
        if ending.context is not None and state.has_ended(ending.context):
            repeated = Audited(
                context=ending.context, stage=self.name, kind="repeated_verdict", source=ending.source
            )
            return self._records(Cause.of(message), [repeated])
        state.add(ending)
        return endings.records(message, ending)

    def _records(self, cause: Cause, endings: Iterable[Message]) -> Sequence[Outbound]:
        folded = {cls.topic for cls in self.stage.folds}
        return [
            outbound(ending, self.name, cause, ordinal, co_partitioned=folded)
            for ordinal, ending in enumerate(endings)
        ]


def _fold(docket: Docket, endings: Iterable[Message]) -> None:
    for ending in endings:
        docket.add(ending)


def _expiry_id(ending: Message) -> UUID:
    """Return what an expiry's event id is derived from, so that expiring again would repeat it."""
    if isinstance(ending, StatusChanged):
        return derive_id("expiry", ending.request_id, ending.generation)
    return derive_id("expiry", getattr(ending, "review_id", None))


def _read_back(classes: Mapping[str, type[Message]], messages: Iterable[Inbound]) -> Iterable[Message]:
    for message in messages:
        try:
            yield decode(classes[message.topic], message)
        except SluicegateError as error:
            raise Fatal("fold_undecodable", f"{message.topic}: {error.reason}") from None


def _own_endings(
    messages: Iterable[Message],
) -> Iterable[ActionPublished | ReviewOpened | DeadLettered]:
    for message in messages:
        if isinstance(message, ActionPublished | ReviewOpened | DeadLettered):
            yield message
