from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from schemas.errors import Fatal, Retryable, Unprocessable
from schemas.wire import Inbound, Outbound
from streams.runtime.confluent import producer_config
from streams.runtime.contracts import Failure
from streams.runtime.lane import Lane
from streams.runtime.readback import read_back_many
from streams.runtime.settle_loop import LoopSettings, SettleLoop
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import SESSION, Broker

PARTITIONS = (0, 1)
SOON_SECONDS = 40


@dataclass
class Scripted:
    """Does what a message's value says; its state is the number of messages folded and processed."""

    sources: tuple[str, ...]
    sink: str
    name: str = field(default_factory=lambda: uuid4().hex)
    tries: int = 0
    ticks: list[datetime] = field(default_factory=list)
    states: list[list[bytes]] = field(default_factory=list)

    @property
    def topics(self) -> tuple[str, ...]:
        return self.sources

    @property
    def fold_topics(self) -> tuple[str, ...]:
        return (self.sink,)

    def build(self, messages: Iterable[Inbound]) -> list[bytes]:
        state = [message.value or b"" for message in messages]
        self.states.append(list(state))
        return state

    def process(self, state: list[bytes], message: Inbound) -> Sequence[Outbound]:
        value = message.value or b""
        self._obey(value)
        if value == b"oversized":
            return self._out(message.partition, b"x" * 1_000_001)
        state.append(value)
        return self._out(message.partition, b"%s of %d" % (value, len(state)))

    def tick(self, state: list[bytes], now: datetime) -> Sequence[Outbound]:
        self.ticks.append(now)
        if b"expect a tick" in state:
            state.remove(b"expect a tick")
            return self._out(0, b"ticked")
        return ()

    def bury(self, state: list[bytes], message: Inbound, failure: Failure) -> Sequence[Outbound]:
        if message.value == b"unburiable":
            raise ZeroDivisionError
        text = f"{failure.reason} {failure.error_class} {failure.attempts}"
        return self._out(message.partition, text.encode())

    def _obey(self, value: bytes) -> None:
        self.tries += 1
        if value == b"retry once" and self.tries == 1:
            raise Retryable("away")
        match value:
            case b"retry for ever":
                raise Retryable("away")
            case b"refuse" | b"unburiable":
                raise Unprocessable("refused")
            case b"defect":
                raise KeyError("a value that must not be told")
            case b"stop":
                raise Fatal("stopped")
            case _:
                return

    def _out(self, partition: int, value: bytes) -> Sequence[Outbound]:
        return (Outbound(self.sink, None, value, partition=partition),)


@pytest.fixture
def create(broker: Broker) -> Callable[[int], str]:
    def created(partitions: int = len(PARTITIONS)) -> str:
        name = f"s.{uuid4().hex}"
        create_topics(broker.bootstrap, [TopicSpec(name, partitions, timedelta(hours=1))])
        return name

    return created


@pytest.fixture
def scripted(create: Callable[..., str]) -> Scripted:
    return Scripted((create(), create()), create())


def publish(broker: Broker, topic: str, values: Iterable[bytes], partition: int = 0) -> None:
    producer = Producer(producer_config(broker.bootstrap, {"linger.ms": 50}))  # one batch: fetched at once
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(10) == 0


def written(broker: Broker, scripted: Scripted, partition: int = 0) -> list[bytes | None]:
    found = read_back_many(broker.bootstrap, [scripted.sink], PARTITIONS)
    return [message.value for message in found[partition]]


def loop_over(broker: Broker, scripted: Scripted) -> SettleLoop[list[bytes]]:
    settings = LoopSettings(broker.bootstrap, session=SESSION, attempts=2, tick_seconds=0.05, grace_seconds=5)
    return SettleLoop(scripted, settings)


@contextmanager
def running(loop: SettleLoop[list[bytes]]) -> Iterator[Future[None]]:
    stop = Event()
    with ThreadPoolExecutor(1) as threads:
        try:
            yield threads.submit(loop.run, stop)
        finally:
            stop.set()


def eventually(condition: Callable[[], bool], ran: Future[None]) -> None:
    pause = Event()
    for _ in range(SOON_SECONDS * 20):
        if condition():
            return
        if ran.done():
            ran.result()
            pytest.fail("the loop ended by itself")
        pause.wait(0.05)
    pytest.fail("it never came true")


def processed_all(broker: Broker, scripted: Scripted, values: Sequence[bytes]) -> SettleLoop[list[bytes]]:
    publish(broker, scripted.sources[0], values)
    loop = loop_over(broker, scripted)
    with running(loop) as ran:
        eventually(lambda: loop.health.signs().processed == len(values), ran)
    ran.result()
    return loop


def test_co_partitioned_inputs_meet_in_one_state(broker: Broker, scripted: Scripted) -> None:
    first, second = scripted.sources
    publish(broker, first, [b"a"], partition=1)
    publish(broker, second, [b"b"], partition=1)
    publish(broker, first, [b"c"], partition=0)
    loop = loop_over(broker, scripted)
    with running(loop) as ran:
        eventually(lambda: loop.health.signs().processed == 3, ran)
    assert written(broker, scripted, 0) == [b"c of 1"]
    assert set(written(broker, scripted, 1)) in ({b"a of 1", b"b of 2"}, {b"b of 1", b"a of 2"})
    assert not loop.ready


def test_what_fails_is_buried_in_its_place(broker: Broker, scripted: Scripted) -> None:
    values = [b"one", b"refuse", b"defect", b"retry for ever", b"oversized", b"two"]
    loop = processed_all(broker, scripted, values)
    assert written(broker, scripted) == [
        b"one of 1",
        b"refused Unprocessable 1",
        b"internal_error KeyError 1",
        b"away Retryable 2",
        b"output_too_large Unprocessable 1",
        b"two of 2",
    ]
    assert (loop.health.signs().buried, loop.health.signs().retried) == (4, 1)


def test_a_retry_that_helps_is_no_failure(broker: Broker, scripted: Scripted) -> None:
    loop = processed_all(broker, scripted, [b"retry once"])
    assert written(broker, scripted) == [b"retry once of 1"]
    assert (loop.health.signs().buried, loop.health.signs().retried) == (0, 1)


def test_a_successor_folds_and_goes_on_where_its_predecessor_stopped(
    broker: Broker, scripted: Scripted
) -> None:
    processed_all(broker, scripted, [b"one", b"two"])
    processed_all(broker, scripted, [b"three"])
    assert written(broker, scripted) == [b"one of 1", b"two of 2", b"three of 3"]
    assert [b"one of 1", b"two of 2"] in scripted.states


@pytest.mark.parametrize(("value", "reason"), [(b"stop", "stopped"), (b"unburiable", "bury_failed")])
def test_a_fatal_error_ends_the_loop_and_commits_nothing_of_its_batch(
    broker: Broker, scripted: Scripted, value: bytes, reason: str
) -> None:
    publish(broker, scripted.sources[0], [b"one", value])
    with running(loop_over(broker, scripted)) as ran, pytest.raises(Fatal, match=reason):
        ran.result(SOON_SECONDS)
    assert written(broker, scripted) == []


def test_a_fenced_loop_ends(broker: Broker, scripted: Scripted) -> None:
    loop = loop_over(broker, scripted)
    with running(loop) as ran:
        eventually(lambda: loop.ready, ran)
        Lane(broker.bootstrap, f"sluicegate.{scripted.name}", 0).fence()
        publish(broker, scripted.sources[0], [b"too late"])
        with pytest.raises(Fatal, match="fenced"):
            ran.result(SOON_SECONDS)
    assert written(broker, scripted) == []


def test_a_failed_fold_ends_the_loop(
    broker: Broker, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(scripted, "build", broken)
    publish(broker, scripted.sources[0], [b"one"])
    with (
        running(loop_over(broker, scripted)) as ran,
        pytest.raises(Fatal, match="fold_failed: ZeroDivisionError"),
    ):
        ran.result(SOON_SECONDS)
    assert written(broker, scripted) == []


def test_inputs_that_differ_in_partitions_are_refused(broker: Broker, create: Callable[..., str]) -> None:
    uneven = Scripted((create(1), create(2)), create(2))
    with running(loop_over(broker, uneven)) as ran, pytest.raises(Fatal, match="not_copartitioned"):
        ran.result(SOON_SECONDS)


def test_time_acts_only_behind_what_has_been_read(broker: Broker, scripted: Scripted) -> None:
    publish(broker, scripted.sources[0], [b"expect a tick"])
    loop = loop_over(broker, scripted)
    with running(loop) as ran:
        eventually(lambda: len(written(broker, scripted)) == 2, ran)
    assert written(broker, scripted) == [b"expect a tick of 1", b"ticked"]
    assert all(now <= datetime.now(UTC) - timedelta(seconds=5) for now in scripted.ticks)


def test_turns_are_noted_while_idle(broker: Broker, scripted: Scripted) -> None:
    loop = loop_over(broker, scripted)
    before = loop.last_turn
    with running(loop) as ran:
        eventually(lambda: loop.ready, ran)
        eventually(lambda: loop.last_turn > before, ran)
    assert loop.health.signs().processed == 0
