"""What retrieval needs from the outside: a searchable index, asked on behalf of a reader and within a scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from schemas.envelope import ChunkUse, Context, Principal
from schemas.knowledge import Chunk, DocumentHead, Passage

MAX_QUERY_CHARACTERS = 2_000
"""Of a question; what it says after these is not searched for."""


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf knowledge is read.

    Attributes:
        accepts: other tenants whose documents the reader's tenant takes, by the registry.
    """

    tenant: str
    principal: Principal
    accepts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may touch. It is decided before anything is ranked.

    Attributes:
        grants: of which a document must carry one to be readable (`processors.ground.access`).
        at: documents not yet valid then, or no longer, are left out.
        document_types: the only ones wanted; all when empty.
        product_areas: the only ones wanted, beside documents about everything; all when empty.
    """

    grants: frozenset[str]
    at: datetime
    document_types: frozenset[str] = frozenset()
    product_areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A passage as the index keeps it.

    Attributes:
        head: of its document as it stands now, whose access list may be newer than the passage.
        published_at: when its document's record was appended to the topic.
        generality: how much it resembles everything else in the index, 0 to 1.
    """

    head: DocumentHead
    passage: Passage
    published_at: datetime
    generality: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, by its row in the index; rows are not reused while the index is open."""

    row: int
    score: float


class PassageIndex(Protocol):
    """Searches passages, best first. Without a scope everything is searched: for counting what was withheld only.

    Every method may be called from any thread, also while documents change.
    """

    def exact(self, codes: Sequence[str], scope: Scope | None, limit: int) -> Sequence[Hit]:
        """Return passages that hold a code (an article number, an error code) as a whole, whatever its case."""

    def lexical(self, words: str, scope: Scope | None, limit: int) -> Sequence[Hit]:
        """Return passages by their words: BM25."""

    def semantic(self, text: str, scope: Scope | None, limit: int) -> Sequence[Hit]:
        """Return passages by their meaning: cosine of embeddings."""

    def entry(self, row: int) -> IndexEntry | None:
        """Return a passage; None if its document was replaced or deleted since."""


class Reranker(Protocol):
    """A second, closer look at the passages found. May be called from any thread."""

    def score(self, text: str, passages: Sequence[Passage]) -> Sequence[float]:
        """Return for each passage how well it answers, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class KnowledgeQuery:
    """What a request wants to know.

    Attributes:
        codes: further identifiers, found as a whole as those in the text are.
        language: preferred, not required.
        half_life_days: age at which a document of a type counts half; types not named do not age.
        limit: most passages to return.
        max_tokens: of them all together.
        document_types, product_areas: as `Scope` has them.
    """

    text: str
    limit: int
    codes: tuple[str, ...] = ()
    language: str = ""
    max_tokens: int = 2_000
    document_types: frozenset[str] = frozenset()
    product_areas: frozenset[str] = frozenset()
    half_life_days: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retrieval:
    chunks: tuple[Chunk, ...]
    uses: tuple[ChunkUse, ...]


class Retriever(Protocol):
    """Finds passages the requester may read."""

    async def retrieve(self, context: Context, query: KnowledgeQuery) -> Retrieval:
        """Return permitted passages, best first, and the permission decisions made.

        Raises Retryable when it cannot say, also when what it knows may be out of date (`knowledge_stale`).
        """
