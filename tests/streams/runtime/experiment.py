"""Worker processes for the kill and pause experiments, steered by the lines that they print."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from uuid import uuid4

from confluent_kafka import Producer

from schemas.wire import Headers
from streams.runtime.confluent import producer_config
from streams.runtime.readback import read_back_many
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import Broker

PARTITIONS = (0, 1, 2, 3)
EXIT_SECONDS = 60


class Worker:
    """A subprocess running a test module; `await_line` follows its output."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def await_line(self, text: str, times: int = 1) -> None:
        """Return once the worker has printed this line so many times; fail when it ends before."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            times -= line.strip() == text
            if times == 0:
                return
        raise AssertionError(f"the worker ended with {self._process.wait()} before it printed {text!r}")

    def send(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        self._process.communicate(timeout=EXIT_SECONDS)
        return self._process.returncode

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def workers(module: str, arguments: Sequence[str]) -> Iterator[Callable[[], Worker]]:
    """Yield a function that starts a worker; all of them are killed in the end."""
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(module, arguments))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.kill()


def topic(broker: Broker) -> str:
    """Create a topic with as many partitions as `PARTITIONS`."""
    name = f"x.{uuid4().hex}"
    create_topics(broker.bootstrap, [TopicSpec(name, len(PARTITIONS), timedelta(hours=1))])
    return name


def publish_numbers(
    broker: Broker, name: str, count: int, headers: Callable[[], Headers] = tuple, *, first: int = 0
) -> None:
    """Publish `count` numbers from `first` on as keys, spread over the partitions."""
    producer = Producer(producer_config(broker.bootstrap))
    for number in range(first, first + count):
        producer.produce(name, b"v", b"%d" % number, number % len(PARTITIONS), headers=list(headers()))
    assert producer.flush(30) == 0


def keys(broker: Broker, name: str) -> list[bytes]:
    """Return the keys of everything committed in a topic."""
    found = read_back_many(broker.bootstrap, [name], PARTITIONS)
    return [message.key or b"" for messages in found.values() for message in messages]


def await_all(broker: Broker, name: str, count: int, seconds: float = 60) -> None:
    """Return once the topic holds `count` different keys."""
    pause = Event()
    for _ in range(round(seconds / 0.25)):
        if len(set(keys(broker, name))) >= count:
            return
        pause.wait(0.25)
    raise AssertionError(f"{count - len(set(keys(broker, name)))} of {count} events are missing")


def lost_and_repeated(found: Iterable[bytes], count: int) -> tuple[int, int]:
    """Return how many of the numbers below `count` are missing, and how many messages repeat another's number."""
    seen = list(found)
    return len({b"%d" % number for number in range(count)} - set(seen)), len(seen) - len(set(seen))
