"""The knowledge of one worker: an index in its own folder, which it follows the topic with and searches."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from schemas.errors import Fatal, Retryable
from schemas.knowledge import DocumentHead
from schemas.retrieval import Hit, IndexEntry, Scope
from sinks.knowledge import analysis
from sinks.knowledge.batch import Batch, Counts, Grants, Place, Tombstone, Upsert
from sinks.knowledge.embeddings import EmbeddingModel, Vectors, static_embeddings
from sinks.knowledge.lexical import IndexedPassage, LexicalIndex, find_codes, find_words
from sinks.knowledge.precision import halved, restored
from sinks.knowledge.register import Register
from sinks.knowledge.scope import Known, Rule, buried, indexed, overtaken, removed, revised
from sinks.knowledge.slots import Slot, claim
from sinks.knowledge.store import Change, KnowledgeStore
from sinks.knowledge.view import View, empty_view

_EMBEDDED_AT_ONCE = 256
_LEXICAL_FOLDER = "words"


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the rules by which passages were made; under others, documents must be cut and redacted anew.

    Attributes:
        chunker: of the rules that cut them.
        detector: of what redacted them.
    """

    chunker: str
    detector: str


@dataclass(frozen=True, slots=True)
class _Put:
    ordinal: int
    upsert: Upsert
    rows: range
    vectors: Vectors


class KnowledgeIndex:
    """Implements `LiveIndex`: tantivy for words and codes, embeddings in memory, all of it in one SQLite file.

    A search takes the view and decides what is within scope; it is asked again, of what is known then, before anything is
    returned. So a document is closed to a search that runs as to one that begins.
    """

    def __init__(
        self, slot: Slot, store: KnowledgeStore, lexical: LexicalIndex, grants: Grants, model: EmbeddingModel
    ) -> None:
        self._slot, self._store, self._lexical = slot, store, lexical
        self._grants, self._model = grants, model
        self._lock, self._writing = Lock(), Lock()
        self._next_row, self._closed, self._broken = 0, False, False
        self._offsets, self._token = store.offsets(), store.state()
        self._register = Register()
        self._load()

    @classmethod
    def open(
        cls, directory: Path, *, grants: Grants, versions: Versions, model: EmbeddingModel | None = None
    ) -> "KnowledgeIndex":
        """Open the first index below the directory that no other process has open, or make one.

        What other versions made is not used: `offsets` is empty then.

        Raises:
            Fatal: `knowledge_directory_unusable`, also if too many processes share it.
        """
        model = model or static_embeddings()
        made_by = f"{analysis.VERSION}|{model.version}|{versions.chunker}|{versions.detector}"
        slot = claim(directory)
        try:
            store = KnowledgeStore(slot.folder, made_by)
            return cls(slot, store, LexicalIndex(slot.folder / _LEXICAL_FOLDER), grants, model)
        except BaseException:
            slot.release()
            raise

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._slot.folder

    def exact(self, codes: Sequence[str], scope: Scope | None, limit: int) -> Sequence[Hit]:
        view, barred = self._view_and_barred(scope)
        return self._permitted(find_codes(view.searcher, codes, scope, barred, limit), scope)

    def lexical(self, words: str, scope: Scope | None, limit: int) -> Sequence[Hit]:
        view, barred = self._view_and_barred(scope)
        return self._permitted(find_words(view.searcher, words, scope, barred, limit), scope)

    def semantic(self, text: str, scope: Scope | None, limit: int) -> Sequence[Hit]:
        (vector,) = self._model.embed([text])
        with self._lock:
            view, mask = self._view, self._register.mask(scope)
        return self._permitted(view.table.search(vector, mask, limit), scope)

    def entry(self, row: int) -> IndexEntry | None:
        with self._lock:
            known, view = self._of_row(row), self._view
        passage = self._store.passage(row) if known else None
        if known is None or known.head is None or known.published_at is None or passage is None:
            return None
        return IndexEntry(known.head, passage, known.published_at, view.generality(row))

    def apply(self, batch: Batch) -> None:
        with self._writing:
            puts, tombstones = self._plan(batch)
            if puts or tombstones:
                with self._changing() as change:
                    gone = self._take_out(change, puts, tombstones)
                    self._put_in(change, puts)
                    change.proceed(batch.next_offsets)
                self._publish(puts, tombstones, gone)
            else:
                with self._store.changing() as change:
                    change.proceed(batch.next_offsets)
            with self._lock:
                self._offsets.update(batch.next_offsets)

    def revise(self, head: DocumentHead, place: Place) -> None:
        key = head.tenant, head.document_id
        with self._lock:
            if known := revised(self._register.find(key), head, place, self._grants):
                self._register.put(key, known)

    def remove(self, tenant: str, document_id: str, place: Place) -> None:
        key = tenant, document_id
        with self._lock:
            if known := removed(self._register.find(key), place):
                self._register.put(key, known)

    def offsets(self) -> Mapping[int, int]:
        with self._lock:
            return dict(self._offsets)

    def documents(self) -> Sequence[DocumentHead]:
        with self._lock:
            return [known.head for known in self._register.all() if known.head]

    def counts(self) -> Counts:
        with self._lock:
            view, mask = self._view, self._register.mask(None)
            documents = sum(1 for known in self._register.all() if known.head)
        return Counts(documents, view.table.count(mask), view.table.nbytes)

    def clear(self) -> None:
        with self._writing, self._changing() as change:
            change.empty()
            self._lexical.empty()
        with self._lock:
            self._register, self._offsets = Register(), {}
            self._view = self._empty_view()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with self._writing:
            self._lexical.close()
            self._store.close()
            self._slot.release()

    def _load(self) -> None:
        for document in self._store.documents():
            key = document.head.tenant, document.head.document_id
            rule = Rule(document.head, self._grants(document.head))
            known = Known(rule, document.place, rule, document.place, document.published_at)
            self._register.admit(key, document.ordinal)
            self._register.put(key, known)
        self._register.fill_gaps()
        if not self._lexical.agrees(self._token):
            self._make_lexical()
        self._view = self._loaded_view()

    def _make_lexical(self) -> None:
        with self._lexical.changing(self._token, former=""):
            self._lexical.empty()
            for row, document, passage in self._store.passages():
                known = self._register.at(document)
                if known and known.indexed:
                    self._lexical.add(IndexedPassage(row, document, known.indexed, passage))

    def _loaded_view(self) -> View:
        view = self._empty_view()
        for stored in self._store.rows():
            view = view.with_rows(stored.rows, stored.documents, stored.vectors)
            self._next_row = stored.rows[-1] + 1
        return view

    def _empty_view(self) -> View:
        return empty_view(self._lexical.searcher(), self._model.dimensions)

    def _plan(self, batch: Batch) -> tuple[list[_Put], list[Tombstone]]:
        """Leave out what is of no use any more, and embed the rest."""
        upserts, tombstones = batch.newest()
        with self._lock:
            find = self._register.find
            wanted = [upsert for upsert in upserts if not overtaken(find(upsert.key), upsert)]
            gone = [each for each in tombstones if find(each.key) and not overtaken(find(each.key), each)]
            ordinals = [self._register.ordinal(upsert.key) for upsert in wanted]
        return [self._put(*each) for each in zip(ordinals, wanted, strict=True)], gone

    def _put(self, ordinal: int, upsert: Upsert) -> _Put:
        rows = range(self._next_row, self._next_row + len(upsert.passages))
        self._next_row = rows.stop
        return _Put(ordinal, upsert, rows, self._embedded(upsert))

    def _embedded(self, upsert: Upsert) -> Vectors:
        texts = [analysis.searched(passage) for passage in upsert.passages]
        parts = [
            texts[start : start + _EMBEDDED_AT_ONCE] for start in range(0, len(texts), _EMBEDDED_AT_ONCE)
        ]
        empty = np.zeros((0, self._model.dimensions), np.float32)
        vectors = np.concatenate([empty, *(self._model.embed(part) for part in parts)])
        return restored(halved(vectors))

    @contextmanager
    def _changing(self) -> Iterator[Change]:
        """Commit a change to the lexical index and to the store; neither without the other, or say so."""
        if self._broken:
            raise Fatal("knowledge_index_broken", "it was not opened again")
        done = False
        try:
            with self._store.changing() as change:
                token = change.renew()
                with self._lexical.changing(token, former=self._token):
                    yield change
                done = True
        except Fatal:
            self._broken = True
            raise
        except Retryable:
            self._broken = done
            if done:
                raise Fatal("knowledge_index_broken", "the store did not take what the index has") from None
            raise
        self._token = token

    def _take_out(self, change: Change, puts: Sequence[_Put], tombstones: Sequence[Tombstone]) -> list[int]:
        with self._lock:
            ordinals = [self._register.ordinal(tombstone.key) for tombstone in tombstones]
        ordinals += [put.ordinal for put in puts]
        for ordinal in ordinals:
            self._lexical.drop(ordinal)
        return [row for ordinal in ordinals for row in change.drop(ordinal)]

    def _put_in(self, change: Change, puts: Sequence[_Put]) -> None:
        for put in puts:
            change.put(put.ordinal, put.upsert, put.rows, put.vectors)
            rule = Rule(put.upsert.head, self._grants(put.upsert.head))
            for row, passage in zip(put.rows, put.upsert.passages, strict=True):
                self._lexical.add(IndexedPassage(row, put.ordinal, rule, passage))

    def _publish(self, puts: Sequence[_Put], tombstones: Sequence[Tombstone], gone: Sequence[int]) -> None:
        """Let searches see what is on the disk, and what is known of its documents, in one step."""
        view = self._changed_view(puts, gone)
        with self._lock:
            for tombstone in tombstones:
                self._bury(tombstone)
            for put in puts:
                known = self._register.find(put.upsert.key)
                if not overtaken(known, put.upsert):
                    self._register.put(put.upsert.key, indexed(known, put.upsert, self._grants))
            self._view = view

    def _changed_view(self, puts: Sequence[_Put], gone: Sequence[int]) -> View:
        view = self._view.without(gone)
        for put in puts:
            view = view.with_rows(put.rows, [put.ordinal] * len(put.rows), put.vectors)
        return view.searched_by(self._lexical.searcher())

    def _bury(self, tombstone: Tombstone) -> None:
        known = self._register.find(tombstone.key)
        if overtaken(known, tombstone):
            return
        left = buried(known, tombstone)
        if left:
            self._register.put(tombstone.key, left)
        else:
            self._register.forget(tombstone.key)

    def _view_and_barred(self, scope: Scope | None) -> tuple[View, list[int]]:
        with self._lock:
            return self._view, self._register.barred(scope)

    def _permitted(self, hits: list[Hit], scope: Scope | None) -> list[Hit]:
        with self._lock:
            found = ((hit, self._of_row(hit.row)) for hit in hits)
            return [hit for hit, known in found if known and known.permits(scope)]

    def _of_row(self, row: int) -> Known | None:
        return self._register.at(self._view.table.document(row))
