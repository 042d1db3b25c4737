"""One run of the shipped sample through the whole line on each broker; the tests look at what became of it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from processors.tasks.shop_support.sample import load as load_sample
from schemas.topics import Topic
from schemas.wire import Inbound
from streams.clock import SystemClock
from streams.demo.figures import wait_for_record
from streams.demo.run import Run, run
from streams.embedded.stack import Stack
from streams.settings import BrokerSettings, Settings
from streams.watching import read_to_end
from tests.brokers import running_kafka

TIMEOUT_SECONDS = 280.0


@dataclass(frozen=True)
class Lived:
    """A line that has worked through the sample and still runs."""

    stack: Stack
    result: Run
    topics: dict[str, list[Inbound]]

    def refreshed(self) -> "Lived":
        return Lived(self.stack, self.result, _topics(self.stack))


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    directory = tmp_path_factory.mktemp(f"line-{request.param}")
    with ExitStack() as exits:
        stack = exits.enter_context(line(request.param, directory, exits))
        sample = load_sample(SystemClock().now())
        result = run(stack, sample, lambda _: None, started=time.monotonic(), timeout=TIMEOUT_SECONDS)
        ended = stack.failed()
        assert ended is None, (stack.logs / f"{ended}.log").read_text()[-3000:]
        wait_for_record(stack.settings, result.conservation)
        yield Lived(stack, result, _topics(stack))


def line(kind: str, directory: Path, exits: ExitStack) -> Stack:
    """Return a line, not yet started, on the embedded broker or on an Apache Kafka of its own."""
    state = directory / "state"
    if kind == "embedded":
        return Stack(Settings(state_dir=state))
    kafka = exits.enter_context(running_kafka(directory))
    broker = BrokerSettings(bootstrap=kafka.bootstrap, session_timeout_seconds=10, heartbeat_seconds=1)
    return Stack(Settings(state_dir=state, broker=broker), own_broker=False)


def _topics(stack: Stack) -> dict[str, list[Inbound]]:
    found: dict[str, list[Inbound]] = {str(topic): [] for topic in Topic}
    for message in read_to_end(stack.settings.broker.bootstrap, [str(topic) for topic in Topic]):
        found[message.topic].append(message)
    return found
