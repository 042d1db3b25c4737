"""Apache Kafka dies without warning while requests flow, stays away for a while, and comes back."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.embedded.stack import WORKERS, Stack
from streams.settings import BrokerSettings, Settings
from tests.brokers import Broker, running_kafka
from tests.e2e.test_kills import check, followed, meanwhile

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(540)]

AWAY_SECONDS = 20.0
"""Past the session's time-out and the clients' patience with a request."""


class Supervised(Stack):
    """A line whose workers are started again when they have ended, as a supervisor would."""

    restarts: int = 0

    def failed(self) -> str | None:
        for name, process in self._workers.items():
            if process.poll() is not None:
                self.restarts += 1
                self._workers[name] = self._spawn(name, WORKERS[name])
        return None


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Broker]:
    with running_kafka(tmp_path) as broker:
        yield broker


def test_a_broker_that_comes_back_has_lost_and_doubled_nothing(kafka: Broker, tmp_path: Path) -> None:
    assert kafka.bounce is not None
    bounce = kafka.bounce
    settings = BrokerSettings(bootstrap=kafka.bootstrap, session_timeout_seconds=10, heartbeat_seconds=1)
    with ExitStack() as exits:
        stack = exits.enter_context(
            Supervised(Settings(state_dir=tmp_path / "state", broker=settings), own_broker=False)
        )
        with meanwhile(lambda _: bounce(AWAY_SECONDS), [10.0]):
            started = time.monotonic()
            result = followed(stack)
        print(f"{stack.restarts} restarts, {time.monotonic() - started:.0f} s")
    check(result)
