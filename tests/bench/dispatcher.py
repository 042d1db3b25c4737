"""A stage of the runtime with a handler that only copies, against plain Faust and against confluent-kafka alone."""

import asyncio
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from schemas.wire import Inbound, Outbound
from streams.embedded.broker import EmbeddedBroker
from streams.publishing import publish
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.faust_app import RuntimeSettings, StageApp
from streams.runtime.line import quiet_libraries, serve
from tests.bench import bare
from tests.bench.figures import Measure, Report, rates
from tests.bench.processes import Laps, alone

UNIT = "messages/CPU s"
KEYS = 500
VALUE_BYTES = 900
SOURCE, TARGET = "bench.source", "bench.target"


def measure(size: int, runs: int) -> Report:
    """Copy `size` messages a run with each, reading the same topic, each in a process of its own."""
    with TemporaryDirectory() as folder, EmbeddedBroker(Path(folder)) as broker:
        for topic in (SOURCE, TARGET):
            bare.copy_topic(broker.bootstrap, topic)
        everything = size * (runs + 2)
        publish(broker.bootstrap, _messages(everything))
        route = bare.Route(broker.bootstrap, broker.pid or 0, SOURCE, TARGET)
        loops = alone(bare.forwarded, route, everything, runs, parse=False)
        plain = rates(size, alone(_plain, broker.bootstrap, folder, size, runs))
        ours = rates(size, alone(_stage, broker.bootstrap, folder, size, runs))
    loop = Measure("bare loop", UNIT, rates(everything, (spent.own for spent in loops)))
    faust = Measure("plain Faust agent", UNIT, plain, loop)
    measures = (
        Measure("stage of the runtime", UNIT, ours, faust),
        Measure("stage of the runtime, against the loop", UNIT, ours, loop),
        faust,
        loop,
    )
    return Report("dispatcher", size, runs, measures, _NOTES)


def _messages(count: int) -> list[Outbound]:
    dice = random.Random(20)  # compresses no better than JSON does
    values = [dice.randbytes(VALUE_BYTES // 3).hex().encode() for _ in range(KEYS)]
    return [Outbound(SOURCE, f"key-{n % KEYS}".encode(), values[n % KEYS]) for n in range(count)]


def _stage(bootstrap: str, folder: str, size: int, runs: int) -> list[float]:
    return asyncio.run(_run_stage(RuntimeSettings(bootstrap, Path(folder), "bench."), Laps(size, runs)))


async def _run_stage(settings: RuntimeSettings, laps: Laps) -> list[float]:
    stop = asyncio.Event()

    async def copy(inbound: Inbound) -> Sequence[Outbound]:
        laps.count()
        if laps.complete:
            stop.set()
        return (Outbound(TARGET, inbound.key, inbound.value),)

    spec = AgentSpec("copy", (SOURCE,), copy, _bury, lambda inbound: inbound.key or b"")
    await serve([StageApp(spec, settings)], stop)
    return laps.seconds()


def _bury(inbound: Inbound, failure: Failure) -> Sequence[Outbound]:
    raise AssertionError(f"{inbound.topic}: {failure.reason}")


def _plain(bootstrap: str, folder: str, size: int, runs: int) -> list[float]:
    logging.getLogger().setLevel(logging.ERROR)
    return asyncio.run(_run_plain(bootstrap, Path(folder), Laps(size, runs)))


async def _run_plain(bootstrap: str, folder: Path, laps: Laps) -> list[float]:
    import faust  # noqa: PLC0415 - loaded in the measured process only

    stop = asyncio.Event()
    app = faust.App(
        "bench-plain",
        broker=f"kafka://{bootstrap}",
        datadir=folder / "plain",
        key_serializer="raw",
        value_serializer="raw",
        broker_session_timeout=6.0,  # as soon as the embedded broker completes a join
        broker_heartbeat_interval=1.0,
        topic_disable_leader=True,
        web_enabled=False,
    )
    target = app.topic(TARGET, key_type=bytes, value_type=bytes)

    async def copy(stream: Any) -> None:
        async for event in stream.events():
            await target.send(key=event.key, value=event.value)
            laps.count()
            if laps.complete:
                stop.set()

    app.agent(app.topic(SOURCE, key_type=bytes, value_type=bytes))(copy)
    quiet_libraries()
    await app.start()
    await stop.wait()
    await app.stop()
    return laps.seconds()


_NOTES = (
    "all read the same topic and write each message once; the broker's processor time is not counted",
    "the stage keeps the order of each key, 64 in flight, and acknowledges once the broker has the output",
    "plain Faust takes one message after the other and waits for the broker only when it commits",
)
