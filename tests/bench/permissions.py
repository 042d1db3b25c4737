"""What no reader may ever find: random readers and documents, lists that change between queries, and each hit judged."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from processors.ground.access import access, grants, held
from schemas.knowledge import DocumentHead
from schemas.retrieval import Hit, Reader, Scope
from sinks.knowledge.batch import Batch, LiveIndex, Place, Tombstone, Upsert
from sinks.knowledge.index import KnowledgeIndex, Versions
from sinks.knowledge.memory import MemoryPassageIndex
from tests.bench.figures import Measure, Report, rates
from tests.bench.knowledge_texts import Library
from tests.bench.processes import alone
from tests.knowledge import AT

DOCUMENTS = 1_500
SHARED_BY = 12
"""Documents that hold the same code, by which all of them can be asked for."""

CHANGE_EVERY = 20
_LIMIT = 30
_SLOWER = 200
"""One query in so many is enough to measure brute force by."""


@dataclass
class Tally:
    """What came of some queries.

    Attributes:
        forbidden: hits on documents that the reader may not read.
        missing: documents that hold the code asked for, may be read, and were not found.
        withheld: documents that hold the code and may not be read; were there none, nothing would be tested.
    """

    queries: int = 0
    hits: int = 0
    forbidden: int = 0
    missing: int = 0
    withheld: int = 0
    seconds: float = 0.0


class Shelf:
    """The documents as they stand, the reference's view, and the index that follows them."""

    def __init__(self, index: LiveIndex, size: int, seed: int) -> None:
        self.index = index
        self.library = Library(seed)
        self.heads: dict[int, DocumentHead] = {}
        self._indexed: dict[int, DocumentHead] = {}
        self._offset = 0
        self._size = size
        index.apply(Batch([self._written(number) for number in range(size)]))

    def change(self) -> None:
        """Publish, revise or delete a document; a revision is sometimes left without its passages."""
        number, way = self.library.number(self._size), self.library.number(4)
        if way == 0 and number in self.heads:
            self._delete(number)
            return
        upsert = self._written(number, applied=way != 1)
        self.index.revise(upsert.head, upsert.place)
        if way != 1:
            self.index.apply(Batch([upsert]))

    def sharing(self, code: int) -> Iterator[int]:
        """Yield the documents there are that hold a code."""
        return (number for number in range(code, self._size, self.codes) if number in self._indexed)

    def permits(self, number: int, reader: Reader, at: datetime) -> bool:
        """Judge by looking: by the newest list and by the one that the passages were published under."""
        heads = (self.heads.get(number), self._indexed.get(number))
        return all(head is not None and access(head, reader, at).permitted for head in heads)

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return max(1, self._size // SHARED_BY)

    def _written(self, number: int, *, applied: bool = True) -> Upsert:
        self._offset += 1
        text = f"{self.library.words(20)} E-{number % self.codes}."
        upsert = self.library.upsert(number, text, self._offset, version=self._offset)
        self.heads[number] = upsert.head
        if applied:
            self._indexed[number] = upsert.head
        return upsert

    def _delete(self, number: int) -> None:
        self._offset += 1
        head, place = self.heads.pop(number), Place(0, self._offset)
        self._indexed.pop(number, None)
        self.index.remove(head.tenant, head.document_id, place)
        if self.library.number(2):
            self.index.apply(Batch(tombstones=[Tombstone(head.tenant, head.document_id, place)]))


def measure(size: int, runs: int) -> Report:
    """Ask `size` queries in as many parts as there are runs: by a code, by words, by meaning."""
    each = max(1, size // runs)
    tallies = [alone(judged, each, min(DOCUMENTS, 10 * size), run) for run in range(runs)]
    few = [
        alone(judged, max(1, each // _SLOWER), min(DOCUMENTS, 10 * size), run, brute=True)
        for run in range(runs)
    ]
    looking = Measure("brute force", "queries/s", _rates(few))
    measures = (
        Measure("forbidden passages found", "passages", _numbers(tallies, "forbidden"), lower_is_better=True),
        Measure(
            "permitted passages missed by code",
            "passages",
            _numbers(tallies, "missing"),
            lower_is_better=True,
        ),
        Measure("passages found and judged", "passages", _numbers(tallies, "hits")),
        Measure("with the code, but forbidden", "passages", _numbers(tallies, "withheld")),
        Measure("queries", "queries/s", _rates(tallies), looking),
        looking,
    )
    return Report("permissions", size, runs, measures, _NOTES)


def judged(queries: int, documents: int, seed: int, *, brute: bool = False) -> Tally:
    """Ask, and judge what is found by a decision on each document."""
    with TemporaryDirectory() as folder:
        index = MemoryPassageIndex(grants) if brute else _opened(Path(folder))
        try:
            return _asked(Shelf(index, documents, seed), queries)
        finally:
            index.close()


def _opened(folder: Path) -> LiveIndex:
    return KnowledgeIndex.open(folder, grants=grants, versions=Versions("bench", "bench"))


def _asked(shelf: Shelf, queries: int) -> Tally:
    tally = Tally(queries)
    for query in range(queries):
        if query % CHANGE_EVERY == 0:
            shelf.change()
        _ask(shelf, tally, shelf.library.reader(), AT + timedelta(days=shelf.library.number(30) - 15))
    return tally


def _ask(shelf: Shelf, tally: Tally, reader: Reader, at: datetime) -> None:
    code, words = shelf.library.number(shelf.codes), shelf.library.words(5)
    index, scope = shelf.index, Scope(held(reader), at)
    started = time.perf_counter()
    coded = index.exact([f"e-{code}"], scope, _LIMIT)
    others = [*index.lexical(words, scope, _LIMIT), *index.semantic(words, scope, _LIMIT)]
    tally.seconds += time.perf_counter() - started
    found = set(_documents(index, coded))
    expected = {number for number in shelf.sharing(code) if shelf.permits(number, reader, at)}
    tally.hits += len(coded) + len(others)
    tally.forbidden += sum(1 for each in found if each not in expected)
    tally.forbidden += sum(1 for each in _documents(index, others) if not shelf.permits(each, reader, at))
    tally.missing += len(expected - found)
    tally.withheld += sum(1 for _ in shelf.sharing(code)) - len(expected)


def _documents(index: LiveIndex, hits: Sequence[Hit]) -> list[int]:
    """Return the documents hit. A hit without an entry is one too, of a number that nobody may read."""
    entries = [index.entry(hit.row) for hit in hits]
    return [int(entry.head.document_id.removeprefix("d-")) if entry else -1 for entry in entries]


def _numbers(tallies: Sequence[Tally], name: str) -> tuple[float, ...]:
    return tuple(float(getattr(tally, name)) for tally in tallies)


def _rates(tallies: Sequence[Tally]) -> tuple[float, ...]:
    return tuple(rates(tally.queries, [tally.seconds])[0] for tally in tallies)


_CHANGING = f"{DOCUMENTS:,} documents under random lists, one of which changes every {CHANGE_EVERY} queries"
_NOTES = (f"{_CHANGING}; what is found is judged by the newest list and by the one that came with the text",)
