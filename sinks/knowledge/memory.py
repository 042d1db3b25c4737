"""An index that looks at every passage each time: slow, and plainly right."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

import numpy as np

from schemas.knowledge import DocumentHead, Passage
from schemas.retrieval import Hit, IndexEntry, Scope
from sinks.knowledge import analysis
from sinks.knowledge.batch import Batch, Counts, Grants, Key, Place, Tombstone, Upsert
from sinks.knowledge.embeddings import EmbeddingModel, Vectors, static_embeddings, unit
from sinks.knowledge.scope import Known, buried, indexed, overtaken, removed, revised

SATURATION = 1.2
LENGTH_NORMALISATION = 0.75
"""BM25's usual k1 and b."""


@dataclass(frozen=True, slots=True)
class _Row:
    key: Key
    passage: Passage
    words: Counter[str]
    codes: tuple[str, ...]
    vector: Vectors


class MemoryPassageIndex:
    """Implements `LiveIndex` without a file, for tests and for a handful of documents."""

    def __init__(self, grants: Grants, model: EmbeddingModel | None = None) -> None:
        self._grants = grants
        self._model = model or static_embeddings()
        self._lock = RLock()
        self._next_row = 0
        self._start()

    def _start(self) -> None:
        self._known: dict[Key, Known] = {}
        self._rows: dict[int, _Row] = {}
        self._of: dict[Key, range] = {}
        self._offsets: dict[int, int] = {}

    def exact(self, codes: Sequence[str], scope: Scope | None, limit: int) -> Sequence[Hit]:
        asked = analysis.asked_codes(codes)
        return self._search(lambda row: sum(_stands_in(code, row.codes) for code in asked), scope, limit)

    def lexical(self, words: str, scope: Scope | None, limit: int) -> Sequence[Hit]:
        with self._lock:
            mean = sum(row.words.total() for row in self._rows.values()) / max(1, len(self._rows)) or 1.0
            terms = analysis.telling(analysis.query_words(words), self._frequency)
            rarity = {term: self._rarity(term) for term in terms}
            return self._search(lambda row: _bm25(row.words, rarity, mean), scope, limit)

    def semantic(self, text: str, scope: Scope | None, limit: int) -> Sequence[Hit]:
        (vector,) = self._model.embed([text])
        return self._search(lambda row: float(row.vector @ vector), scope, limit)

    def entry(self, row: int) -> IndexEntry | None:
        with self._lock:
            found = self._rows.get(row)
            known = self._known.get(found.key) if found else None
            if found is None or known is None or known.head is None or known.published_at is None:
                return None
            return IndexEntry(known.head, found.passage, known.published_at, self._generality(found))

    def apply(self, batch: Batch) -> None:
        upserts, tombstones = batch.newest()
        with self._lock:
            for tombstone in tombstones:
                self._bury(tombstone)
            for upsert in upserts:
                self._put(upsert)
            self._offsets.update(batch.next_offsets)

    def revise(self, head: DocumentHead, place: Place) -> None:
        key = head.tenant, head.document_id
        with self._lock:
            self._know(key, revised(self._known.get(key), head, place, self._grants))

    def remove(self, tenant: str, document_id: str, place: Place) -> None:
        key = tenant, document_id
        with self._lock:
            self._know(key, removed(self._known.get(key), place))

    def offsets(self) -> Mapping[int, int]:
        with self._lock:
            return dict(self._offsets)

    def documents(self) -> Sequence[DocumentHead]:
        with self._lock:
            return [known.head for known in self._known.values() if known.head]

    def counts(self) -> Counts:
        with self._lock:
            passages = sum(1 for _ in self._within(None))
            return Counts(
                len(self.documents()), passages, sum(row.vector.nbytes for row in self._rows.values())
            )

    def clear(self) -> None:
        with self._lock:
            self._start()

    def close(self) -> None:
        """Do nothing: there is no file."""

    def _search(self, score: Callable[["_Row"], float], scope: Scope | None, limit: int) -> list[Hit]:
        with self._lock:
            hits = [Hit(number, float(score(row))) for number, row in self._within(scope)]
        return sorted((hit for hit in hits if hit.score > 0), key=lambda hit: (-hit.score, hit.row))[:limit]

    def _within(self, scope: Scope | None) -> Iterator[tuple[int, _Row]]:
        return ((row, each) for row, each in self._rows.items() if self._known[each.key].permits(scope))

    def _frequency(self, term: str) -> int:
        return sum(1 for each in self._rows.values() if each.words[term])

    def _rarity(self, term: str) -> float:
        holding = self._frequency(term)
        return math.log(1 + (len(self._rows) - holding + 0.5) / (holding + 0.5))

    def _generality(self, row: _Row) -> float:
        (centroid,) = unit(np.sum([each.vector for each in self._rows.values()], axis=0, keepdims=True))
        return min(1.0, max(0.0, float(row.vector @ centroid)))

    def _know(self, key: Key, known: Known | None) -> None:
        if known:
            self._known[key] = known

    def _bury(self, tombstone: Tombstone) -> None:
        if overtaken(self._known.get(tombstone.key), tombstone):
            return
        self._drop_rows(tombstone.key)
        self._know(tombstone.key, buried(self._known.pop(tombstone.key, None), tombstone))

    def _put(self, upsert: Upsert) -> None:
        known = self._known.get(upsert.key)
        if overtaken(known, upsert):
            return
        self._drop_rows(upsert.key)
        self._known[upsert.key] = indexed(known, upsert, self._grants)
        self._add_rows(upsert)

    def _drop_rows(self, key: Key) -> None:
        for row in self._of.pop(key, ()):
            del self._rows[row]

    def _add_rows(self, upsert: Upsert) -> None:
        rows = range(self._next_row, self._next_row + len(upsert.passages))
        self._next_row, self._of[upsert.key] = rows.stop, rows
        texts = [analysis.searched(passage) for passage in upsert.passages]
        for row, passage, text, vector in zip(
            rows, upsert.passages, texts, self._model.embed(texts), strict=True
        ):
            words = Counter(analysis.words(analysis.titled_twice(passage), upsert.head.language))
            codes = tuple(analysis.code_parts(text))
            self._rows[row] = _Row(upsert.key, passage, words, codes, vector)


def _stands_in(code: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return any(parts[start : start + len(code)] == code for start in range(len(parts) - len(code) + 1))


def _bm25(words: Counter[str], rarity: Mapping[str, float], mean: float) -> float:
    room = SATURATION * (1 - LENGTH_NORMALISATION + LENGTH_NORMALISATION * words.total() / mean)
    found = ((words[term], weight) for term, weight in rarity.items() if words[term])
    return sum(weight * count * (SATURATION + 1) / (count + room) for count, weight in found)
