"""A worker: any of the stages, together in one process or each in its own.

Agents run as Faust apps in the main thread's loop; settle, record and the delays are confluent-kafka loops in threads.
Whatever cannot go on ends the process with a code that is not zero, and a supervisor starts it again.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.envelope import Message
from schemas.errors import Fatal, SluicegateError
from schemas.topics import DELAYS
from streams.endings import Endings
from streams.mounting import MountedSettle, mount
from streams.runtime.delay_loop import DelayLoop
from streams.runtime.faust_app import RuntimeSettings, StageApp
from streams.runtime.lane_writer import LaneWriter
from streams.runtime.line import EXIT_CRASHED, serve
from streams.runtime.settle_loop import LoopSettings, SettleLoop
from streams.settings import Settings
from streams.topology import STAGES, stage, verify
from streams.wiring import Workshop

log = logging.getLogger(__name__)

RECORD: Final = "record"
DELAY: Final = "delay"
NAMES: Final = (*(each.name for each in STAGES), RECORD, DELAY)

Loop = Callable[[threading.Event], None]
"""A blocking loop that returns once the event is set, and raises Fatal when it cannot go on."""


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
        unknown = set(self.names) - set(NAMES)
        if unknown:
            raise Fatal("unknown_stage", ", ".join(sorted(unknown)))
        self._workshop = Workshop(self.settings)

    def run(self) -> int:
        """Block until SIGTERM, SIGINT or a failure; return the exit code."""
        return asyncio.run(self._run())

    async def _run(self) -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        threads = [
            self._thread(name, each, lambda: loop.call_soon_threadsafe(stop.set))
            for name, each in self._loops()
        ]
        apps = [self._app(name) for name in self.names if self._is_agent(name)]
        code = await serve(apps, stop) if apps else await _until(stop)
        self._stop.set()
        await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))
        return code or self.exit_code

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
        return SettleLoop(processor, LoopSettings(broker.bootstrap, broker.group_prefix, broker.session)).run

    def _delay(self) -> Loop:
        broker = self.settings.broker
        endings = Endings(DELAY, dict.fromkeys(DELAYS, Message), self._workshop.clock)
        group = broker.group_prefix + DELAY
        return DelayLoop(broker.bootstrap, tuple(DELAYS), group, broker.session, bury=endings.bury).run

    def _record(self) -> Loop:
        from streams.recording import Recording  # noqa: PLC0415 - the store's client is loaded only where it is used

        return Recording(self.settings).run

    def _thread(self, name: str, run: Loop, failed: Callable[[], object]) -> threading.Thread:
        def body() -> None:
            try:
                run(self._stop)
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


async def _until(stop: asyncio.Event) -> int:
    await stop.wait()
    return 0
