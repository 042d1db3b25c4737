"""A follower of a topic of its own, with documents that are cut at blank lines and redacted by nobody."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Producer

from processors.ground.access import grants, held
from schemas.codec import encode
from schemas.envelope import Principal
from schemas.errors import Retryable
from schemas.knowledge import AccessList, Document, Passage
from schemas.retrieval import Reader, Scope
from sinks.knowledge.batch import LiveIndex
from sinks.knowledge.index import KnowledgeIndex, Versions
from streams.knowledge.follower import Follower, FollowerSettings, OpenedIndex, Rules
from streams.runtime.confluent import producer_config
from streams.runtime.topics import TopicSpec, create_topics

SECONDS = 30.0
KEPT = timedelta(days=7)
CUSTOMERS = AccessList(roles=("customer",))
AGENTS = AccessList(roles=("agent",))


def document(document_id: str, text: str, **fields: object) -> Document:
    given = {"tenant": "acme", "version": 1, "title": "A title", "access": CUSTOMERS, **fields}
    return Document.model_validate({**given, "document_id": document_id, "text": text})


async def prepare(document: Document) -> tuple[Passage, ...]:
    pieces = [piece for piece in document.text.split("\n\n") if piece]
    return tuple(
        Passage(passage_id=str(number), title=document.title, text=piece, tokens=5, chunker="t")
        for number, piece in enumerate(pieces)
    )


def within(condition: Callable[[], bool], seconds: float = SECONDS) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.01)
    return False


@dataclass
class Topic:
    """A topic of documents, and its publisher."""

    bootstrap: str
    name: str = field(default_factory=lambda: f"d.{uuid4().hex}")
    partitions: int = 2
    compacted: bool = True

    @cached_property
    def _producer(self) -> Producer:
        return Producer(producer_config(self.bootstrap))

    def create(self) -> None:
        spec = TopicSpec(self.name, self.partitions, KEPT, compacted=self.compacted, append_time=True)
        create_topics(self.bootstrap, [spec], 1)

    def publish(self, *documents: Document, partition: int | None = None) -> None:
        for each in documents:
            self.write(f"{each.tenant}/{each.document_id}".encode(), encode(each), partition)

    def delete(self, tenant: str, document_id: str) -> None:
        self.write(f"{tenant}/{document_id}".encode(), None)

    def write(self, key: bytes | None, value: bytes | None, partition: int | None = None) -> None:
        self._producer.produce(self.name, value, key, -1 if partition is None else partition)
        assert self._producer.flush(10) == 0


@dataclass
class Running:
    """A follower that runs."""

    follower: Follower
    failures: list[BaseException]

    @property
    def index(self) -> LiveIndex:
        assert self.follower.index is not None
        return self.follower.index

    def await_ready(self) -> None:
        assert within(lambda: self.follower.ready or bool(self.failures)), "not caught up"
        assert not self.failures, self.failures

    def texts(self, *roles: str, words: str = "parcel") -> list[str]:
        """Return what a reader with these roles finds, or everybody together if none is named."""
        reader = Reader("acme", Principal(id="someone", roles=roles))
        scope = Scope(held(reader), datetime.now(UTC)) if roles else None
        rows = [hit.row for hit in self.index.lexical(words, scope, 100)]
        entries = [self.index.entry(row) for row in rows]
        return sorted(entry.passage.text for entry in entries if entry is not None)

    def stale(self) -> bool:
        try:
            self.follower.fresh()
        except Retryable as error:
            return error.reason == "knowledge_stale"
        return False


def open_index(directory: Path, version: str) -> KnowledgeIndex:
    return KnowledgeIndex.open(directory, grants=grants, versions=Versions("t", version))


@contextmanager
def following(
    topic: Topic,
    state_dir: Path,
    *,
    preparing: Callable[[Document], object] = prepare,
    detector: str = "d1",
    max_stale_seconds: float = 60.0,
    deletions_kept: timedelta = KEPT,
    opening: Callable[[Path, str], OpenedIndex] | None = None,
) -> Iterator[Running]:
    """Run a follower in a thread, and its documents' preparation in another one's event loop."""

    async def version() -> str:
        return detector

    settings = FollowerSettings(topic.bootstrap, state_dir, max_stale_seconds, topic.name, deletions_kept)
    follower = Follower(settings, Rules(preparing, version), opening or open_index)  # type: ignore[arg-type]
    loop, stop = asyncio.new_event_loop(), threading.Event()
    follower.loop = loop
    running = Running(follower, [])

    def body() -> None:
        try:
            follower.run(stop)
        except BaseException as error:  # noqa: BLE001 - told to the test
            running.failures.append(error)

    threads: Sequence[threading.Thread] = [
        threading.Thread(target=loop.run_forever),
        threading.Thread(target=body),
    ]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        stop.set()
        threads[1].join()
        loop.call_soon_threadsafe(loop.stop)
        threads[0].join()
        loop.close()
