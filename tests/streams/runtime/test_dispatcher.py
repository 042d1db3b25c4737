import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from schemas.errors import Fatal, Retryable, Unprocessable
from schemas.wire import Inbound, Outbound
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.dispatcher import Delivery, Dispatcher
from streams.runtime.tries import Backoff

SECRET = "4111 1111 1111 1111"
AT_ONCE = Backoff(first_seconds=0.0)


def message(offset: int, key: bytes = b"k") -> Inbound:
    return Inbound("in", 0, offset, key, b"%d" % offset, (), datetime(2026, 1, 1, tzinfo=UTC))


def forwarded(inbound: Inbound) -> Outbound:
    return Outbound("out", inbound.key, inbound.value)


async def forward(inbound: Inbound) -> Sequence[Outbound]:
    return [forwarded(inbound)]


def raising(*errors: Exception) -> Callable[[Inbound], Awaitable[Sequence[Outbound]]]:
    """Return a handler that raises these in turn and then forwards."""
    left = list(errors)

    async def handle(inbound: Inbound) -> Sequence[Outbound]:
        if left:
            raise left.pop(0)
        return [forwarded(inbound)]

    return handle


@dataclass
class Stage:
    """A dispatcher with a writer in memory, recording the order of what happens."""

    spec: AgentSpec
    refused: set[bytes | None] = field(default_factory=set)
    too_large: set[bytes | None] = field(default_factory=set)
    written: list[Outbound] = field(default_factory=list)
    story: list[tuple[str, int]] = field(default_factory=list)
    crashes: list[Fatal] = field(default_factory=list)
    backoff: Backoff = AT_ONCE

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(self.spec, self, self.crash, backoff=self.backoff)

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        for output in outputs:
            await asyncio.sleep(0)
            if output.topic == "out" and output.value in self.too_large:
                raise Unprocessable("output_too_large")
            if output.value in self.refused:
                raise OSError(SECRET)
            self.written.append(output)
            self.story.append(("written", int(output.value or b"-1")))

    async def crash(self, error: Fatal) -> None:
        self.crashes.append(error)

    async def take(self, *inbounds: Inbound) -> None:
        for each in inbounds:
            await self.dispatcher.take(self.delivery(each))

    def delivery(self, inbound: Inbound) -> Delivery:
        def noted(what: str) -> Callable[[], None]:
            return lambda: self.story.append((what, inbound.offset))

        return Delivery(inbound, noted("acknowledged"), noted("given back"))

    async def run(self, *inbounds: Inbound) -> None:
        await self.take(*inbounds)
        await self.dispatcher.finished()

    def offsets(self, what: str) -> list[int]:
        return [offset for kind, offset in self.story if kind == what]


def spec(
    handle: Callable[[Inbound], Awaitable[Sequence[Outbound]]] = forward, **changes: object
) -> AgentSpec:
    base = AgentSpec("stage", ("in",), handle, Bury(), lambda inbound: inbound.key or b"")
    return replace(base, **changes)  # type: ignore[arg-type]


async def until(reached: Callable[[], bool]) -> None:
    for _ in range(1000):
        if reached():
            return
        await asyncio.sleep(0)
    pytest.fail("not reached")


class Bury:
    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def __call__(self, inbound: Inbound, failure: Failure) -> Sequence[Outbound]:
        self.failures.append(failure)
        return [Outbound("dead", inbound.key, inbound.value)]


def failures(stage: Stage) -> list[Failure]:
    assert isinstance(stage.spec.bury, Bury)
    return stage.spec.bury.failures


async def test_an_event_is_acknowledged_after_its_outputs_were() -> None:
    stage = Stage(spec())
    await stage.run(message(1))
    assert stage.story == [("written", 1), ("acknowledged", 1)]


async def test_equal_keys_keep_their_order_and_different_keys_overlap() -> None:
    release = asyncio.Event()

    async def handle(inbound: Inbound) -> Sequence[Outbound]:
        if inbound.offset == 1:
            await release.wait()
        return [forwarded(inbound)]

    stage = Stage(spec(handle))
    await stage.take(message(1, b"a"), message(2, b"a"), message(3, b"b"))
    await until(lambda: stage.offsets("acknowledged") == [3])
    release.set()
    await stage.dispatcher.finished()
    assert stage.offsets("written") == [3, 1, 2]


async def test_no_more_than_the_declared_number_is_in_flight() -> None:
    release, most = asyncio.Event(), 0

    async def handle(inbound: Inbound) -> Sequence[Outbound]:
        nonlocal most
        most = max(most, stage.dispatcher.in_flight)
        await release.wait()
        return []

    stage = Stage(spec(handle, in_flight=3))
    taking = asyncio.create_task(stage.take(*(message(n, b"%d" % n) for n in range(10))))
    for _ in range(50):
        await asyncio.sleep(0)
    assert (stage.dispatcher.in_flight, taking.done()) == (3, False)
    release.set()
    await taking
    await stage.dispatcher.finished()
    assert (most, len(stage.offsets("acknowledged"))) == (3, 10)


async def test_a_retryable_failure_is_tried_again_in_place() -> None:
    stage = Stage(spec(raising(Retryable("busy"), Retryable("busy"))))
    await stage.run(message(1))
    assert [output.topic for output in stage.written] == ["out"]
    assert stage.dispatcher.health.signs().retried == 2


async def test_what_stays_retryable_is_buried_as_retryable() -> None:
    stage = Stage(spec(raising(*[Retryable("busy", "tier", 0.01)] * 3)))
    await stage.run(message(1))
    assert failures(stage) == [Failure("busy", "tier", "Retryable", True, 3, 0.01)]
    assert stage.story == [("written", 1), ("acknowledged", 1)]


async def test_a_long_wish_to_wait_is_not_waited_for_in_place() -> None:
    stage = Stage(spec(raising(Retryable("rate_limited", retry_after_seconds=60))))
    await stage.run(message(1))
    assert failures(stage) == [Failure("rate_limited", "", "Retryable", True, 1, 60)]


async def test_an_unprocessable_event_is_buried_at_once() -> None:
    stage = Stage(spec(raising(Unprocessable("broken"))))
    await stage.run(message(1))
    assert failures(stage) == [Failure("broken", "", "Unprocessable", False, 1)]
    assert stage.story == [("written", 1), ("acknowledged", 1)]


async def test_an_unexpected_error_tells_its_class_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(spec(raising(ValueError(SECRET))))
    with caplog.at_level(logging.DEBUG):
        await stage.run(message(1))
    assert failures(stage) == [Failure("internal_error", "", "ValueError", False, 1)]
    assert "ValueError at test_dispatcher.py" in caplog.text
    assert SECRET not in caplog.text


async def test_a_failed_event_does_not_stop_those_behind_it() -> None:
    stage = Stage(spec(raising(ValueError("poison"))))
    await stage.run(message(1), message(2), message(3))
    assert stage.offsets("acknowledged") == [1, 2, 3]
    assert [output.topic for output in stage.written] == ["dead", "out", "out"]


async def test_a_fatal_error_crashes_the_worker_and_acknowledges_nothing_behind_it() -> None:
    stage = Stage(spec(raising(Fatal("fenced"))))
    await stage.run(message(1), message(2))
    assert [str(error) for error in stage.crashes] == ["fenced"]
    assert stage.offsets("acknowledged") == []
    assert stage.offsets("given back") == [1, 2]


async def test_what_is_in_flight_at_a_crash_writes_nothing_more() -> None:
    release = asyncio.Event()

    async def handle(inbound: Inbound) -> Sequence[Outbound]:
        if inbound.offset == 1:
            raise Fatal("fenced")
        await release.wait()
        return [forwarded(inbound)]

    stage = Stage(spec(handle))
    await stage.take(message(1, b"a"), message(2, b"b"))
    await until(lambda: stage.crashes != [])
    release.set()
    await stage.dispatcher.finished()
    assert (stage.written, stage.offsets("given back")) == ([], [1, 2])


async def test_an_output_that_cannot_be_written_crashes_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(spec(), refused={b"1"})
    await stage.run(message(1), message(2))
    assert [str(error) for error in stage.crashes] == ["outputs_not_written: OSError"]
    assert stage.offsets("acknowledged") == []
    assert SECRET not in caplog.text


async def test_a_dead_letter_that_cannot_be_written_crashes_the_worker() -> None:
    stage = Stage(spec(raising(Unprocessable("broken"))), refused={b"1"})
    await stage.run(message(1))
    assert len(stage.crashes) == 1
    assert stage.offsets("acknowledged") == []


async def test_an_output_too_large_for_the_broker_is_buried() -> None:
    stage = Stage(spec(), too_large={b"1"})
    await stage.run(message(1))
    assert failures(stage) == [Failure("output_too_large", "", "Unprocessable", False, 1)]
    assert stage.offsets("acknowledged") == [1]


async def test_a_key_that_cannot_be_read_falls_back_on_the_brokers() -> None:
    def unreadable(inbound: Inbound) -> bytes:
        raise KeyError(SECRET)

    stage = Stage(spec(key=unreadable))
    await stage.run(message(1))
    assert stage.offsets("acknowledged") == [1]


async def test_a_drain_lets_what_was_taken_up_finish() -> None:
    stage = Stage(spec())
    await stage.take(message(1), message(2))
    stage.dispatcher.drain(patience_seconds=60)
    await stage.take(message(3, b"other"))
    await stage.dispatcher.finished()
    assert (stage.offsets("acknowledged"), stage.offsets("given back")) == ([1, 2], [3])


async def test_an_impatient_drain_gives_back_what_has_not_begun() -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def handle(inbound: Inbound) -> Sequence[Outbound]:
        begun.set()
        await release.wait()
        return []

    stage = Stage(spec(handle))
    await stage.take(message(1), message(2))
    await begun.wait()
    stage.dispatcher.drain()
    await until(stage.dispatcher._impatient.is_set)
    release.set()
    await stage.dispatcher.finished()
    assert (stage.offsets("acknowledged"), stage.offsets("given back")) == ([1], [2])


async def test_an_impatient_drain_cuts_a_backoff_short() -> None:
    stage = Stage(spec(raising(Retryable("busy"))), backoff=Backoff(first_seconds=2.0))
    await stage.take(message(1))
    await until(lambda: stage.dispatcher.health.signs().retried == 1)
    stage.dispatcher.drain()
    await stage.dispatcher.finished()
    assert stage.story == [("given back", 1)]


async def test_a_closed_gate_holds_events_until_it_opens() -> None:
    stage = Stage(spec())
    stage.dispatcher.gate.close("breaker")
    taking = asyncio.create_task(stage.take(message(1)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not taking.done()
    stage.dispatcher.gate.open("breaker")
    await taking
    await stage.dispatcher.finished()
    assert stage.offsets("acknowledged") == [1]


async def test_an_event_held_at_the_gate_is_given_back_by_a_drain() -> None:
    stage = Stage(spec())
    stage.dispatcher.gate.close("breaker")
    taking = asyncio.create_task(stage.take(message(1)))
    await asyncio.sleep(0)
    stage.dispatcher.drain()
    await taking
    assert stage.story == [("given back", 1)]


async def test_after_a_drain_the_stage_resumes() -> None:
    stage = Stage(spec())
    stage.dispatcher.drain()
    stage.dispatcher.resume()
    await stage.run(message(1))
    assert stage.offsets("acknowledged") == [1]


async def test_a_cancelled_event_is_given_back() -> None:
    async def handle(inbound: Inbound) -> Sequence[Outbound]:
        raise asyncio.CancelledError

    stage = Stage(spec(handle))
    await stage.run(message(1))
    assert stage.story == [("given back", 1)]


async def test_the_vital_signs_add_up() -> None:
    stage = Stage(spec(raising(Unprocessable("broken"))))
    await stage.run(message(1), message(2))
    signs = stage.dispatcher.health.signs()
    assert (signs.processed, signs.buried, signs.in_flight) == (2, 1, 0)
    assert signs.last_activity > 0


async def test_cpu_time_counts_the_handlers_own_steps_only() -> None:
    async def busy(inbound: Inbound) -> Sequence[Outbound]:
        await asyncio.sleep(0.01)
        assert sum(range(200_000))
        return []

    stage = Stage(spec(busy))
    await stage.run(message(1, b"a"), message(2, b"b"))
    signs = stage.dispatcher.health.signs()
    assert 0 < signs.handler_cpu_seconds < signs.handler_wall_seconds
