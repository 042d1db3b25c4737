"""One stage as one Faust application, that is one consumer group: bytes in, bytes out, no Faust tables."""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import faust
from faust.types import TP

from schemas.errors import Fatal
from schemas.wire import Headers, Inbound, Outbound
from streams.runtime import faust_corrections
from streams.runtime.contracts import AgentSpec, Writer
from streams.runtime.copartition import copartitioned
from streams.runtime.dispatcher import Delivery, Dispatcher
from streams.runtime.gate import Gate
from streams.runtime.health import Health
from streams.runtime.lane import CLIENT_LIMIT_BYTES, refuse_oversized
from streams.runtime.readback import read_back_many
from streams.runtime.record_time import record_time
from streams.runtime.restore import Lanes, ReadBack, Restoration

log = logging.getLogger(__name__)

EXIT_NOT_DRAINED: Final = 75
"""The process ended because work in flight outlived the drain limit; nothing of it was acknowledged."""


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """How a stage's worker talks to its broker.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        datadir: where Faust keeps its (unused) files; made when missing.
        group_prefix: put before a stage's name to give its consumer group.
        session_timeout_seconds: silence after which the broker gives a worker up.
        rebalance_timeout_seconds: how long the broker waits for workers to drain; more than the drain limit.
        fetch_wait_seconds: the longest that the broker sits on a fetch without data.
        drain_limit_seconds: what work in flight may take on revocation and shutdown before the process ends.
        buffer_events: events read ahead of the stage.
    """

    bootstrap: str
    datadir: Path
    group_prefix: str = "sluicegate."
    session_timeout_seconds: float = 6.0
    heartbeat_seconds: float = 1.0
    rebalance_timeout_seconds: float = 60.0
    commit_interval_seconds: float = 1.0
    fetch_wait_seconds: float = 0.1
    drain_limit_seconds: float = 10.0
    buffer_events: int = 2048


class StageApp(faust.App):  # type: ignore[misc]
    """Runs the agent of one stage; `streams.runtime.line` runs one or several of these in a process.

    Build it in the thread whose event loop will run it. What the worker cannot recover from (a failed fold, an
    unwritable output, a fenced lane) crashes the app: nothing further is acknowledged.

    Args:
        spec: the stage.
        settings: of the broker and the worker.
        writer: writes outputs; by default the app's own producer, or the lanes of a fenced stage.
        lanes: the fenced writer that `spec.fenced` requires.
        read_back: reads a fold's topics.
        gate: closed while the stage must not take up events.

    Raises:
        Fatal: `lanes_missing` when the stage is fenced and no lanes are given; `faust_unsupported`.
    """

    def __init__(
        self,
        spec: AgentSpec,
        settings: RuntimeSettings,
        *,
        writer: Writer | None = None,
        lanes: Lanes | None = None,
        read_back: ReadBack = read_back_many,
        gate: Gate | None = None,
    ) -> None:
        if spec.fenced and lanes is None:
            raise Fatal("lanes_missing", spec.name)
        settings.datadir.mkdir(parents=True, exist_ok=True)
        super().__init__(settings.group_prefix + spec.name, **_options(spec, settings))
        self.spec = spec
        self.health = Health()
        self.gate = gate or Gate()
        self._runtime = settings
        self._lanes = lanes if spec.fenced else None
        self._restoration = Restoration(settings.bootstrap, spec.fold, self._lanes, read_back)
        self._writer = writer or self._lanes or FaustWriter(self)
        self.dispatcher = Dispatcher(spec, self._writer, self._crashed_by, gate=self.gate, health=self.health)
        faust_corrections.apply(
            self, fetch_wait_seconds=settings.fetch_wait_seconds, hold=self._restoration.needed
        )
        topic = self.topic(*spec.topics, key_type=bytes, value_type=bytes, allow_empty=True)
        self.agent(topic, name=spec.name)(self._consume)

    @property
    def shortlabel(self) -> str:
        return self.spec.name

    async def on_stop(self) -> None:
        with self._draining():
            await super().on_stop()
            if self._lanes is not None:
                await self._lanes.close()

    async def _crashed_by(self, error: Fatal) -> None:
        log.critical("%s: crashed: %s", self.spec.name, error)
        await self.crash(error)

    async def _consume(self, stream: Any) -> None:
        events: AsyncIterable[Any] = stream.noack().events()
        async for event in events:
            await self.dispatcher.take(self._delivery(event))

    def _delivery(self, event: Any) -> Delivery:
        message = event.message
        return Delivery(inbound_of(message), event.ack, lambda: self.consumer.give_back(message))

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        with self._draining():
            await super()._on_partitions_revoked(revoked)
            # When stopping, Faust returns at once, and work in flight still needs its state.
            if not self.should_stop:
                await self._restoration.revoke()

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        if not self.should_stop:
            self.dispatcher.resume()
            if self._restoration.needed and assigned:
                self.add_future(self._restore(frozenset(assigned)))
        await super()._on_partitions_assigned(assigned, generation_id)

    async def _restore(self, assigned: frozenset[TP]) -> None:
        failed = None
        try:
            if await self._restoration.restore(copartitioned(assigned, self.spec.topics)):
                self.consumer.release(assigned)
        except Fatal as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - a stage without its state must not run
            failed = Fatal("restore_failed", type(error).__name__)
        if failed is not None:
            await self._crashed_by(failed)

    @contextmanager
    def _draining(self) -> Iterator[None]:
        self.dispatcher.drain(self._runtime.drain_limit_seconds / 2)
        timer = threading.Timer(self._runtime.drain_limit_seconds, self._end_undrained)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end_undrained(self) -> None:
        limit, count = self._runtime.drain_limit_seconds, self.dispatcher.in_flight
        log.critical("%s: %d events not drained in %g s: ending unacknowledged", self.spec.name, count, limit)
        os._exit(EXIT_NOT_DRAINED)


class FaustWriter:
    """Writes through an app's producer and waits for the broker's acknowledgement."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:  # noqa: ARG002 - the port's signature
        """Write all outputs; a key goes where murmur2 puts it unless a partition is given.

        Raises:
            Unprocessable: `output_too_large`, before anything is sent.
            Exception: whatever the producer raises.
        """
        refuse_oversized(outputs)
        await asyncio.gather(*[await self._send(output) for output in outputs])

    async def _send(self, output: Outbound) -> Any:
        return await self._app.producer.send(
            output.topic, output.key, output.value, output.partition, None, list(output.headers)
        )


def inbound_of(message: Any) -> Inbound:
    """Return a message of Faust as the stages see it."""
    return Inbound(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers=_headers(message.headers),
        timestamp=record_time(message.timestamp),
    )


def _headers(found: Any) -> Headers:
    pairs = found.items() if isinstance(found, Mapping) else found or ()
    return tuple((name, value or b"") for name, value in pairs)


def _options(spec: AgentSpec, settings: RuntimeSettings) -> dict[str, Any]:
    hosts = ";".join(f"kafka://{host.strip()}" for host in settings.bootstrap.split(","))
    request_timeout = max(settings.session_timeout_seconds, 1.5 * settings.rebalance_timeout_seconds)
    return {
        "broker": hosts,
        "datadir": settings.datadir / spec.name,
        "autodiscover": False,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "processing_guarantee": "at_least_once",
        "broker_session_timeout": settings.session_timeout_seconds,
        "broker_heartbeat_interval": settings.heartbeat_seconds,
        "broker_rebalance_timeout": settings.rebalance_timeout_seconds,
        "broker_request_timeout": request_timeout,
        "broker_commit_interval": settings.commit_interval_seconds,
        "broker_max_poll_records": max(1, settings.buffer_events // 5),
        "stream_buffer_maxsize": settings.buffer_events,
        "stream_wait_empty": True,
        "producer_linger": 0.005,
        "producer_max_batch_size": 262_144,
        "producer_max_request_size": CLIENT_LIMIT_BYTES,
        "producer_acks": -1,
        "producer_request_timeout": 30.0,
        "producer_threaded": False,
        "cython_optimizations": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "table_standby_replicas": 0,
        "web_enabled": False,
    }
