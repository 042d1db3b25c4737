"""Words and codes of all passages in a tantivy index, filtered before anything is ranked.

What is asked is never parsed: queries are built of terms. The index holds one document more than there are passages, which
names the state of the store that it agrees with; it changes in the same commit as they do.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tantivy import Document, FieldType, Index, Occur, Query, Schema, SchemaBuilder, Searcher

from schemas.errors import Fatal
from schemas.knowledge import Passage
from schemas.retrieval import Hit, Scope
from sinks.knowledge import analysis
from sinks.knowledge.register import begins, ends, microseconds
from sinks.knowledge.scope import Rule

_WRITER_BYTES = 30_000_000
_WRITER_THREADS = 1
_FAILURES = (ValueError, OSError, RuntimeError)
"""What tantivy raises when it cannot write."""

_CODES = "codes"
_ABOUT_EVERYTHING = "*"
"""As the area of a document; no area is called so."""


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage under the head it is indexed by."""

    row: int
    document: int
    rule: Rule
    passage: Passage


class LexicalIndex:
    """Passages by their words and codes. Changes are seen by searchers made after `commit`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = self._opened()
        self._writer = self._index.writer(_WRITER_BYTES, _WRITER_THREADS)

    def agrees(self, state: str) -> bool:
        """Return whether it holds what the store held in that state."""
        query = Query.term_query(_schema(), "state", state, index_option="basic")
        return bool(state) and bool(self.searcher().search(query, 1).hits)

    def searcher(self) -> Searcher:
        """Return a view of what was committed last; later commits do not change it."""
        self._index.reload()
        return self._index.searcher()

    def empty(self) -> None:
        """Take out everything."""
        self._writer.delete_all_documents()

    def drop(self, document: int) -> None:
        """Take out a document's passages."""
        self._writer.delete_documents_by_term("document", document)

    def add(self, indexed: IndexedPassage) -> None:
        """Put in a passage."""
        self._writer.add_document(_document(indexed))

    @contextmanager
    def changing(self, state: str, former: str) -> Iterator[None]:
        """Commit what is changed within, as this state of the store; undo it if an exception leaves.

        Raises:
            Fatal: `knowledge_index_broken` if it cannot be written.
        """
        try:
            yield
            self._commit(state, former)
        except _FAILURES as error:
            raise Fatal("knowledge_index_broken", type(error).__name__) from None
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        try:
            self._writer.rollback()
        except _FAILURES as error:
            raise Fatal("knowledge_index_broken", type(error).__name__) from None

    def _commit(self, state: str, former: str) -> None:
        if former:
            self._writer.delete_documents_by_term("state", former)
        self._writer.add_document(Document(state=state))
        self._writer.commit()

    def close(self) -> None:
        """Let go of the files, once merges that run have ended."""
        self._writer.wait_merging_threads()

    def _opened(self) -> Index:
        try:
            return self._made()
        except ValueError:  # of another layout, or damaged: it is made anew from the store
            shutil.rmtree(self._folder)
            return self._made()

    def _made(self) -> Index:
        self._folder.mkdir(exist_ok=True)
        index = Index(_schema(), path=str(self._folder))
        index.register_tokenizer(_CODES, analysis.code_analyzer())
        return index


def find_words(
    searcher: Searcher, text: str, scope: Scope | None, barred: Sequence[int], limit: int
) -> list[Hit]:
    """Return passages by BM25, best first."""
    terms = analysis.telling(analysis.query_words(text), lambda term: searcher.doc_freq("words", term))
    asked = [Query.term_query(_schema(), "words", term, "freq") for term in terms]
    return _found(searcher, asked, scope, barred, limit)


def find_codes(
    searcher: Searcher, codes: Iterable[str], scope: Scope | None, barred: Sequence[int], limit: int
) -> list[Hit]:
    """Return passages by how many of the codes they hold."""
    asked = [Query.const_score_query(_code(parts), 1.0) for parts in analysis.asked_codes(codes)]
    return _found(searcher, asked, scope, barred, limit)


def _found(
    searcher: Searcher, asked: list[Query], scope: Scope | None, barred: Sequence[int], limit: int
) -> list[Hit]:
    if not asked or limit <= 0 or (scope is not None and not scope.grants):
        return []
    clauses = [(Occur.Must, Query.boolean_query([(Occur.Should, query) for query in asked]))]
    clauses += [(Occur.Must, Query.const_score_query(query, 0.0)) for query in _filters(scope)]
    if barred:
        clauses.append((Occur.MustNot, Query.term_set_query(_schema(), "document", list(barred))))
    found = searcher.search(Query.boolean_query(clauses), limit, count=False).hits
    rows = searcher.fast_field_values("row", [address for _, address in found]) if found else []
    hits = [
        Hit(int(row), float(score)) for row, (score, _) in zip(rows, found, strict=True) if row is not None
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.row))


def _filters(scope: Scope | None) -> list[Query]:
    if scope is None:
        return []
    at = microseconds(scope.at)
    filters = [
        Query.term_set_query(_schema(), "grants", list(scope.grants)),
        Query.range_query(_schema(), "begin", FieldType.Integer, upper_bound=at),
        Query.range_query(_schema(), "end", FieldType.Integer, lower_bound=at, include_lower=False),
    ]
    if scope.document_types:
        filters.append(Query.term_set_query(_schema(), "kind", list(scope.document_types)))
    if scope.product_areas:
        filters.append(Query.term_set_query(_schema(), "area", [*scope.product_areas, _ABOUT_EVERYTHING]))
    return filters


def _code(parts: tuple[str, ...]) -> Query:
    if len(parts) == 1:
        return Query.term_query(_schema(), _CODES, parts[0], "position")
    return Query.phrase_query(_schema(), _CODES, list(parts))


def _document(indexed: IndexedPassage) -> Document:
    head, passage = indexed.rule.head, indexed.passage
    document = Document(
        grants=list(indexed.rule.grants),
        kind=head.document_type,
        area=head.product_area or _ABOUT_EVERYTHING,
        codes=analysis.plain(analysis.searched(passage)),
    )
    document.add_integer("row", indexed.row)
    document.add_integer("document", indexed.document)
    document.add_integer("begin", begins(indexed.rule))
    document.add_integer("end", ends(indexed.rule))
    words = analysis.passage_analyzer(head.language).pre_tokenize(
        analysis.plain(analysis.titled_twice(passage))
    )
    document.add_pre_tokenized_text("words", words)
    return document


@cache
def _schema() -> Schema:
    builder = SchemaBuilder()
    for name in ("state", "grants", "kind", "area"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", index_option="freq")
    builder.add_text_field(_CODES, tokenizer_name=_CODES, index_option="position")
    builder.add_integer_field("row", fast=True)
    builder.add_integer_field("document", indexed=True)  # by a term of an unsigned field nothing is deleted
    builder.add_integer_field("begin", fast=True)
    builder.add_integer_field("end", fast=True)
    return builder.build()
