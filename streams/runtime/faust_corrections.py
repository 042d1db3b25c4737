"""Corrections to faust-streaming 0.15 and its aiokafka driver, applied to one app by `apply`.

Stock behaviour, read in its source and measured, that loses or repeats events, and what is done here instead:

- A commit may pass a message still in flight (issue 606 of faust-streaming), so a crash loses it. Here a commit ends
  below the first message that was taken up and not acknowledged.
- A message let go of unacknowledged can vanish from the set that guards the commit when it is garbage collected.
  Here it stays until acknowledged, or is given back and keeps guarding.
- What was acknowledged since the last commit is forgotten on revocation, and repeated. Here it is committed.
- Consumed offsets of a former assignment survive into the next. Here every assignment starts from nothing.
- Stopping after a crash waits for a commit by a thread that has ended. Here nothing is committed after a crash.
- Trailing transaction markers are never committed, so lag never reaches zero. Here an idle position is.
- Reads are uncommitted, a fetch waits 1.5 s at the broker (a broker that does not wake waiting fetches adds that to
  every hop), and several topics are not assigned together. Here: committed, as told, by range.
- Partitions run as soon as they are assigned. Here they can be held until the stage's state has been rebuilt.
- A fetch under way at a rebalance takes records of the new assignment and drops them. Here it puts them back.
- One record with a header whose name is not UTF-8 ends the consumer at every try. Here it is read (`header_names`).
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import faust
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.futures import notify

from schemas.errors import Fatal
from streams.runtime import header_names

SUPPORTED = "0.15."


def apply(app: faust.App, *, fetch_wait_seconds: float = 0.1, hold: bool = False) -> None:
    """Give `app` the corrected transport, before it is started. Applying it again changes nothing.

    Args:
        app: an app of the aiokafka driver.
        fetch_wait_seconds: the longest that the broker may sit on a fetch without data.
        hold: keep newly assigned partitions paused until `CorrectedConsumer.release` is called for them.

    Raises:
        Fatal: `faust_unsupported` when another release series of faust-streaming is installed: each correction
            relies on internals and has to be checked anew.
    """
    _require_supported(version("faust-streaming"))
    header_names.install()
    if not isinstance(app.transport, CorrectedTransport):
        app.transport = CorrectedTransport(app, fetch_wait_seconds, hold)


def _require_supported(found: str) -> None:
    if not found.startswith(SUPPORTED):
        raise Fatal("faust_unsupported", f"the corrections are for faust-streaming {SUPPORTED}x")


class CorrectedThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The consumer's own thread, which holds the aiokafka client."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = int(transport.fetch_wait_seconds * 1000)  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._partition_assignment_strategy = [RangePartitionAssignor]  # noqa: SLF001
        return consumer

    async def stop(self) -> None:
        await super().stop()
        if self._thread is None:  # never started: nothing else would close its loop
            self.thread_loop.close()

    async def _fetch_records(self, consumer: Any, active_partitions: set[TP], **limits: Any) -> Any:
        """Fetch for the partitions active now: stock passes on a set that changes, and aiokafka takes an empty one for all.

        A fetch outlasts a rebalance, and then takes records of partitions that are held, which nobody would deliver.
        """
        active, flowing = frozenset(active_partitions), self.consumer.flow_active
        assignment, stops = _assignment(consumer), self.consumer.stops
        records = await super()._fetch_records(consumer, active, **limits) if active else {}
        if _assignment(consumer) is not assignment or self.consumer.stops != stops:
            _put_back(consumer, records)
            return {}
        if flowing and not records:
            self.consumer.idle_at = _positions(assignment, active)
        return records


def _assignment(consumer: Any) -> Any:
    subscription = consumer._subscription.subscription  # noqa: SLF001
    return subscription.assignment if subscription else None


def _put_back(consumer: Any, records: Mapping[TP, Sequence[Any]]) -> None:
    """Read these records again, which nobody has seen yet."""
    for tp, taken in records.items():
        consumer.seek(tp, taken[0].offset)


def _positions(assignment: Any, partitions: Iterable[TP]) -> dict[TP, int]:
    """Return how far each partition was read, markers and aborted records included."""
    if assignment is None:
        return {}
    states = {tp: assignment.state_value(tp) for tp in list(partitions)}
    return {tp: state.position for tp, state in states.items() if state and state.has_valid_position}


class CorrectedConsumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer with a commit that never passes a message taken up and not acknowledged.

    Messages of a partition are taken up in the order of their offsets, so below the first unacknowledged one
    everything is done: neither runs of offsets nor gaps between them need to be known.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unacked_messages: set[Any] = set()
        self._given_back: dict[TP, int] = {}
        self._delivered: dict[TP, int] = {}
        self._held: set[TP] = set()
        self.idle_at: dict[TP, int] = {}
        self.stops = 0

    def _new_consumer_thread(self) -> CorrectedThread:
        return CorrectedThread(self, loop=self.loop, beacon=self.beacon)

    def stop_flow(self) -> None:
        self.stops += 1
        super().stop_flow()

    def give_back(self, message: Any) -> None:
        """Let go of a message unprocessed: no commit passes it until the partition is assigned again."""
        tp = message.tp
        self._given_back[tp] = min(message.offset, self._given_back.get(tp, message.offset))
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)

    def release(self, tps: Iterable[TP]) -> None:
        """Let held partitions flow."""
        ready = set(tps)
        self._held -= ready
        self.resume_partitions(ready)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        super().resume_partitions(set(tps) - self._held)

    def on_buffer_drop(self, tp: TP) -> None:
        if tp not in self._held:
            super().on_buffer_drop(tp)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Drain with the books still open: stock closes them first and so cannot commit what is acknowledged."""
        self._active_partitions -= revoked
        self._paused_partitions -= revoked
        await self._on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._forget()
        self.stop_flow()  # until recovery has sought the committed offsets; stock lets an empty member run on
        self._held = set(assigned) if self.transport.hold else set()
        self._paused_partitions.update(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    def _forget(self) -> None:
        for book in (self._gap, self._acked, self._acked_index, self._read_offset, self._committed_offset):
            book.clear()
        for own in (self._given_back, self._delivered, self._unacked_messages, self._buffered_partitions):
            own.clear()
        self.idle_at = {}

    def _to_message(self, tp: TP, record: Any) -> Any:
        self._delivered[tp] = record.offset + 1
        return super()._to_message(tp, record)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Keep no gaps: `_new_offset` does not need them."""

    def _new_offset(self, tp: TP) -> int | None:
        acked: list[int] = self._acked[tp]
        if not acked:
            return None
        safe = min([*self._unfinished(tp), max(acked) + 1])
        acked[:] = [offset for offset in acked if offset >= safe]
        self._acked_index[tp] = set(acked)
        return safe

    def _unfinished(self, tp: TP) -> list[int]:
        """Return the offsets that no commit may pass."""
        returned = [self._given_back[tp]] if tp in self._given_back else []
        return returned + [m.offset for m in self._unacked_messages if m.tp == tp and not m.acked]

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is safe. Not after a crash, when the thread that would do it may be gone: it would wait for ever."""
        if self.crashed:
            return False
        committed: bool = await super().commit(topics, start_new_transaction)
        return committed

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        offsets: dict[TP, int] = super()._filter_committable_offsets(tps)
        idle = {
            tp: at
            for tp, at in self.idle_at.items()
            if tp not in offsets and self._is_behind_only_markers(tp, at)
        }
        return offsets | idle

    def _is_behind_only_markers(self, tp: TP, idle_at: int) -> bool:
        committed = self._committed_offset[tp] or 0
        return (
            idle_at > committed
            and self._delivered.get(tp, committed) == committed
            and not self._unfinished(tp)
        )


class CorrectedTransport(driver.Transport):  # type: ignore[misc]
    """The aiokafka transport with the corrected consumer."""

    Consumer = CorrectedConsumer

    def __init__(self, app: faust.App, fetch_wait_seconds: float, hold: bool) -> None:
        super().__init__(app.conf.broker_consumer, app)
        self.fetch_wait_seconds = fetch_wait_seconds
        self.hold = hold
