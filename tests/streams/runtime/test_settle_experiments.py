"""Settle under kill -9 and under a pause past the session time-out, on both brokers."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.brokers import Broker
from tests.streams.runtime.experiment import (
    Worker,
    await_all,
    keys,
    lost_and_repeated,
    publish_numbers,
    topic,
    workers,
)
from tests.streams.runtime.numbered_settle import EXIT_FATAL

pytestmark = pytest.mark.slow

MODULE = "tests.streams.runtime.numbered_settle"
COUNT = 1000
HOLD_SECONDS = "0.02"


@dataclass
class Experiment:
    broker: Broker
    source: str
    sink: str
    start: Callable[[], Worker]
    count: int = 0

    def publish(self, count: int) -> None:
        """Publish so many further numbers."""
        publish_numbers(self.broker, self.source, count, first=self.count)
        self.count += count

    def finish(self, worker: Worker) -> tuple[int, int]:
        """Let a worker pass on what is left and stop; return lost and repeated."""
        await_all(self.broker, self.sink, self.count)
        worker.send(signal.SIGTERM)
        assert worker.ended() == 0
        return lost_and_repeated(keys(self.broker, self.sink), self.count)


def experiment(broker: Broker, kind: str) -> Iterator[Experiment]:
    source, sink = topic(broker), topic(broker)
    arguments = (broker.bootstrap, kind, uuid4().hex, source, sink, HOLD_SECONDS)
    with workers(MODULE, arguments) as start:
        found = Experiment(broker, source, sink, start)
        found.publish(COUNT)
        yield found


@pytest.fixture
def numbered(broker: Broker) -> Iterator[Experiment]:
    yield from experiment(broker, "numbered")


@pytest.fixture
def forgetful(broker: Broker) -> Iterator[Experiment]:
    yield from experiment(broker, "forgetful")


def killed_in_mid_transaction(start: Callable[[], Worker]) -> None:
    worker = start()
    worker.await_line("open", times=10)
    worker.send(signal.SIGKILL)
    assert worker.ended() == -signal.SIGKILL


def test_kills_in_mid_transaction_lose_and_repeat_nothing(numbered: Experiment) -> None:
    for _ in range(2):
        killed_in_mid_transaction(numbered.start)
    assert numbered.finish(numbered.start()) == (0, 0)


def test_without_its_fold_a_stage_relies_on_the_brokers_transactions(forgetful: Experiment) -> None:
    killed_in_mid_transaction(forgetful.start)
    lost, repeated = forgetful.finish(forgetful.start())
    assert lost == 0
    assert (repeated == 0) == forgetful.broker.transactions


def test_a_paused_predecessor_wakes_up_fenced(numbered: Experiment) -> None:
    paused = numbered.start()
    paused.await_line("open", times=10)
    paused.send(signal.SIGSTOP)
    successor = numbered.start()
    successor.await_line("open", times=5)
    paused.send(signal.SIGCONT)
    assert paused.ended() == EXIT_FATAL
    assert numbered.finish(successor) == (0, 0)


def test_a_second_member_takes_its_share(numbered: Experiment) -> None:
    first = numbered.start()
    first.await_line("open", times=5)
    second = numbered.start()
    second.await_line("fenced")  # it has partitions, so what comes now is for both
    numbered.publish(COUNT)
    second.await_line("open", times=2)
    assert numbered.finish(second) == (0, 0)
    first.send(signal.SIGTERM)
    assert first.ended() == 0
