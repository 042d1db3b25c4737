"""One stage's app, in this very process: folds, lanes, co-partitioning, and what transactions leave in its input."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from confluent_kafka import Producer

from schemas.errors import Fatal, Unprocessable
from schemas.wire import Inbound, Outbound
from streams.runtime.confluent import producer_config
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.faust_app import FaustWriter, RuntimeSettings, StageApp, inbound_of
from streams.runtime.lane import LARGEST_MESSAGE_BYTES
from streams.runtime.line import EXIT_CRASHED, serve
from tests.brokers import Broker
from tests.streams.runtime.stage_worker import brisk
from tests.streams.runtime.workers import Lab, laboratory, numbered


@pytest.fixture
def lab(broker: Broker, tmp_path: Path) -> Iterable[Lab]:
    with laboratory(broker, tmp_path) as lab:
        yield lab


class Recorder:
    """A stage that remembers what it was given, with a fold and lanes that remember when they were asked."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.told: list[str] = []

    async def handle(self, inbound: Inbound) -> Sequence[Outbound]:
        self.told.append("handle")
        return [Outbound("nowhere", inbound.key, inbound.value)]

    def bury(self, inbound: Inbound, failure: Failure) -> Sequence[Outbound]:
        raise AssertionError(failure.reason)

    def build(self, messages: Iterable[Inbound]) -> object:
        return len(list(messages))

    def install(self, partition: int, state: object) -> None:
        self.told.append("install")

    def drop(self, partition: int) -> None:
        self.told.append("drop")

    async def fence(self, partitions: Sequence[int]) -> None:
        self.told.append("fence")

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        self.told.append("write")

    async def release(self, partitions: Sequence[int]) -> None:
        self.told.append("release")

    async def close(self) -> None:
        self.told.append("close")


def spec(lab: Lab, recorder: Recorder, *topics: str, fold: bool = False, fenced: bool = False) -> AgentSpec:
    return AgentSpec(
        lab.plan.group,
        topics or (lab.plan.source,),
        recorder.handle,
        recorder.bury,
        lambda inbound: inbound.key or b"",
        fold=recorder if fold else None,
        fenced=fenced,
    )


def settings(lab: Lab) -> RuntimeSettings:
    return brisk(lab.broker.bootstrap, lab.directory / "faust")


@asynccontextmanager
async def running(*apps: StageApp) -> AsyncIterator[None]:
    stop = asyncio.Event()
    line = asyncio.create_task(serve(apps, stop))
    try:
        yield
    finally:
        stop.set()
        assert await line == 0


async def until(reached: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if await asyncio.to_thread(reached):
            return
        await asyncio.sleep(0.2)
    pytest.fail("not reached")


async def test_lanes_are_fenced_and_the_fold_installed_before_the_first_event(lab: Lab) -> None:
    lab.publish([b"1"])
    recorder = Recorder((lab.plan.target,))
    app = StageApp(spec(lab, recorder, fold=True, fenced=True), settings(lab), lanes=recorder)
    async with running(app):
        await until(lambda: "write" in recorder.told)
    assert recorder.told == ["fence", *["install"] * 4, "handle", "write", "close"]


async def test_a_failed_fold_ends_the_line_before_the_first_event(lab: Lab) -> None:
    lab.publish([b"1"])
    recorder = Recorder((lab.plan.target,))

    def fail(bootstrap: str, topics: Sequence[str], partitions: Sequence[int]) -> dict[int, list[Inbound]]:
        raise Fatal("read_back_failed")

    app = StageApp(spec(lab, recorder, fold=True), settings(lab), read_back=fail)
    assert await serve([app], asyncio.Event()) == EXIT_CRASHED
    assert recorder.told == []


async def test_topics_of_a_stage_are_assigned_together(lab: Lab) -> None:
    both = (lab.plan.source, lab.plan.dead)
    apps = [
        StageApp(spec(lab, Recorder((lab.plan.target,)), *both, fold=True), settings(lab)) for _ in range(3)
    ]

    def owned(app: StageApp, topic: str) -> set[int]:
        return {tp.partition for tp in app._assignment or () if tp.topic == topic}

    def settled() -> bool:
        shares = [owned(app, lab.plan.source) for app in apps]
        return all(shares) and sum(map(len, shares)) == 4

    async with running(*apps):
        await until(settled)
        assert [owned(app, lab.plan.source) for app in apps] == [owned(app, lab.plan.dead) for app in apps]


def test_a_fenced_stage_without_lanes_is_refused(lab: Lab) -> None:
    with pytest.raises(Fatal, match="lanes_missing"):
        StageApp(spec(lab, Recorder(()), fenced=True), settings(lab))


@pytest.mark.kafka
@pytest.mark.slow
async def test_commits_advance_over_transaction_markers_to_the_very_end(
    apache_kafka: Broker, tmp_path: Path
) -> None:
    with laboratory(apache_kafka, tmp_path) as lab:
        handled: list[bytes | None] = []

        async def handle(inbound: Inbound) -> Sequence[Outbound]:
            handled.append(inbound.value)
            return []

        recorder = Recorder(())
        recorder.handle = handle  # type: ignore[method-assign]
        app = StageApp(spec(lab, recorder), settings(lab))
        transact(lab, numbered(40), [True, False])
        async with running(app):
            await until(lambda: lab.committed() == lab.ends())
            transact(lab, numbered(40, first=40), [False, True, False])
            await until(lambda: lab.committed() == lab.ends())
        assert sorted(handled, key=repr) == sorted(numbered(40) + numbered(40, first=40), key=repr)


def transact(lab: Lab, values: list[bytes], commits: list[bool]) -> None:
    """Write all values in each of several transactions, committing or aborting them in turn."""
    writer = {"transactional.id": uuid.uuid4().hex}
    producer = Producer(producer_config(lab.broker.bootstrap, writer))
    producer.init_transactions(30)
    for commit in commits:
        producer.begin_transaction()
        for value in values:
            producer.produce(lab.plan.source, value, key=value)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.flush(30)
            producer.abort_transaction(30)


def test_a_message_of_faust_becomes_inbound_as_it_is() -> None:
    message = SimpleNamespace(
        topic="t",
        partition=3,
        offset=7,
        key=None,
        value=None,
        headers=(("a", b"1"), ("a", b"2"), ("b", None)),
        timestamp=1_700_000_000.123,
    )
    at = datetime(2023, 11, 14, 22, 13, 20, 123_000, UTC)
    assert inbound_of(message) == Inbound("t", 3, 7, None, None, (("a", b"1"), ("a", b"2"), ("b", b"")), at)


async def test_an_oversized_output_is_refused_before_anything_is_sent() -> None:
    writer = FaustWriter(SimpleNamespace())
    with pytest.raises(Unprocessable, match="output_too_large"):
        await writer.write(
            0, [Outbound("t", b"k", b"fits"), Outbound("t", b"k", b"x" * LARGEST_MESSAGE_BYTES)]
        )
