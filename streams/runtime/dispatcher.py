"""The keyed dispatcher: events of one key in order, different keys overlapping.

An event is acknowledged only after the broker has acknowledged everything it led to. What fails becomes an event
(a dead letter or a delayed copy); what cannot even be written ends the worker, unacknowledged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from schemas.errors import Fatal, Unprocessable
from schemas.wire import Inbound, Outbound
from streams.runtime.contracts import AgentSpec, Failure, Writer
from streams.runtime.faults import failure_of, log_error
from streams.runtime.gate import Gate, first_of
from streams.runtime.health import Health
from streams.runtime.tries import Backoff, Tries

Crash = Callable[[Fatal], Awaitable[None]]
"""Ends the worker; nothing that is not yet acknowledged may be acknowledged afterwards."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message taken up, with the two ways to let go of it.

    Attributes:
        acknowledge: the message is done; its offset may be committed.
        give_back: the message was not processed; no commit may pass it.
    """

    inbound: Inbound
    acknowledge: Callable[[], object]
    give_back: Callable[[], object]


class _Drained(Exception):
    """The stage is draining or has crashed: the event goes back, nothing of it written."""


class Dispatcher:
    """Runs one stage's handler over deliveries; independent of Faust.

    `take` is awaited once per delivery, in the order of the offsets. For one event loop.
    """

    def __init__(
        self,
        spec: AgentSpec,
        writer: Writer,
        crash: Crash,
        *,
        gate: Gate | None = None,
        health: Health | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.health = health or Health()
        self.gate = gate or Gate()
        self._spec = spec
        self._writer = writer
        self._crash = crash
        self._backoff = backoff or Backoff()
        self._tails: dict[bytes, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._draining = asyncio.Event()
        self._impatient = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None
        self._crashed = False

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    async def take(self, delivery: Delivery) -> None:
        """Start on a delivery as soon as the gate is open and there is room, or give it back when draining."""
        self.health.taken()
        try:
            admitted = await self._admitted()
        except BaseException:
            self._give_back(delivery)
            raise
        if admitted:
            self._start(delivery)
        else:
            self._give_back(delivery)

    def drain(self, patience_seconds: float = 0.0) -> None:
        """Take up nothing more, and let what was taken up finish.

        After `patience_seconds` what is still queued behind its key, or waits for another try, is given back. That
        bounds the drain by one call of the handler; the price is that events done behind one given back repeat.
        """
        self.resume()
        self._draining.set()
        self._patience = asyncio.get_running_loop().call_later(patience_seconds, self._impatient.set)

    def resume(self) -> None:
        """Take up events again after a drain."""
        self._draining.clear()
        self._impatient.clear()
        if self._patience is not None:
            self._patience.cancel()

    async def finished(self) -> None:
        """Return once nothing is in flight."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _admitted(self) -> bool:
        while await self.gate.passed(self._draining):
            if len(self._tasks) < self._spec.in_flight:
                return True
            self._room.clear()
            await first_of(self._room, self._draining)
        return False

    def _start(self, delivery: Delivery) -> None:
        key = self._ordering_key(delivery.inbound)
        task = asyncio.get_running_loop().create_task(self._run(delivery, self._tails.get(key)))
        self._tails[key] = task
        self._tasks.add(task)
        # No partial: it would show the key, which a publisher chose, wherever asyncio logs the task.
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: bytes, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._tails.get(key) is task:
            del self._tails[key]
        self._room.set()

    def _ordering_key(self, inbound: Inbound) -> bytes:
        try:
            return self._spec.key(inbound)
        except Exception as error:  # noqa: BLE001 - what has no readable key will fail, and be buried, in the handler
            log_error(self._spec.name, "no ordering key", error)
            return inbound.key or b""

    def _give_back(self, delivery: Delivery) -> None:
        delivery.give_back()
        self.health.given_back()

    async def _run(self, delivery: Delivery, before: asyncio.Task[None] | None) -> None:
        failed = None
        try:
            if before is not None:
                await asyncio.wait([before])
            await self._process(delivery)
        except _Drained:
            self._give_back(delivery)
        except Exception as error:  # noqa: BLE001 - whatever it is, going on would acknowledge past it
            self._give_back(delivery)
            failed = self._as_fatal(error)
        except BaseException:
            self._give_back(delivery)
            raise
        # Out of the handler: the log of the crash must not repeat what was raised.
        if failed is not None and not self._crashed:
            self._crashed = True
            await self._crash(failed)

    def _as_fatal(self, error: Exception) -> Fatal:
        if isinstance(error, Fatal):
            return error
        log_error(self._spec.name, "outputs not written", error)
        return Fatal("outputs_not_written", type(error).__name__)

    async def _process(self, delivery: Delivery) -> None:
        if self._crashed or self._impatient.is_set():
            raise _Drained
        outcome = await self._outcome(delivery.inbound)
        if self._crashed:
            raise _Drained
        buried = await self._write(delivery.inbound, outcome)
        delivery.acknowledge()
        self.health.finished(buried=buried)

    async def _write(self, inbound: Inbound, outcome: Sequence[Outbound] | Failure) -> bool:
        if not isinstance(outcome, Failure):
            try:
                await self._writer.write(inbound.partition, outcome)
            except Unprocessable as error:  # an output no broker would take: found before anything was sent
                outcome = failure_of(error, attempts=1)
            else:
                return False
        await self._writer.write(inbound.partition, self._spec.bury(inbound, outcome))
        return True

    async def _outcome(self, inbound: Inbound) -> Sequence[Outbound] | Failure:
        tries = Tries(self._spec.name, self._spec.attempts, self._backoff)
        while True:
            try:
                return await self.health.metered(self._spec.handle(inbound))
            except Exception as error:  # noqa: BLE001 - sorted by class
                decided = tries.failed(error)
            if isinstance(decided, Failure):
                return decided
            await self._wait(decided)

    async def _wait(self, seconds: float) -> None:
        self.health.retried()
        try:
            await asyncio.wait_for(self._impatient.wait(), seconds)
        except TimeoutError:
            return
        raise _Drained
