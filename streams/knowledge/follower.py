"""One worker's own index, opened, and followed for as long as the worker runs.

Whatever may have been missed while nobody looked (a deletion that the log no longer tells of, a topic made anew) leads to
an index built from the beginning; until it holds everything nothing is answered from it.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Protocol, TypeVar

from schemas.errors import Fatal, Retryable
from schemas.knowledge import Document, Passage
from schemas.topics import TRAITS, Topic
from sinks.knowledge.batch import LiveIndex
from streams.heartbeat import KnowledgeSigns
from streams.knowledge.backlog import Backlog
from streams.knowledge.following import Following, Probe
from streams.knowledge.freshness import Freshness
from streams.knowledge.ledger import Ledger, Log, Told
from streams.knowledge.log import DocumentLog, MissedChanges, TopicInquiry, TopicState, state_of

log = logging.getLogger(__name__)

T = TypeVar("T")

Prepare = Callable[[Document], Coroutine[object, object, tuple[Passage, ...]]]
"""Cuts and redacts a document, in the worker's event loop."""

FOLDER = "knowledge"
"""Of the indexes of all workers that share a state directory."""

PREPARE_SECONDS = 120.0
POLL_SECONDS = 0.05
AGAIN_SECONDS = 1.0
LEEWAY = 0.9
"""Of the time that deletions stay in the log; clocks and the broker's cleaner are not exact."""


class OpenedIndex(LiveIndex, Protocol):
    """An index that keeps its files in a folder of its own."""

    @property
    def folder(self) -> Path:
        """Where its files are."""


OpenIndex = Callable[[Path, str], OpenedIndex]
"""Opens this worker's index below a directory, for passages redacted by a detector of this version."""


@dataclass(frozen=True)
class Rules:
    """How documents become passages.

    Attributes:
        version: returns the version of all that takes part, once it is loaded.
    """

    prepare: Prepare
    version: Callable[[], Coroutine[object, object, str]]


@dataclass(frozen=True, slots=True)
class FollowerSettings:
    """How a follower works.

    Attributes:
        max_stale_seconds: how long its index may be answered from without having been confirmed.
    """

    bootstrap: str
    state_dir: Path
    max_stale_seconds: float = 60.0
    topic: str = str(Topic.DOCUMENTS)
    deletions_kept: timedelta = TRAITS[Topic.DOCUMENTS].retention

    @property
    def probe_seconds(self) -> float:
        """How often the index is confirmed."""
        return min(5.0, self.max_stale_seconds / 6)


@dataclass
class Follower:
    """Follows the documents in the calling thread. `index`, `fresh` and `signs` are for any thread.

    Attributes:
        index: None until it is open.
        fresh: raises Retryable `knowledge_stale` when nothing may be answered from the index.
        loop: runs the preparation of documents.
    """

    settings: FollowerSettings
    rules: Rules
    open_index: OpenIndex
    index: LiveIndex | None = None
    fresh: Freshness = field(init=False)
    loop: asyncio.AbstractEventLoop | None = None
    _ready: bool = False
    _rebuilt: str = ""
    _ledger: Ledger | None = None
    _backlog: Backlog = field(init=False)

    def __post_init__(self) -> None:
        self.fresh = Freshness(self.settings.max_stale_seconds)
        self._backlog = Backlog(self._preparing)

    @property
    def ready(self) -> bool:
        """Whether the index may be answered from."""
        return self._ready and self.fresh.holds

    def signs(self) -> KnowledgeSigns:
        """Say how the index is."""
        counts = self.index.counts() if self.index is not None else None
        told = self._ledger.told if self._ledger is not None else Told()
        return KnowledgeSigns(
            ready=self.ready,
            documents=counts.documents if counts else 0,
            passages=counts.passages if counts else 0,
            memory_bytes=counts.memory_bytes if counts else 0,
            waiting=len(self._backlog),
            refused=dict(told.refused),
            notes=dict(told.notes),
            stale_seconds=self.fresh.age_seconds,
            rebuilt=self._rebuilt,
        )

    def run(self, stop: Event) -> None:
        """Follow until `stop` is set.

        Raises:
            Fatal: the index, its directory or the log cannot be used.
        """
        with ExitStack() as exits:
            version = self._awaited(self.rules.version, stop)
            if version is None:
                return
            index = exits.enter_context(closing(self.open_index(self.settings.state_dir / FOLDER, version)))
            ledger = self._ledger = exits.enter_context(Ledger(index.folder))
            self.index = index
            exits.callback(self._close)
            self._follow(index, ledger, stop)

    def _close(self) -> None:
        self.fresh.lose()
        self._backlog.clear()
        self.index = None

    def _follow(self, index: LiveIndex, ledger: Ledger, stop: Event) -> None:
        inquiry = TopicInquiry(self.settings.bootstrap, self.settings.topic)
        missed = ""
        while not stop.is_set():
            try:
                self._follow_once(index, ledger, inquiry, missed, stop)
            except MissedChanges as error:
                if error.reason != missed:
                    log.warning("documents will be read anew: %s", error.reason)
                missed = error.reason
                self._ready = False
                self.fresh.lose()
                self._backlog.clear()
                stop.wait(AGAIN_SECONDS)

    def _follow_once(
        self, index: LiveIndex, ledger: Ledger, inquiry: TopicInquiry, missed: str, stop: Event
    ) -> None:
        state = self._state(inquiry, stop)
        if state is None:
            return
        kept = inquiry.deletions_kept(self.settings.deletions_kept) * LEEWAY
        missed = missed or _missed(index, ledger.log(), state, kept)
        if missed:
            self._rebuilt = missed if ledger.log() is not None else ""
            index.clear()  # first, as of an index that is not empty the ledger must say what it was built from
            ledger.begin(Log(state.topic_id, datetime.now(UTC)))
        settings = self.settings
        with closing(
            DocumentLog(settings.bootstrap, settings.topic, state.partitions, index.offsets())
        ) as source:
            probe = Probe(source, inquiry.state, state, settings.probe_seconds)
            Following(
                index=index,
                ledger=ledger,
                source=source,
                backlog=self._backlog,
                probe=probe,
                freshness=self.fresh,
                deletions_kept_seconds=kept.total_seconds(),
                caught_up=self._caught_up,
            ).run(stop)

    def _state(self, inquiry: TopicInquiry, stop: Event) -> TopicState | None:
        """Return the topic's state as soon as the broker tells it; None when stopped before."""
        while not stop.is_set():
            answer = inquiry.state()
            while not answer.done() and not stop.wait(POLL_SECONDS):
                pass
            state = state_of(answer) if answer.done() else None
            if state is not None:
                return state
            stop.wait(AGAIN_SECONDS)
        return None

    def _caught_up(self) -> None:
        self._ready = True

    def _preparing(self, document: Document) -> "Future[tuple[Passage, ...]]":
        return self._submit(asyncio.wait_for(self.rules.prepare(document), PREPARE_SECONDS))

    def _awaited(self, work: Callable[[], Coroutine[object, object, T]], stop: Event) -> T | None:
        """Return what some work in the event loop gives, trying again what fails for now; None when stopped before."""
        while not stop.is_set():
            future = self._submit(work())
            while not future.done() and not stop.wait(POLL_SECONDS):
                pass
            with suppress(Retryable):
                if future.done():
                    return future.result()
            stop.wait(AGAIN_SECONDS)
        return None

    def _submit(self, work: Coroutine[object, object, T]) -> "Future[T]":
        if self.loop is None:
            raise Fatal("follower_without_loop")
        return asyncio.run_coroutine_threadsafe(work, self.loop)


def _missed(index: LiveIndex, known: Log | None, state: TopicState, kept: timedelta) -> str:
    """Return why an index must be built anew, or nothing if it may go on from its offsets."""
    if known is None or not index.offsets():
        return "nothing_kept"
    if not state.topic_id or known.topic_id != state.topic_id:
        return "topic_recreated"
    if datetime.now(UTC) - known.confirmed_at > kept:
        return "away_too_long"
    if any(partition >= state.partitions for partition in index.offsets()):
        return "topic_recreated"
    return ""
