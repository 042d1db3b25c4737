"""The retriever over an index that answers as it is told: what is kept, what is recorded, what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from processors.ground.retrieval import HybridRetriever
from processors.ground.retrieval.retriever import MAX_WITHHELD
from schemas.errors import Retryable
from schemas.knowledge import AccessList, DocumentHead, Passage
from schemas.ports import FixedClock
from schemas.retrieval import Hit, IndexEntry, KnowledgeQuery, Scope
from schemas.tasks import Registry, TenantSpec
from tests.events import context

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OPEN = AccessList(roles=("customer",))
SHUT = AccessList(roles=("agent",))


def entry(name: str, text: str = "", *, tokens: int = 10, **head: object) -> IndexEntry:
    given = {
        "tenant": "acme-shop",
        "document_id": name,
        "version": 2,
        "title": name,
        "access": OPEN,
        "valid_from": NOW - timedelta(days=3),
        **head,
    }
    passage = Passage(
        passage_id="top", title=name, text=text or f"All about {name} and {name}.", tokens=tokens, chunker="1"
    )
    return IndexEntry(DocumentHead.model_validate(given), passage, NOW, 0.0)


@dataclass
class Told:
    """An index that finds what it is told to, whatever it is asked; it remembers what it was asked."""

    entries: Sequence[IndexEntry | None]
    exactly: Sequence[int] = ()
    by_words: Sequence[int] = ()
    by_meaning: Sequence[int] = ()
    beyond: Sequence[int] = ()
    asked: list[tuple[str, object, Scope | None]] = field(default_factory=list)

    def exact(self, codes: Sequence[str], scope: Scope | None, limit: int) -> list[Hit]:
        return self._hits("exact", tuple(codes), scope, self.exactly[:limit])

    def lexical(self, words: str, scope: Scope | None, limit: int) -> list[Hit]:
        withheld = any(name == "lexical" for name, _, _ in self.asked)
        return self._hits("lexical", words, scope, (self.beyond if withheld else self.by_words)[:limit])

    def semantic(self, text: str, scope: Scope | None, limit: int) -> list[Hit]:
        return self._hits("semantic", text, scope, self.by_meaning[:limit])

    def entry(self, row: int) -> IndexEntry | None:
        return self.entries[row]

    def _hits(self, name: str, what: object, scope: Scope | None, rows: Sequence[int]) -> list[Hit]:
        self.asked.append((name, what, scope))
        return [Hit(row, 9.0 - place) for place, row in enumerate(rows)]


def registry(*accepts: str) -> Registry:
    tenant = TenantSpec.model_validate(
        {"name": "acme-shop", "daily_budget_usd": 1, "knowledge_from": accepts}
    )
    return Registry(sources=(), tenants=(tenant,))


def retriever(index: Told, *accepts: str) -> HybridRetriever:
    return HybridRetriever(index, registry(*accepts), FixedClock(NOW))


async def names(index: Told, limit: int = 5, **query: object) -> list[str]:
    wanted = KnowledgeQuery("what about it", limit, **query)  # type: ignore[arg-type]
    found = await retriever(index).retrieve(context(), wanted)
    return [chunk.document_id for chunk in found.chunks]


async def test_what_all_ways_find_comes_first() -> None:
    index = Told([entry("a"), entry("b"), entry("c")], exactly=[2], by_words=[0, 1, 2], by_meaning=[1, 2])
    assert await names(index, codes=("E-1",)) == ["c", "b", "a"]


async def test_the_scope_is_the_readers_grants_and_the_tasks_choice() -> None:
    index = Told([])
    query = KnowledgeQuery(
        "where is NW-104233", 3, document_types=frozenset({"faq"}), product_areas=frozenset({"x"})
    )
    await retriever(index, "shared").retrieve(context(), query)
    name, what, scope = index.asked[0]
    assert (name, what) == ("exact", ("NW-104233",))
    assert scope is not None
    assert scope.at == NOW
    assert (set(scope.document_types), set(scope.product_areas)) == ({"faq"}, {"x"})
    assert "acme-shop|acme-shop|role|customer" in scope.grants
    assert "shared|acme-shop|role|customer" in scope.grants


async def test_what_an_index_lets_slip_is_refused_and_recorded() -> None:
    index = Told([entry("a"), entry("secret", access=SHUT)], by_words=[1, 0], by_meaning=[1, 0])
    found = await retriever(index).retrieve(context(), KnowledgeQuery("a", 5))
    assert [chunk.document_id for chunk in found.chunks] == ["a"]
    refused = [use for use in found.uses if not use.permitted]
    assert [(use.document_id, use.rank, use.permitted_by) for use in refused] == [
        ("secret", 0, "not_on_access_list")
    ]


async def test_what_was_withheld_is_recorded_within_bounds_and_in_the_readers_own_house() -> None:
    secrets = [entry(f"s{number}", access=SHUT) for number in range(100)]
    index = Told([entry("a"), *secrets], by_words=[0], beyond=[0, *range(1, 101)])
    found = await retriever(index, "shared").retrieve(context(), KnowledgeQuery("a", 5))
    assert sum(not use.permitted for use in found.uses) <= MAX_WITHHELD
    assert found.uses[0].permitted
    assert found.uses[-1].permitted_by == "not_on_access_list"
    scope = index.asked[-1][2]
    assert scope is not None
    assert scope.grants == {"acme-shop|owner"}


async def test_no_trace_tells_of_what_another_tenant_keeps_to_itself() -> None:
    private = entry("merger-plan", tenant="shared", access=SHUT)
    index = Told([entry("a"), private], by_words=[0], beyond=[0, 1])
    found = await retriever(index, "shared").retrieve(context(), KnowledgeQuery("a", 5))
    assert [use.document_id for use in found.uses] == ["a"]


async def test_uses_say_all_about_a_decision() -> None:
    index = Told([entry("a")], by_words=[0], by_meaning=[0])
    (use,) = (await retriever(index).retrieve(context(), KnowledgeQuery("a", 5))).uses
    assert (use.chunk_id, use.rank, use.permitted_by) == ("a@2#top", 1, "role:customer")
    assert (use.lexical_score, use.semantic_score, use.age_days) == (9.0, 9.0, 3.0)
    assert use.access_version == OPEN.version


async def test_near_duplicates_leave_room_for_others() -> None:
    text = "Standard shipping costs five euros and takes three working days to arrive."
    index = Told(
        [entry("a", text), entry("b", text.upper()), entry("c", "Something else altogether is said here.")],
        by_words=[0, 1, 2],
    )
    assert await names(index, limit=2) == ["a", "c"]


async def test_the_weakest_give_way_to_the_budget() -> None:
    index = Told([entry("a", tokens=60), entry("b", tokens=60), entry("c", tokens=30)], by_words=[0, 1, 2])
    assert await names(index, max_tokens=100) == ["a", "c"]
    assert await names(index, max_tokens=10) == []


async def test_what_vanished_meanwhile_is_left_out() -> None:
    assert await names(Told([None, entry("b")], by_words=[0, 1])) == ["b"]


async def test_age_tells_among_documents_of_a_type_that_ages() -> None:
    old = entry("old", document_type="news", valid_from=NOW - timedelta(days=300))
    new = entry("new", document_type="news")
    index = Told([old, new], by_words=[0, 1])
    assert await names(index) == ["old", "new"]
    index.asked.clear()
    assert await names(index, half_life_days={"news": 30.0}) == ["new", "old"]


async def test_nothing_is_read_while_the_index_may_be_stale() -> None:
    def stale() -> None:
        raise Retryable("knowledge_stale")

    index = Told([entry("a")], by_words=[0])
    with pytest.raises(Retryable):
        await HybridRetriever(index, registry(), FixedClock(NOW), stale).retrieve(
            context(), KnowledgeQuery("a", 5)
        )
    assert index.asked == []


async def test_a_tenant_nobody_knows_accepts_nothing() -> None:
    index = Told([])
    bare = HybridRetriever(index, Registry(sources=(), tenants=()), FixedClock(NOW))
    assert (await bare.retrieve(context(), KnowledgeQuery("a", 5))).chunks == ()
    scope = index.asked[0][2]
    assert scope is not None
    assert all(grant.startswith("acme-shop|") for grant in scope.grants)


async def test_no_passages_wanted_asks_nothing() -> None:
    index = Told([entry("a")], by_words=[0])
    assert await names(index, limit=0) == []
    assert index.asked == []


class Preferring:
    """A reranker that likes one title."""

    def __init__(self, title: str) -> None:
        self._title = title

    def score(self, text: str, passages: Sequence[Passage]) -> list[float]:
        assert text
        return [float(passage.title == self._title) for passage in passages]


async def test_a_closer_look_moves_what_answers_up_but_never_past_permission() -> None:
    index = Told([entry("a"), entry("b"), entry("c", access=SHUT)], by_words=[0, 1, 2])
    for preferred, expected in (("b", ["b", "a"]), ("c", ["a", "b"])):
        index.asked.clear()
        closer = HybridRetriever(index, registry(), FixedClock(NOW), reranker=Preferring(preferred))
        found = await closer.retrieve(context(), KnowledgeQuery("which", 5))
        assert [chunk.document_id for chunk in found.chunks] == expected


async def test_only_the_best_get_a_closer_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.ground.retrieval.retriever.RERANKED", 30)
    entries = [entry(f"d{number:02d}") for number in range(35)]
    index = Told(entries, by_words=list(range(35)))
    closer = HybridRetriever(index, registry(), FixedClock(NOW), reranker=Preferring("d34"))
    found = await closer.retrieve(context(), KnowledgeQuery("which", 1))
    assert [chunk.document_id for chunk in found.chunks] == ["d00"]
