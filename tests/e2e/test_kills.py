"""Workers of the whole line die without warning, or freeze and wake up again, while requests flow."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from processors.tasks.shop_support.sample import SampleMessage
from processors.tasks.shop_support.sample import load as load_sample
from streams.clock import SystemClock
from streams.demo.run import Run, run
from streams.embedded.stack import WORKERS, Stack
from tests.e2e.conftest import line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

TIMEOUT_SECONDS = 420.0
KILLED = ("agents", "settle")
FROZEN_SECONDS = 14.0
"""Past the session time-outs of both brokers' lines, so that the partitions move on meanwhile."""


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    with ExitStack() as exits:
        yield exits.enter_context(line(request.param, tmp_path, exits))


def without_the_model() -> list[SampleMessage]:
    """The sample without what a small model on a busy machine could leave waiting for minutes."""
    sample = load_sample(SystemClock().now())
    return [message for message in sample if message.expect not in {"any", "action:send_reply"}]


def kill(stack: Stack, name: str) -> None:
    """End a worker with SIGKILL; its successor is already starting, which takes it seconds."""
    process = stack._workers[name]
    stack._workers[name] = stack._spawn(name, WORKERS[name])
    process.kill()


def freeze(stack: Stack, name: str) -> None:
    """Stop a worker past its session's time-out, let a successor take over, then let the first go on."""
    first = stack._workers[name]
    os.kill(first.pid, signal.SIGSTOP)
    stack._workers[name] = stack._spawn(name, WORKERS[name])
    time.sleep(FROZEN_SECONDS)
    with suppress(ProcessLookupError):
        os.kill(first.pid, signal.SIGCONT)


@contextmanager
def meanwhile(blow: Callable[[str], None], pauses: list[float]) -> Iterator[None]:
    """Strike each worker in turn, at these pauses, while the block runs."""
    failed: list[BaseException] = []
    over = threading.Event()

    def strike() -> None:
        try:
            for number, pause in enumerate(pauses):
                time.sleep(pause)
                blow(KILLED[number % len(KILLED)])
            over.wait()  # children end with the thread that started them
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert failed == []


def followed(stack: Stack) -> Run:
    sample = without_the_model()
    return run(stack, sample, lambda _: None, started=time.monotonic(), timeout=TIMEOUT_SECONDS)


def check(result: Run) -> None:
    seen = result.conservation
    assert len(seen.published) >= 80
    assert seen.lost == []
    assert seen.doubled == []
    assert seen.duplicate_actions == 0


def test_killed_workers_lose_and_double_nothing(stack: Stack) -> None:
    seconds = random.Random(20_261)
    with meanwhile(lambda name: kill(stack, name), [seconds.uniform(6, 12) for _ in range(4)]):
        result = followed(stack)
    check(result)


def test_frozen_workers_that_wake_up_lose_and_double_nothing(stack: Stack) -> None:
    with meanwhile(lambda name: freeze(stack, name), [10.0, 2.0]):
        result = followed(stack)
    check(result)
