"""Several stages in one process, in this very process, on each broker."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.errors import Fatal
from schemas.wire import Inbound, Outbound
from streams.embedded.broker import free_port
from streams.runtime.confluent import base_config, producer_config
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.faust_app import EXIT_NOT_DRAINED, StageApp
from streams.runtime.line import EXIT_CRASHED, StageNames, quiet_libraries, serve
from streams.runtime.readback import read_back_many
from tests.brokers import Broker
from tests.streams.runtime.stage_worker import brisk

Handler = Callable[[Inbound], Awaitable[Sequence[Outbound]]]


@pytest.fixture
def topics(broker: Broker) -> tuple[str, str, str]:
    run = uuid.uuid4().hex[:8]
    names = (f"first-{run}", f"second-{run}", f"third-{run}")
    admin = AdminClient(base_config(broker.bootstrap))
    for done in admin.create_topics([NewTopic(name, 2, 1) for name in names]).values():
        done.result(30)
    return names


def forward_to(topic: str) -> Handler:
    async def forward(inbound: Inbound) -> Sequence[Outbound]:
        return [Outbound(topic, inbound.key, inbound.value, inbound.headers)]

    return forward


def app(bootstrap: str, directory: Path, source: str, handle: Handler) -> StageApp:
    def bury(inbound: Inbound, failure: Failure) -> Sequence[Outbound]:
        raise AssertionError(failure.reason)

    spec = AgentSpec(f"stage-{source}", (source,), handle, bury, lambda inbound: inbound.key or b"")
    return StageApp(spec, brisk(bootstrap, directory / "deep" / "faust"))


def found(bootstrap: str, topic: str) -> list[Inbound]:
    read = read_back_many(bootstrap, [topic], [0, 1])
    return [message for messages in read.values() for message in messages]


async def come(bootstrap: str, topic: str, count: int) -> list[Inbound]:
    """Wait for messages to come out of the line."""
    for _ in range(200):
        messages = await asyncio.to_thread(found, bootstrap, topic)
        if len(messages) >= count:
            return messages
        await asyncio.sleep(0.2)
    pytest.fail(f"fewer than {count} messages came")


def publish(bootstrap: str, topic: str, *values: bytes | None) -> None:
    producer = Producer(producer_config(bootstrap))
    for value in values:
        producer.produce(topic, value, key=b"\xff\x00", headers=[("ce_id", b"\xfe"), ("ce_id", b"2")])
    assert producer.flush(30) == 0


async def test_stages_hand_on_bytes_as_they_are(
    broker: Broker, topics: tuple[str, str, str], tmp_path: Path
) -> None:
    first, second, third = topics
    publish(broker.bootstrap, first, b"\x00\xff", None, b"")
    apps = [
        app(broker.bootstrap, tmp_path, first, forward_to(second)),
        app(broker.bootstrap, tmp_path, second, forward_to(third)),
    ]
    stop = asyncio.Event()
    line = asyncio.create_task(serve(apps, stop))
    messages = await come(broker.bootstrap, third, 3)
    stop.set()
    assert await line == 0
    assert [message.value for message in messages] == [b"\x00\xff", None, b""]
    assert {message.key for message in messages} == {b"\xff\x00"}
    assert {message.headers for message in messages} == {(("ce_id", b"\xfe"), ("ce_id", b"2"))}
    assert [each.health.signs().processed for each in apps] == [3, 3]


async def test_a_crash_in_one_stage_ends_the_line_and_acknowledges_nothing(
    broker: Broker, topics: tuple[str, str, str], tmp_path: Path
) -> None:
    first, second, third = topics
    publish(broker.bootstrap, first, b"1", b"2")

    async def fail(inbound: Inbound) -> Sequence[Outbound]:
        raise Fatal("fenced")

    crashing = app(broker.bootstrap, tmp_path, first, fail)
    other = app(broker.bootstrap, tmp_path, second, forward_to(third))
    assert await serve([crashing, other], asyncio.Event()) == EXIT_CRASHED
    stop = asyncio.Event()
    line = asyncio.create_task(serve([app(broker.bootstrap, tmp_path, first, forward_to(second))], stop))
    assert [message.value for message in await come(broker.bootstrap, second, 2)] == [b"1", b"2"]
    stop.set()
    assert await line == 0


class _Stuck:
    """An app whose client's thread does not end."""

    def __init__(self, *, crashed: bool) -> None:
        self.crashed = crashed

    async def start(self) -> None:
        """Nothing to start."""

    async def wait_until_stopped(self) -> None:
        if not self.crashed:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize(("crashed", "code"), [(True, EXIT_CRASHED), (False, EXIT_NOT_DRAINED)])
async def test_a_client_that_does_not_stop_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, *, crashed: bool, code: int
) -> None:
    codes: list[int] = []
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def end(found: int) -> None:
        codes.append(found)
        loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr("streams.runtime.line.os._exit", end)
    stop = asyncio.Event()
    stop.set()
    apps = cast("list[StageApp]", [_Stuck(crashed=crashed)])
    line = asyncio.create_task(serve(apps, stop, stop_limit_seconds=0.05))
    await asyncio.wait_for(ended.wait(), 30)
    line.cancel()
    assert codes == [code]


async def test_a_line_without_a_broker_ends_by_itself(tmp_path: Path) -> None:
    apps = [app(f"127.0.0.1:{free_port()}", tmp_path, "nowhere", forward_to("nowhere"))]
    assert await serve(apps, asyncio.Event()) == EXIT_CRASHED


def test_records_carry_the_name_of_no_stage_outside_one() -> None:
    record = logging.makeLogRecord({"msg": "hello"})
    assert StageNames().filter(record)
    assert vars(record)["stage"] == ""


def test_debug_lines_of_the_libraries_stay_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        quiet_libraries()
        logging.getLogger("aiokafka.producer").debug("the message itself")
        logging.getLogger("faust").debug("the message itself")
        logging.getLogger("httpx").info("an address that was called")
    assert caplog.text == ""
