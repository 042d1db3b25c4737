"""An index kept in step with its log, from the offsets it has to the log's end and on.

A record's access list, validity or end holds at once; its passages follow when they have been cut and redacted.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from confluent_kafka.admin import TopicDescription

from schemas.errors import Retryable
from schemas.wire import Inbound
from sinks.knowledge.batch import Batch, LiveIndex, Tombstone, Upsert
from streams.knowledge.backlog import Backlog, Postponed, Prepared
from streams.knowledge.freshness import Freshness, boot_seconds
from streams.knowledge.ledger import Ledger
from streams.knowledge.log import DocumentLog, End, MissedChanges, TopicState, state_of
from streams.knowledge.records import Deleted, Published, Refused, read

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
BUSY_POLL_SECONDS = 0.005
"""While documents are being prepared, which would wait for the next turn."""

COMMIT_SECONDS = 0.15
COMMIT_DOCUMENTS = 256
MAX_BACKLOG_CHARACTERS = 32_000_000
"""Documents waiting for their passages beyond this are left in the log; the index then grows stale by itself."""

_STORE_WAIT_SECONDS = 1.0
_KEEP_SECONDS = 10.0


@dataclass
class Following:
    """Follows one log until told to stop, or until the log no longer tells everything. For one thread.

    Attributes:
        deletions_kept_seconds: how long a deletion stays in the log.
        caught_up: called once the index first holds all that the log says.
    """

    index: LiveIndex
    ledger: Ledger
    source: DocumentLog
    backlog: Backlog
    probe: "Probe"
    freshness: Freshness
    deletions_kept_seconds: float
    caught_up: Callable[[], object]

    def __post_init__(self) -> None:
        self._applying = _Applying(self.index, self.ledger, self.source.positions, self.backlog)
        self._begun_at = boot_seconds()
        self._at_end: float | None = None
        self._complete = False

    def run(self, stop: Event) -> None:
        """Follow.

        Raises:
            MissedChanges: all must be read again.
            Fatal: as the index and the log.
        """
        while not stop.is_set():
            if self._applying.full:  # the store is away: what cannot be kept is not prepared either
                time.sleep(POLL_SECONDS)
            else:
                self._read()
                for outcome in self.backlog.work():
                    self._take_outcome(outcome)
            self._applying.turn()
            self._confirm()

    def _read(self) -> None:
        if self.backlog.characters > MAX_BACKLOG_CHARACTERS:
            time.sleep(POLL_SECONDS)
            return
        for found in self.source.read(BUSY_POLL_SECONDS if self.backlog else POLL_SECONDS):
            if isinstance(found, End):
                self.probe.ended(found.partition)
            else:
                self._take(found)

    def _take(self, inbound: Inbound) -> None:
        record = read(inbound)
        if self.ledger.outdone(record):
            return
        if isinstance(record, Published):
            self.ledger.publish(record)
            self.index.revise(record.document.head, record.stand.place)
            self.backlog.add(record)
        else:
            self._withdraw(record)
        self._applying.touch()

    def _withdraw(self, record: Deleted | Refused) -> None:
        """Let nobody read what a key had, because it ended or because what follows it cannot be taken in."""
        if isinstance(record, Refused):
            log.warning("refused %d/%d: %s", *record.stand.place, record.reason)
            self.ledger.refuse(record)
        else:
            self.ledger.delete(record.key)
        if record.key is not None:
            self.index.remove(*record.key, record.stand.place)
            self.backlog.drop(record.key)
            self._applying.bury(Tombstone(*record.key, record.stand.place))

    def _take_outcome(self, outcome: Prepared | Postponed | Refused) -> None:
        if isinstance(outcome, Prepared):
            record = outcome.record
            self._applying.put(
                Upsert(record.document.head, outcome.passages, record.stand.at, record.stand.place)
            )
        elif isinstance(outcome, Refused):
            self._withdraw(outcome)
        else:  # what it said before is out of date, and what it says now cannot be had
            self.index.remove(*outcome.record.key, outcome.record.stand.place)

    def _confirm(self) -> None:
        """Take note of having been at the end of every partition, with the broker and the topic still there."""
        moment = self.probe.turn()
        if moment is not None:
            self._check_absence(moment)
            self._at_end = moment
        if self._at_end is None:
            return
        idle = not self.backlog and self._applying.idle
        if idle:
            self._applying.keep(self._at_end)
        if idle and not self._complete:  # the first time, passages count as well
            self._complete = True
            self.caught_up()
        if self._complete:
            self.freshness.confirm(self._at_end)

    def _check_absence(self, moment: float) -> None:
        if moment - (self._at_end or self._begun_at) > self.deletions_kept_seconds:
            raise MissedChanges("away_too_long")


class _Applying:
    """Gathers changes, and applies them together with the offsets to go on from."""

    def __init__(
        self, index: LiveIndex, ledger: Ledger, positions: Mapping[int, int], backlog: Backlog
    ) -> None:
        self._index = index
        self._ledger = ledger
        self._positions = positions
        self._backlog = backlog
        self._upserts: list[Upsert] = []
        self._tombstones: list[Tombstone] = []
        self._since: float | None = None
        self._not_before = 0.0
        self._kept = 0.0

    @property
    def idle(self) -> bool:
        """Whether everything was applied."""
        return self._since is None

    @property
    def full(self) -> bool:
        """Whether more waits to be written than is written at once."""
        return len(self._upserts) + len(self._tombstones) >= 2 * COMMIT_DOCUMENTS

    def put(self, upsert: Upsert) -> None:
        self._upserts.append(upsert)
        self.touch()

    def bury(self, tombstone: Tombstone) -> None:
        self._tombstones.append(tombstone)
        self.touch()

    def touch(self) -> None:
        """Note that there is something to be written, offsets at least."""
        self._since = self._since if self._since is not None else time.monotonic()

    def turn(self) -> None:
        """Apply what has waited long enough, or is many."""
        moment = time.monotonic()
        if self._since is None or moment < self._not_before:
            return
        if moment - self._since >= COMMIT_SECONDS or len(self._upserts) >= COMMIT_DOCUMENTS:
            self._apply()

    def keep(self, moment: float) -> None:
        """Write down, now and then, when the index on the disk was known to lack nothing."""
        if not self._kept or moment - self._kept >= _KEEP_SECONDS:
            self._kept = moment
            self._ledger.confirm(datetime.now(UTC) - timedelta(seconds=boot_seconds() - moment))

    def _apply(self) -> None:
        batch = Batch(tuple(self._upserts), tuple(self._tombstones), self._next_offsets())
        self._ledger.commit()
        try:
            self._index.apply(batch)
        except Retryable as error:
            log.warning("documents not stored, tried again: %s", error.reason)
            self._not_before = time.monotonic() + _STORE_WAIT_SECONDS
            return
        self._upserts.clear()
        self._tombstones.clear()
        self._since = None

    def _next_offsets(self) -> dict[int, int]:
        """Return where to go on from, so that what is not prepared yet is read again after a crash."""
        return {
            partition: position if lowest is None else min(lowest, position)
            for partition, position in self._positions.items()
            for lowest in (self._backlog.lowest(partition),)
        }


class Probe:
    """Finds out, again and again, that the index stands at the end of a log that is still the same.

    Only what is answered after a question was put counts for it.
    """

    def __init__(
        self,
        source: DocumentLog,
        inquire: Callable[[], "Future[TopicDescription]"],
        state: TopicState,
        every_seconds: float,
    ) -> None:
        self._source = source
        self._inquire = inquire
        self._state = state
        self._every_seconds = every_seconds
        self._answer: Future[TopicDescription] | None = None
        self._put_question()

    def ended(self, partition: int) -> None:
        self._open_ends.discard(partition)

    def turn(self) -> float | None:
        """Return the moment of a question that has been answered in full, once; put the next one when it is due."""
        age = boot_seconds() - self._asked_at
        if self._answer is None:
            if age >= self._every_seconds:
                self._ask_again()
        elif self._answer.done():
            if not self._open_ends and self._is_the_same(self._answer):
                self._answer = None
                return self._asked_at
            if age >= self._every_seconds:
                self._ask_again()
        return None

    def _ask_again(self) -> None:
        self._put_question()
        self._source.ask_for_ends()

    def _put_question(self) -> None:
        self._asked_at = boot_seconds()
        self._open_ends = set(self._source.positions)
        self._answer = self._inquire()

    def _is_the_same(self, answer: "Future[TopicDescription]") -> bool:
        state = state_of(answer)
        if state is None:
            return False
        if state.topic_id != self._state.topic_id or state.partitions < self._state.partitions:
            raise MissedChanges("topic_recreated")
        if state.partitions > self._state.partitions:
            self._state = state
            self._source.extend(state.partitions)
            return False
        return True
