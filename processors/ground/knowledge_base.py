"""Knowledge in memory: what may not be read is left out before anything is ranked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processors.ground.access import Access, access
from processors.ground.chunking import Piece, chunk
from processors.ground.ranking import MAX_QUERY_CHARACTERS, Terms, bm25, terms
from schemas.base import Clock, primary_language
from schemas.envelope import ChunkUse, Context
from schemas.knowledge import Chunk, Document
from schemas.retrieval import KnowledgeQuery, Reader, Retrieval

SAME_LANGUAGE = 1.5
"""Weight of a passage in the requester's language."""

WHOLE_DOCUMENT = "*"


@dataclass(frozen=True, slots=True)
class _Indexed:
    document: Document
    passage: Piece
    terms: Terms

    @property
    def chunk_id(self) -> str:
        return f"{self.document.document_id}@{self.document.version}#{self.passage.passage_id}"


@dataclass(frozen=True, slots=True)
class _Ranked:
    entry: _Indexed
    because: str
    score: float


class KnowledgeBase:
    """Implements `Retriever` over documents held in memory; made for hundreds of documents a tenant.

    Every document of the tenant has its decision in `Retrieval.uses`: the passages returned with their rank, the others
    as a whole with rank 0.
    """

    def __init__(self, documents: Iterable[Document], clock: Clock) -> None:
        self._clock = clock
        self._tenants: dict[str, dict[str, tuple[_Indexed, ...]]] = {}
        for document in documents:
            self.put(document)

    def put(self, document: Document) -> None:
        """Add a document, or replace it, whatever its version was."""
        indexed = tuple(_index(document, piece) for piece in chunk(document))
        self._tenants.setdefault(document.tenant, {})[document.document_id] = indexed

    def remove(self, tenant: str, document_id: str) -> None:
        """Forget a document."""
        self._tenants.get(tenant, {}).pop(document_id, None)

    async def retrieve(self, context: Context, query: KnowledgeQuery) -> Retrieval:
        """Return the passages that match best among those the requester may read."""
        decided = list(self._decide(context))
        readable = [
            (entry, decision) for entries, decision in decided if decision.permitted for entry in entries
        ]
        ranked = _rank(readable, query.text, primary_language(query.language))[: query.limit]
        return Retrieval(
            chunks=tuple(_chunk(found) for found in ranked),
            uses=(*_uses(ranked), *_unused(decided, {found.entry.document.document_id for found in ranked})),
        )

    def _decide(self, context: Context) -> Iterator[tuple[tuple[_Indexed, ...], Access]]:
        now = self._clock.now()
        for _, entries in sorted(self._tenants.get(context.tenant, {}).items()):
            if entries:
                yield entries, access(entries[0].document, Reader(context.tenant, context.principal), now)


def _index(document: Document, piece: Piece) -> _Indexed:
    return _Indexed(document, piece, terms(f"{piece.title} {piece.title} {piece.text}"))


def _rank(readable: list[tuple[_Indexed, Access]], query: str, language: str) -> list[_Ranked]:
    scores = bm25(terms(query[:MAX_QUERY_CHARACTERS]), [entry.terms for entry, _ in readable])
    ranked = [
        _Ranked(entry, decision.because, round(score * _weight(entry, language), 4))
        for (entry, decision), score in zip(readable, scores, strict=True)
        if score > 0
    ]
    return sorted(ranked, key=lambda found: (-found.score, found.entry.chunk_id))


def _weight(entry: _Indexed, language: str) -> float:
    return SAME_LANGUAGE if primary_language(entry.document.language) == language else 1.0


def _chunk(found: _Ranked) -> Chunk:
    document, passage = found.entry.document, found.entry.passage
    return Chunk(
        chunk_id=found.entry.chunk_id,
        document_id=document.document_id,
        document_version=document.version,
        title=passage.title,
        text=passage.text,
        score=found.score,
    )


def _uses(ranked: list[_Ranked]) -> Iterator[ChunkUse]:
    for rank, found in enumerate(ranked, start=1):
        yield ChunkUse(
            chunk_id=found.entry.chunk_id,
            document_id=found.entry.document.document_id,
            rank=rank,
            score=found.score,
            permitted=True,
            permitted_by=found.because,
        )


def _unused(decided: list[tuple[tuple[_Indexed, ...], Access]], used: set[str]) -> Iterator[ChunkUse]:
    for entries, decision in decided:
        document = entries[0].document
        if document.document_id not in used:
            yield ChunkUse(
                chunk_id=f"{document.document_id}@{document.version}#{WHOLE_DOCUMENT}",
                document_id=document.document_id,
                rank=0,
                score=0.0,
                permitted=decision.permitted,
                permitted_by=decision.because,
            )
