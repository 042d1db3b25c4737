import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from schemas.errors import Fatal
from schemas.wire import Headers, Inbound, Outbound
from streams.runtime.confluent import producer_config
from streams.runtime.contracts import Failure
from streams.runtime.delay_loop import DUE, FORWARD_TO, DelayLimits, DelayLoop
from streams.runtime.readback import read_back_many
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import SESSION, Broker
from tests.streams.runtime.experiment import (
    PARTITIONS,
    await_all,
    keys,
    lost_and_repeated,
    publish_numbers,
    topic,
    workers,
)


@dataclass
class Line:
    """A delay topic before a target whose records carry the broker's time of their arrival where it can."""

    broker: Broker
    delay: str
    target: str

    def marks(self, wait_seconds: float) -> Headers:
        due = round((time.time() + wait_seconds) * 1000)
        return ((FORWARD_TO, self.target.encode()), (DUE, str(due).encode()))

    def publish(self, key: bytes, headers: Headers) -> None:
        producer = Producer(producer_config(self.broker.bootstrap))
        producer.produce(self.delay, b"value", key, headers=list(headers))
        assert producer.flush(10) == 0

    def arrived(self) -> list[Inbound]:
        found = read_back_many(self.broker.bootstrap, [self.target], PARTITIONS)
        return [message for messages in found.values() for message in messages]

    def bury(self, message: Inbound, failure: Failure) -> Sequence[Outbound]:
        return (Outbound(self.target, message.key, f"{failure.reason}: {failure.detail}".encode()),)


@pytest.fixture
def line(broker: Broker) -> Line:
    names = f"d.{uuid4().hex}", f"d.{uuid4().hex}"
    hour = timedelta(hours=1)
    specs = [TopicSpec(name, len(PARTITIONS), hour, append_time=True) for name in names]
    create_topics(broker.bootstrap, specs)
    return Line(broker, *names)


@contextmanager
def running(loop: DelayLoop) -> Iterator[Future[None]]:
    stop = Event()
    with ThreadPoolExecutor(1) as threads:
        try:
            yield threads.submit(loop.run, stop)
        finally:
            stop.set()


def loop_over(line: Line, *, bury: bool = False, limits: DelayLimits | None = None) -> DelayLoop:
    return DelayLoop(
        line.broker.bootstrap,
        [line.delay],
        uuid4().hex,
        SESSION,
        bury=line.bury if bury else None,
        limits=limits,
    )


def test_a_record_goes_on_whole_and_unmarked_once_it_is_due(line: Line) -> None:
    marks = line.marks(wait_seconds=5)
    line.publish(b"key", (("kept", b"1"), *marks))
    with running(loop_over(line)):
        await_all(line.broker, line.target, 1)
    [forwarded] = line.arrived()
    assert (forwarded.key, forwarded.value, forwarded.headers) == (b"key", b"value", (("kept", b"1"),))
    assert forwarded.timestamp.timestamp() * 1000 >= int(marks[1][1])


def test_what_is_not_due_stays(line: Line) -> None:
    line.publish(b"due", line.marks(0))
    line.publish(b"not due", line.marks(3600))
    loop = loop_over(line)
    with running(loop):
        await_all(line.broker, line.target, 1)
    assert [message.key for message in line.arrived()] == [b"due"]
    assert loop.health.signs().in_flight == 0


def test_a_full_buffer_pauses_its_partition_and_loses_nothing(line: Line) -> None:
    marks = line.marks(wait_seconds=6)
    publish_numbers(line.broker, line.delay, 400, lambda: marks)
    loop = loop_over(line, limits=DelayLimits(buffered=10, resume_below=5))
    with running(loop):
        await_all(line.broker, line.target, 400)
    assert lost_and_repeated(keys(line.broker, line.target), 400) == (0, 0)
    assert loop.health.signs().processed == 400


@pytest.mark.parametrize("missing", [FORWARD_TO, DUE])
def test_a_record_without_marks_is_buried(line: Line, missing: str) -> None:
    line.publish(b"key", tuple(pair for pair in line.marks(0) if pair[0] != missing))
    with running(loop_over(line, bury=True)):
        await_all(line.broker, line.target, 1)
    assert [message.value for message in line.arrived()] == [
        f"delay_unmarked: no readable {missing}".encode()
    ]


def test_without_a_grave_an_unmarked_record_ends_the_worker(line: Line) -> None:
    line.publish(b"key", ())
    with running(loop_over(line)) as ran, pytest.raises(Fatal, match="delay_unmarked"):
        ran.result(40)


def test_an_unwritable_target_ends_the_worker_uncommitted(line: Line) -> None:
    line.publish(b"key", line.marks(0))
    loop = loop_over(line)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.runtime.delay_loop.producer_config", lambda _: producer_config("127.0.0.1:1"))
        patch.setattr("streams.runtime.delay_loop.FLUSH_SECONDS", 0.5)
        with running(loop) as ran, pytest.raises(Fatal, match="not_forwarded"):
            ran.result(40)
    with running(DelayLoop(line.broker.bootstrap, [line.delay], loop._group, SESSION)):
        await_all(line.broker, line.target, 1)


@pytest.mark.slow
def test_kills_while_forwarding_lose_nothing(broker: Broker) -> None:
    source, target, count = topic(broker), topic(broker), 600
    line = Line(broker, source, target)
    waits = iter(range(count))
    publish_numbers(broker, source, count, lambda: line.marks(2 + next(waits) / 100))
    module = "tests.streams.runtime.delaying"
    with workers(module, (broker.bootstrap, uuid4().hex, source)) as start:
        for _ in range(2):
            worker = start()
            worker.await_line("forwarded", times=3)
            worker.send(signal.SIGKILL)
            worker.kill()
        start()
        await_all(broker, target, count)
    lost, _repeated = lost_and_repeated(keys(broker, target), count)
    assert lost == 0
