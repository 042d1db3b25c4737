"""Knowledge on one core: a whole query over all passages, indexing, and memory, against looking at every passage."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from processors.ground.access import grants, held
from schemas.retrieval import PassageIndex, Scope
from sinks.knowledge.batch import Batch, LiveIndex, Upsert
from sinks.knowledge.embeddings import Vectors, static_embeddings
from sinks.knowledge.index import KnowledgeIndex, Versions
from sinks.knowledge.memory import MemoryPassageIndex
from tests.bench.figures import Measure, Report, rates
from tests.bench.knowledge_texts import ROLES, TENANTS, Library
from tests.bench.processes import alone
from tests.knowledge import AT, reader

LIMIT = 30
"""Hits asked of each search."""

_BATCH = 500
_QUERIES = 200
_SLOW_QUERIES = 3
"""In each run: of the index, and of brute force, which takes seconds for each."""

_NEAREST = 10
_PER = 100_000
_MIB = 2**20


@dataclass(frozen=True)
class _Query:
    words: str
    codes: tuple[str, ...]
    scope: Scope


@dataclass(frozen=True)
class _Took:
    """What each query took, in milliseconds."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]


@dataclass(frozen=True)
class _Opened:
    """An index opened again and asked, run by run."""

    seconds: float
    took: tuple[_Took, ...]
    resident_mib: float
    embeddings_mib: float
    disk_mib: float


class _Kept:
    """An `EmbeddingModel` that has the first texts' vectors already, in the order they are asked for."""

    def __init__(self, rows: Iterator[Vectors]) -> None:
        self._model, self._rows = static_embeddings(), rows
        self.version, self.dimensions = self._model.version, self._model.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        kept = list(islice(self._rows, len(texts)))
        return np.stack(kept) if kept else self._model.embed(texts)


def measure(size: int, runs: int) -> Report:
    """Index `size` documents of one passage of 1 kB each, then ask; brute force over the same is the baseline."""
    with TemporaryDirectory() as folder:
        indexed = alone(_index, folder, size, runs)
        opened = alone(_ask_index, folder, size, runs)
        brutal, recall = alone(_ask_everything, folder, size, runs)
    brute = Measure("brute force, p50", "ms/query", _percentiles(brutal, 50), lower_is_better=True)
    per = _PER / size
    measures = (
        Measure("query, p50", "ms/query", _percentiles(opened.took, 50), brute, lower_is_better=True),
        Measure("query, p95", "ms/query", _percentiles(opened.took, 95), brute, lower_is_better=True),
        Measure("query, p95, processor time", "ms/query", _processor(opened.took, 95), lower_is_better=True),
        brute,
        Measure("documents indexed", "1/s", indexed),
        Measure("index opened again", "s", (opened.seconds,), lower_is_better=True),
        Measure(f"the {_NEAREST} nearest by meaning, found", "share", (recall,)),
        Measure(f"resident memory per {_PER:,}", "MiB", (opened.resident_mib * per,), lower_is_better=True),
        Measure(f"embeddings of {_PER:,}", "MiB", (opened.embeddings_mib * per,), lower_is_better=True),
        Measure(f"on the disk per {_PER:,}", "MiB", (opened.disk_mib * per,), lower_is_better=True),
    )
    return Report("knowledge", size, runs, measures, _NOTES)


def _percentiles(runs: Iterable[_Took], share: int) -> tuple[float, ...]:
    return tuple(float(np.percentile(took.wall, share)) for took in runs)


def _processor(runs: Iterable[_Took], share: int) -> tuple[float, ...]:
    return tuple(float(np.percentile(took.cpu, share)) for took in runs)


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _open(folder: str) -> KnowledgeIndex:
    return KnowledgeIndex.open(Path(folder), grants=grants, versions=Versions("bench", "bench"))


def _upserts(size: int) -> list[Upsert]:
    library = Library()
    return [library.upsert(number, text, number) for number, text in enumerate(library.texts(size))]


def _index(folder: str, size: int, runs: int) -> tuple[float, ...]:
    """Return how many documents are indexed in a second, in as many parts as there are runs."""
    _on_one_core()
    upserts, index = _upserts(size), _open(folder)
    bounds = [size * part // runs for part in range(runs + 1)]
    parts = [upserts[start:end] for start, end in pairwise(bounds)]
    try:
        return tuple(rates(len(part), [_timed(lambda: _apply(index, part))])[0] for part in parts if part)  # noqa: B023
    finally:
        index.close()


def _apply(index: LiveIndex, upserts: Sequence[Upsert]) -> None:
    for start in range(0, len(upserts), _BATCH):
        part = upserts[start : start + _BATCH]
        index.apply(Batch(part, next_offsets={0: part[-1].place.offset + 1}))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ask_index(folder: str, size: int, runs: int) -> _Opened:
    _on_one_core()
    library = Library()
    before = _resident()
    started = time.perf_counter()
    index = _open(folder)
    seconds = time.perf_counter() - started
    try:
        took = [_asked(index, list(_queries(library, size, _QUERIES))) for _ in range(runs + 1)][1:]
        embeddings = index.counts().memory_bytes / _MIB
        return _Opened(seconds, tuple(took), _resident() - before, embeddings, _on_disk(Path(folder)))
    finally:
        index.close()


def _ask_everything(folder: str, size: int, runs: int) -> tuple[list[_Took], float]:
    """Return what brute force takes, and how much of what it finds by meaning the index finds."""
    _on_one_core()
    index, library = _open(folder), Library()
    try:
        queries = list(_queries(library, size, _SLOW_QUERIES * runs))
        brute = MemoryPassageIndex(grants, _Kept(_vectors(index)))
        _apply(brute, _upserts(size))
        took = [_asked(brute, queries[start::runs]) for start in range(runs)]
        return took, float(np.mean([_recall(index, brute, query) for query in queries]))
    finally:
        index.close()


def _vectors(index: KnowledgeIndex) -> Iterator[Vectors]:
    for stored in index._store.rows():
        yield from stored.vectors


def _recall(index: PassageIndex, brute: PassageIndex, query: _Query) -> float:
    exact = {hit.row for hit in brute.semantic(query.words, query.scope, _NEAREST)}
    found = {hit.row for hit in index.semantic(query.words, query.scope, _NEAREST)}
    return len(exact & found) / max(1, len(exact))


def _queries(library: Library, size: int, count: int) -> Iterator[_Query]:
    """Yield questions of somebody who may read most: filters leave most to rank then."""
    everybody = reader(TENANTS[0], ROLES, accepts=TENANTS[1:])
    scope = Scope(held(everybody), AT)
    for _ in range(count):
        codes = (f"NW-{library.number(size)}", f"E-{library.number(997)}")
        yield _Query(library.words(12), codes, scope)


def _asked(index: PassageIndex, queries: Sequence[_Query]) -> _Took:
    took = [_ask(index, query) for query in queries]
    return _Took(tuple(wall for wall, _ in took), tuple(cpu for _, cpu in took))


def _ask(index: PassageIndex, query: _Query) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    index.exact(query.codes, query.scope, LIMIT)
    index.lexical(query.words, query.scope, LIMIT)
    index.semantic(query.words, query.scope, LIMIT)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def _resident() -> float:
    return float(psutil.Process().memory_info().rss / _MIB)


def _on_disk(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / _MIB


_NOTES = (
    "one core; a query is a search for two codes, one for twelve words and one by meaning, 30 hits each, nothing cached",
    "texts are English words as often as English has them, half of each from one of 400 topics; redaction and chunking apart",
    "resident memory: all that opening and asking add, 20 MiB of weights and the files mapped into it included",
)
