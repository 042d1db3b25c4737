"""A worker process for the experiments: one small stage whose trouble is chosen by a JSON object on the command line.

It forwards each event to the target topic, and ends by printing its vital signs.
"""

import asyncio
import json
import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.wire import Inbound, Outbound
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.faust_app import RuntimeSettings, StageApp
from streams.runtime.lane_writer import LaneWriter
from streams.runtime.line import StageNames, serve
from streams.runtime.readback import read_back_many
from tests.brokers import SESSION

POISON = b"poison"


@dataclass(frozen=True)
class Plan:
    """What the worker does.

    Attributes:
        pace_seconds: a handler takes up to this long.
        slow_share: this share of events takes `slow_seconds` instead.
        stuck: the handler of the event with this value does not return.
        folds: emit each value once, by a fold over the target topic.
        fenced: write through lanes.
        fold_seconds: the fold takes this much longer.
        gate: a file; while it exists the gate is closed.
    """

    bootstrap: str
    datadir: str
    group: str
    source: str
    target: str
    dead: str
    pace_seconds: float = 0.0
    slow_share: float = 0.0
    slow_seconds: float = 0.0
    stuck: str = ""
    folds: bool = False
    fenced: bool = False
    fold_seconds: float = 0.0
    gate: str = ""
    drain_limit_seconds: float = 10.0


class Seen:
    """The values that were emitted already, one set a partition."""

    def __init__(self, topic: str) -> None:
        self.topics = (topic,)
        self.values: dict[int, set[bytes]] = {}

    def build(self, messages: Iterable[Inbound]) -> object:
        return {message.value for message in messages}

    def install(self, partition: int, state: object) -> None:
        assert isinstance(state, set)
        self.values[partition] = state

    def drop(self, partition: int) -> None:
        del self.values[partition]


class Stage:
    """The stage's logic."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seen = Seen(plan.target) if plan.folds else None

    async def handle(self, inbound: Inbound) -> Sequence[Outbound]:
        if inbound.value == POISON:
            raise ValueError("a defect that one event brings out")
        await asyncio.sleep(self._duration(inbound))
        return [self._forward(inbound, self.plan.target)] if self._is_new(inbound) else []

    def bury(self, inbound: Inbound, failure: Failure) -> Sequence[Outbound]:
        del failure
        return [self._forward(inbound, self.plan.dead)]

    def _forward(self, inbound: Inbound, topic: str) -> Outbound:
        return Outbound(topic, inbound.key, inbound.value, inbound.headers, inbound.partition)

    def _duration(self, inbound: Inbound) -> float:
        if inbound.value == self.plan.stuck.encode():
            return 3600
        if random.random() < self.plan.slow_share:
            return self.plan.slow_seconds
        return random.uniform(0, self.plan.pace_seconds)

    def _is_new(self, inbound: Inbound) -> bool:
        if self.seen is None:
            return True
        values = self.seen.values[inbound.partition]
        new = inbound.value not in values
        values.add(inbound.value or b"")
        return new


def brisk(bootstrap: str, datadir: Path, drain_limit_seconds: float = 10.0) -> RuntimeSettings:
    """Return settings with the short session of tests."""
    return RuntimeSettings(
        bootstrap,
        datadir,
        group_prefix="",
        session_timeout_seconds=SESSION.timeout_seconds,
        heartbeat_seconds=SESSION.heartbeat_seconds,
        drain_limit_seconds=drain_limit_seconds,
    )


def build(plan: Plan) -> StageApp:
    stage = Stage(plan)
    spec = AgentSpec(
        plan.group,
        (plan.source,),
        stage.handle,
        stage.bury,
        lambda m: m.key or b"",
        fold=stage.seen,
        fenced=plan.fenced,
    )
    settings = brisk(plan.bootstrap, Path(plan.datadir), plan.drain_limit_seconds)

    def slow_read_back(
        bootstrap: str, topics: Sequence[str], partitions: Sequence[int]
    ) -> dict[int, list[Inbound]]:
        time.sleep(plan.fold_seconds)
        return read_back_many(bootstrap, topics, partitions)

    lanes = LaneWriter(plan.bootstrap, plan.group) if plan.fenced else None
    return StageApp(spec, settings, read_back=slow_read_back, lanes=lanes)


def follow_gate(app: StageApp, path: Path) -> None:
    """Keep the gate closed while the file exists, starting before the app does."""
    if path.exists():
        app.gate.close("test")

    def await_removal() -> None:
        while path.exists():
            time.sleep(0.05)

    async def follow() -> None:
        await asyncio.to_thread(await_removal)
        app.gate.open("test")

    app.task(follow)


async def run(app: StageApp) -> int:
    """Run the app until SIGTERM or until it crashes; return the exit code."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return await serve([app], stop)


def main() -> int:
    names = logging.StreamHandler()
    names.addFilter(StageNames())
    names.setFormatter(logging.Formatter("%(asctime)s %(stage)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[names])
    plan = Plan(**json.loads(sys.argv[1]))
    app = build(plan)
    if plan.gate:
        follow_gate(app, Path(plan.gate))
    status = asyncio.run(run(app))
    print(json.dumps({**asdict(app.health.signs()), "threads": threading.active_count()}), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
