"""Answers from a follower's index, as long as it is known to lack nothing."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from processors.ground.retrieval import HybridRetriever
from schemas.base import Clock
from schemas.envelope import Context
from schemas.errors import Retryable
from schemas.retrieval import KnowledgeQuery, Retrieval
from schemas.tasks import Registry
from streams.knowledge.follower import Follower

if TYPE_CHECKING:
    from sinks.knowledge.aligning import WordAligner


@dataclass(frozen=True)
class FollowedKnowledge:
    """Implements `Retriever`."""

    follower: Follower
    registry: Registry
    clock: Clock

    async def retrieve(self, context: Context, query: KnowledgeQuery) -> Retrieval:
        """Return what the index has for the requester.

        Raises:
            Retryable: `knowledge_stale`, also when the index was emptied while it was searched.
        """
        index, fresh = self.follower.index, self.follower.fresh
        if index is None:
            raise Retryable("knowledge_stale", "the index is not open yet")
        retriever = HybridRetriever(index, self.registry, self.clock, fresh, _aligner())
        found = await retriever.retrieve(context, query)
        fresh()
        return found


@cache
def _aligner() -> "WordAligner":
    from sinks.knowledge.aligning import WordAligner  # noqa: PLC0415 - only who grounds needs its libraries

    return WordAligner()
