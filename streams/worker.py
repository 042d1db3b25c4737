"""A worker: any of the stages, together in one process or each in its own.

Agents run as Faust apps in the main thread's loop; settle, record and the delays are confluent-kafka loops in threads.
Whatever cannot go on ends the process with a code that is not zero, and a supervisor starts it again.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from schemas.envelope import Message
from schemas.errors import Fatal, Retryable, SluicegateError
from schemas.topics import DELAYS
from streams.endings import Endings, delayable
from streams.heartbeat import BEAT_SECONDS, HeartbeatFile, StageSigns
from streams.knowledge.follower import Follower
from streams.knowledge.holding import REASON, hold
from streams.mounting import MountedSettle, mount
from streams.probe import any_listens
from streams.runtime.delay_loop import DelayLoop
from streams.runtime.faust_app import RuntimeSettings, StageApp
from streams.runtime.health import Health, VitalSigns
from streams.runtime.lane_writer import LaneWriter
from streams.runtime.line import EXIT_CRASHED, serve
from streams.runtime.settle_loop import LoopSettings, SettleLoop
from streams.settings import Settings
from streams.topology import STAGES, stage, verify
from streams.wiring import Workshop

log = logging.getLogger(__name__)

GROUND: Final = "ground"
KNOWLEDGE: Final = "knowledge"
RECORD: Final = "record"
DELAY: Final = "delay"
NAMES: Final = (*(each.name for each in STAGES), RECORD, DELAY)


class Loop(Protocol):
    """A blocking loop beside the agents."""

    def run(self, stop: threading.Event) -> None:
        """Return once the event is set; raise Fatal when it cannot go on."""


@dataclass
class Worker:
    """Runs the named stages until told to stop.

    Raises:
        Fatal: on construction, for an unknown name or a missing part.
    """

    names: Sequence[str]
    settings: Settings
    exit_code: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        verify()
        unknown = sorted(set(self.names) - set(NAMES))
        if unknown:
            raise Fatal("unknown_stage", f"{', '.join(unknown)}; known are {', '.join(NAMES)}")
        self._workshop = Workshop(self.settings)

    def run(self) -> int:
        """Block until SIGTERM, SIGINT or a failure; return the exit code.

        Raises:
            Fatal: a part is missing; nothing has run then.
            Retryable: `broker_unreachable` at the start.
        """
        return asyncio.run(self._run())

    async def _run(self) -> int:
        """Make every part before the first of them runs, so that what is missing leaves nothing half started."""
        loops = self._loops()
        apps = [self._app(name) for name in self.names if self._is_agent(name)]
        if not any_listens(self.settings.broker.bootstrap):  # confluent-kafka would wait for it in silence
            raise Retryable("broker_unreachable", f"nothing listens at {self.settings.broker.bootstrap}")
        stop = self._stopped_by_signals()
        failed = partial(asyncio.get_running_loop().call_soon_threadsafe, stop.set)
        follower = self._follower(apps)
        beside = [*loops, *([(KNOWLEDGE, follower)] if follower else [])]
        threads = [self._thread(name, each, failed) for name, each in beside]
        warming = asyncio.create_task(self._workshop.warm_up())  # while the groups form
        warming.add_done_callback(lambda task: stop.set() if task.exception() else None)
        beating = asyncio.create_task(self._beat(apps, dict(loops), warming, follower))
        try:
            code = await serve(apps, stop) if apps else await _until(stop)
        finally:
            self._stop.set()
            await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))
            beating.cancel()
            await self._workshop.close()
        await warming
        return code or self.exit_code

    def _stopped_by_signals(self) -> asyncio.Event:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return stop

    def _follower(self, apps: Sequence[StageApp]) -> Follower | None:
        """Return what keeps the index that ground answers from; ground waits for it."""
        ground = next((app for app in apps if app.spec.name == GROUND), None)
        if ground is None:
            return None
        follower = self._workshop.follower
        follower.loop = asyncio.get_running_loop()
        ground.gate.close(REASON)
        self._holding = asyncio.create_task(
            hold(ground.gate, follower, self.settings.knowledge.max_stale_seconds)
        )
        return follower

    async def _beat(
        self,
        apps: Sequence[StageApp],
        loops: Mapping[str, Loop],
        warming: asyncio.Task[None],
        follower: Follower | None,
    ) -> None:
        file = HeartbeatFile(self.settings.state_dir)
        try:
            while True:
                waits = {GROUND} if follower is not None and not follower.ready else set()
                agents = (
                    signs_of(
                        app.spec.name, app, warming.done() and app_ready(app) and app.spec.name not in waits
                    )
                    for app in apps
                )
                others = (signs_of(name, each, loop_ready(each)) for name, each in loops.items())
                file.write((*agents, *others), follower.signs() if follower is not None else None)
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            file.remove()

    def _is_agent(self, name: str) -> bool:
        return name not in {RECORD, DELAY} and stage(name).runs != "transactional"

    def _app(self, name: str) -> StageApp:
        declared = stage(name)
        spec = mount(declared, self._workshop.processor(name), self._workshop.clock)  # type: ignore[arg-type]
        broker = self.settings.broker
        runtime = RuntimeSettings(
            bootstrap=broker.bootstrap,
            datadir=self.settings.state_dir / "faust",
            group_prefix=broker.group_prefix,
            session_timeout_seconds=broker.session_timeout_seconds,
            heartbeat_seconds=broker.heartbeat_seconds,
            fetch_wait_seconds=broker.fetch_wait_seconds,
        )
        lanes = LaneWriter(broker.bootstrap, broker.group_prefix + name) if spec.fenced else None
        return StageApp(spec, runtime, lanes=lanes)

    def _loops(self) -> list[tuple[str, Loop]]:
        makers: dict[str, Callable[[], Loop]] = {
            "settle": self._settle,
            RECORD: self._record,
            DELAY: self._delay,
        }
        return [(name, makers[name]()) for name in self.names if name in makers]

    def _settle(self) -> Loop:
        processor = MountedSettle(stage("settle"), self._workshop.settle(), self._workshop.clock)
        broker = self.settings.broker
        return SettleLoop(processor, LoopSettings(broker.bootstrap, broker.group_prefix, broker.session))

    def _delay(self) -> Loop:
        broker = self.settings.broker
        endings = Endings(DELAY, dict.fromkeys(DELAYS, Message), self._workshop.clock)
        group = broker.group_prefix + DELAY
        targets = delayable(cls for each in STAGES for cls in each.consumes)
        return DelayLoop(
            broker.bootstrap, tuple(DELAYS), group, broker.session, targets=targets, bury=endings.bury
        )

    def _record(self) -> Loop:
        from streams.recording import Recording  # noqa: PLC0415 - the store's client is loaded only where it is used

        return Recording(self.settings)

    def _thread(self, name: str, loop: Loop, failed: Callable[[], object]) -> threading.Thread:
        def body() -> None:
            try:
                loop.run(self._stop)
            except SluicegateError as error:
                log.critical("%s: %s", name, error)
                self.exit_code = EXIT_CRASHED
            except Exception as error:  # noqa: BLE001 - its text may hold a value; its class does not
                log.critical("%s: %s", name, type(error).__name__)
                self.exit_code = EXIT_CRASHED
            finally:
                failed()

        thread = threading.Thread(target=body, name=name)
        thread.start()
        return thread


def app_ready(app: StageApp) -> bool:
    """Tell whether an agent holds partitions, has rebuilt its state and takes up events."""
    if not app.started:
        return False
    consumer = app.consumer
    taken = consumer._active_partitions or consumer._buffered_partitions  # noqa: SLF001
    return bool(taken) and consumer.flow_active and not consumer._paused_partitions  # noqa: SLF001


def loop_ready(loop: Loop) -> bool:
    """Tell whether a loop works; one that does not say so works from the start."""
    return bool(getattr(loop, "ready", True))


def signs_of(name: str, part: object, ready: bool) -> StageSigns:
    """Return a stage's vital signs as a heartbeat carries them."""
    health = getattr(part, "health", None)
    signs = health.signs() if isinstance(health, Health) else VitalSigns()
    return StageSigns(
        name=name,
        ready=ready,
        processed=signs.processed,
        buried=signs.buried,
        retried=signs.retried,
        in_flight=signs.in_flight,
        last_activity=signs.last_activity,
    )


async def _until(stop: asyncio.Event) -> int:
    await stop.wait()
    return 0
