"""Runs the apps of one or several stages in one process: started together, drained together, ending together."""

import asyncio
import logging
import os
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

from streams.runtime.faust_app import EXIT_NOT_DRAINED, StageApp

log = logging.getLogger(__name__)

EXIT_CRASHED: Final = 1
START_SECONDS: Final = 5.0
STOP_LIMIT_SECONDS: Final = 30.0
"""What stopping all apps may take: more than their start and drain limits, less than a client's own time-outs."""

_LIBRARIES = ("aiokafka", "faust", "mode", "kafka")
_stage: ContextVar[str] = ContextVar("stage", default="")


async def serve(
    apps: Sequence[StageApp], stop: asyncio.Event, stop_limit_seconds: float = STOP_LIMIT_SECONDS
) -> int:
    """Run apps until `stop` is set or one of them crashes; return once all have drained.

    Standard output and error are left alone and logging is the caller's; see `StageNames`.

    Returns:
        0 after `stop`, `EXIT_CRASHED` after a crash. A drain that takes too long ends the process with
        `faust_app.EXIT_NOT_DRAINED` instead of returning; so does a client that does not stop within
        `stop_limit_seconds`, after a crash with `EXIT_CRASHED`.
    """
    quiet_libraries()
    starting = [asyncio.create_task(_start(app)) for app in apps]
    endings = [asyncio.create_task(app.wait_until_stopped()) for app in apps]
    stopping = asyncio.create_task(stop.wait())
    try:
        await _first_ending(starting, [stopping, *endings])
    finally:
        watchdog = _watch(apps, stop_limit_seconds)
        asked = stop.is_set()
        failed = _failed_to_start(apps, starting)
        stops = await asyncio.gather(*map(_stop, apps, starting), return_exceptions=True)
        for task in (*starting, *endings, stopping):
            task.cancel()
        await asyncio.gather(*starting, *endings, stopping, return_exceptions=True)
        if not any(isinstance(each, BaseException) for each in stops):
            watchdog.cancel()  # else a thread may be left that keeps the process
    crashed = any(app.crashed for app in apps)
    return EXIT_CRASHED if crashed or failed or not asked else 0


def _watch(apps: Sequence[StageApp], limit_seconds: float) -> threading.Timer:
    """Start the clock that ends the process: a client's thread that hangs would keep a worker that is no use any more."""

    def end() -> None:
        log.critical("not stopped in %g s: ending the process", limit_seconds)
        os._exit(EXIT_CRASHED if any(app.crashed for app in apps) else EXIT_NOT_DRAINED)

    timer = threading.Timer(limit_seconds, end)
    timer.daemon = True
    timer.start()
    return timer


async def _start(app: StageApp) -> None:
    _stage.set(app.spec.name)
    await app.start()


async def _stop(app: StageApp, starting: asyncio.Task[None]) -> None:
    """Stop an app; one that is still starting first gets a while, as Faust does not survive being stopped then."""
    if not starting.done():
        await asyncio.wait([starting], timeout=START_SECONDS)
    await app.stop()


async def _first_ending(
    starting: Sequence[asyncio.Task[None]], endings: Sequence[asyncio.Task[object]]
) -> None:
    """Return when something has ended, or could not start. Having started is not an ending."""
    waiting: set[asyncio.Task[object]] = {*starting, *endings}
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if any(task in endings or task.exception() is not None for task in done):
            return


def _failed_to_start(apps: Sequence[StageApp], starting: Sequence[asyncio.Task[None]]) -> bool:
    failed = False
    for app, task in zip(apps, starting, strict=True):
        if task.done() and (error := task.exception()) is not None:
            log.critical("%s: could not start: %s", app.spec.name, type(error).__name__)
            failed = True
    return failed


class StageNames(logging.Filter):
    """Gives each record the attribute `stage`: the name of the stage whose task logged it, else empty."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.stage = _stage.get()
        return True


def quiet_libraries() -> None:
    """Keep out of every log the debug lines of the Kafka libraries, which quote messages, and addresses that were called."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)
