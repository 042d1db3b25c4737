"""The retriever: decides what may be read, searches that in three ways, and keeps what answers best."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from processors.ground.access import Access, access, held, owned
from processors.ground.retrieval.codes import codes_in
from processors.ground.retrieval.duplicates import Shingles, repeats, shingles
from processors.ground.retrieval.fusion import Fused, Ranking, fuse
from processors.ground.retrieval.weighting import age_days, weight
from schemas.base import Clock
from schemas.envelope import ChunkUse, Context, Principal
from schemas.knowledge import Chunk
from schemas.retrieval import (
    MAX_QUERY_CHARACTERS,
    Hit,
    IndexEntry,
    KnowledgeQuery,
    PassageIndex,
    Reader,
    Reranker,
    Retrieval,
    Scope,
)
from schemas.tasks import Registry

Freshness = Callable[[], None]
"""Raises Retryable `knowledge_stale` when the index may lack a revocation."""

EXACT, LEXICAL, SEMANTIC = "exact", "lexical", "semantic"
WEIGHTS = {EXACT: 2.0, LEXICAL: 1.0, SEMANTIC: 1.0}
DEPTH = 40
"""Passages asked of each way of searching."""

RERANKED = 45
"""Passages that get a closer look; where there is one, the others are left out."""

CLOSER = 2 / 3
"""How much the closer look counts beside the meaning of the whole passage. A code that was found counts as both."""

MAX_WITHHELD = 20


def always_fresh() -> None:
    """For an index that nothing changes."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    found: Fused
    entry: IndexEntry
    decision: Access
    factor: float
    score: float
    age_days: float

    @property
    def chunk_id(self) -> str:
        head = self.entry.head
        return f"{head.document_id}@{head.version}#{self.entry.passage.passage_id}"


@dataclass(frozen=True)
class HybridRetriever:
    """Implements `Retriever` over a `PassageIndex`.

    Permission, tenant, validity and the task's choice of types filter before anything is ranked. Each candidate is
    decided on once more against its document as it stands at that moment, and each decision is in `Retrieval.uses`:
    the passages used with their rank, those left over and those withheld with rank 0. What is withheld is looked for
    among the documents of the reader's own tenant only, so that no trace tells of others'.

    Attributes:
        reranker: takes a closer look at what fusion put first, and decides the order.
        weights: of the ways of searching; one that is missing is not asked.
    """

    index: PassageIndex
    registry: Registry
    clock: Clock
    fresh: Freshness = always_fresh
    reranker: Reranker | None = None
    weights: tuple[tuple[str, float], ...] = tuple(WEIGHTS.items())

    async def retrieve(self, context: Context, query: KnowledgeQuery) -> Retrieval:
        """Return the best permitted passages. Raises Retryable `knowledge_stale`."""
        self.fresh()
        if query.limit < 1:
            return Retrieval((), ())
        reader = reader_of(context.tenant, context.principal, self.registry)
        return await asyncio.to_thread(self.find, reader, query)

    def find(self, reader: Reader, query: KnowledgeQuery) -> Retrieval:
        """Do the same for a reader, at once, whether the index is fresh or not."""
        now = self.clock.now()
        scope = Scope(held(reader), now, query.document_types, query.product_areas)
        found = fuse(list(self._rankings(query, scope)))
        decided = list(self._candidates(found, reader, query, now))
        candidates = sorted(self._reranked(decided, query), key=lambda each: (-each.score, each.chunk_id))
        permitted = [each for each in candidates if each.decision.permitted]
        chosen = _chosen(permitted, query)
        withheld = self._withheld(reader, query, now)
        return Retrieval(
            tuple(map(_chunk, chosen)), tuple(_uses(chosen, [*candidates, *withheld], query.limit))
        )

    def _rankings(self, query: KnowledgeQuery, scope: Scope) -> Iterator[Ranking]:
        words = query.text[:MAX_QUERY_CHARACTERS]
        codes = codes_in(words, query.codes)
        asked: dict[str, Callable[[], Sequence[Hit]]] = {
            EXACT: lambda: self.index.exact(codes, scope, DEPTH) if codes else (),
            LEXICAL: lambda: self.index.lexical(words, scope, DEPTH),
            SEMANTIC: lambda: self.index.semantic(words, scope, DEPTH),
        }
        for name, value in self.weights:
            yield Ranking(name, value, asked[name]())

    def _candidates(
        self, fused: Sequence[Fused], reader: Reader, query: KnowledgeQuery, now: datetime
    ) -> Iterator[_Candidate]:
        for found in fused:
            entry = self.index.entry(found.row)
            if entry is not None:
                factor = weight(entry, query.language, query.half_life_days, now)
                yield _Candidate(
                    found,
                    entry,
                    access(entry.head, reader, now),
                    factor,
                    found.score * factor,
                    age_days(entry, now),
                )

    def _reranked(self, candidates: Sequence[_Candidate], query: KnowledgeQuery) -> Iterator[_Candidate]:
        if self.reranker is None:
            yield from candidates
            return
        near = candidates[:RERANKED]
        scores = self.reranker.score(query.text[:MAX_QUERY_CHARACTERS], [each.entry.passage for each in near])
        for each, score in zip(near, scores, strict=True):
            yield replace(each, score=each.factor * _closer(each.found, score))

    def _withheld(self, reader: Reader, query: KnowledgeQuery, now: datetime) -> list[_Candidate]:
        """Return what would have been a candidate, had the reader been permitted to read it."""
        everything = Scope(owned(reader.tenant), now, query.document_types, query.product_areas)
        hits = self.index.lexical(query.text[:MAX_QUERY_CHARACTERS], everything, MAX_WITHHELD)
        found = fuse([Ranking(LEXICAL, 1.0, hits)])
        candidates = self._candidates(found, reader, query, now)
        return [
            each
            for each in candidates
            if not each.decision.permitted and each.entry.head.tenant == reader.tenant
        ]


def _closer(found: Fused, reranked: float) -> float:
    """Return the score of a passage that was looked at closely: by its words' nearness, its meaning, and a code in it."""
    meant = max(0.0, found.scores.get(SEMANTIC, 0.0))
    return (CLOSER * reranked + (1 - CLOSER) * meant + (EXACT in found.scores)) / 2


def reader_of(tenant: str, principal: Principal, registry: Registry) -> Reader:
    """Return a principal as a reader of knowledge; a tenant that nobody knows accepts nothing of others."""
    known = registry.tenant(tenant)
    return Reader(tenant, principal, frozenset(known.knowledge_from if known else ()))


def _chosen(ranked: Sequence[_Candidate], query: KnowledgeQuery) -> list[_Candidate]:
    """Take the best that fit, without near-duplicates; the weakest are what is left out."""
    chosen: list[_Candidate] = []
    said: list[Shingles] = []
    room = query.max_tokens
    for candidate in ranked:
        passage = candidate.entry.passage
        if len(chosen) == query.limit:
            break
        text = shingles(passage.text)
        if passage.tokens <= room and not repeats(text, said):
            chosen.append(candidate)
            said.append(text)
            room -= passage.tokens
    return chosen


def _chunk(candidate: _Candidate) -> Chunk:
    head, passage = candidate.entry.head, candidate.entry.passage
    return Chunk(
        chunk_id=candidate.chunk_id,
        document_id=head.document_id,
        document_version=head.version,
        title=passage.title,
        text=passage.text,
        score=round(candidate.score, 6),
        language=head.language,
        document_type=head.document_type,
        owner=head.tenant,
        access_version=head.access.version,
        tokens=passage.tokens,
        chunker=passage.chunker,
        marks=passage.marks,
    )


def _uses(chosen: Sequence[_Candidate], considered: Sequence[_Candidate], limit: int) -> Iterator[ChunkUse]:
    ranks = {candidate.found.row: rank for rank, candidate in enumerate(chosen, start=1)}
    refused = [each for each in considered if not each.decision.permitted]
    unused = [each for each in considered if each.decision.permitted and each.found.row not in ranks]
    for candidate in [*chosen, *unused[: 2 * limit], *refused[:MAX_WITHHELD]]:
        yield _use(candidate, ranks.get(candidate.found.row, 0))


def _use(candidate: _Candidate, rank: int) -> ChunkUse:
    head, scores = candidate.entry.head, candidate.found.scores
    return ChunkUse(
        chunk_id=candidate.chunk_id,
        document_id=head.document_id,
        rank=rank,
        score=round(candidate.score, 6),
        permitted=candidate.decision.permitted,
        permitted_by=candidate.decision.because,
        access_version=head.access.version,
        lexical_score=round(scores.get(LEXICAL, 0.0), 4),
        semantic_score=round(scores.get(SEMANTIC, 0.0), 4),
        age_days=round(candidate.age_days, 2),
    )
