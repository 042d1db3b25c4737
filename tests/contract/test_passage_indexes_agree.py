"""Random documents, lists, readers and changes: the index finds what looking at everything finds, and only what may be read."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.ground.access import access, grants, held
from schemas.knowledge import DocumentHead
from schemas.retrieval import Hit, PassageIndex, Reader, Scope
from sinks.knowledge.batch import Batch, LiveIndex, Place, Tombstone, Upsert
from sinks.knowledge.index import KnowledgeIndex, Versions
from sinks.knowledge.memory import MemoryPassageIndex
from tests.knowledge import AT, head, passage, reader

ALL = 1_000
WORDS = ("refund", "lamp", "parcel", "E-1", "E-2", "NW-7", "broken", "chair")
TENANTS, ROLES, PRINCIPALS = ("acme", "other"), ("customer", "staff"), ("p-1", "p-2")


def some(of: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=2)


moments = st.none() | st.integers(-2, 2).map(lambda days: AT + timedelta(days=days))
heads = st.builds(
    head,
    st.sampled_from(["a", "b", "c", "d"]),
    tenant=st.sampled_from(TENANTS),
    tenants=some(TENANTS),
    roles=some(ROLES),
    principals=some(PRINCIPALS),
    valid_from=moments,
    valid_until=moments,
    document_type=st.sampled_from(["article", "faq"]),
    product_area=st.sampled_from(["", "lamps"]),
)
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), max_size=3)
readers = st.builds(reader, st.sampled_from(TENANTS), some(ROLES), st.sampled_from(PRINCIPALS), some(TENANTS))
scopes = st.builds(
    lambda who, days, types, areas: (
        who,
        Scope(held(who), AT + timedelta(days=days), frozenset(types), frozenset(areas)),
    ),
    readers,
    st.integers(-3, 3),
    st.just([]) | some(["article", "faq"]),
    st.just([]) | some(["lamps", "chairs"]),
)
changes = st.lists(
    st.tuples(st.sampled_from(["apply", "revise", "remove", "bury", "late"]), heads, texts),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeIndex]:
    folder = tmp_path_factory.mktemp("knowledge")
    index = KnowledgeIndex.open(folder, grants=grants, versions=Versions("c1", "d1"))
    yield index
    index.close()


def change(index: LiveIndex, way: str, of: DocumentHead, said: list[str], offset: int) -> None:
    passages = [passage(text, number=number) for number, text in enumerate(said)]
    if way == "revise":
        index.revise(of, Place(0, offset))
    elif way == "remove":
        index.remove(of.tenant, of.document_id, Place(0, offset))
    elif way == "bury":
        index.apply(Batch(tombstones=[Tombstone(of.tenant, of.document_id, Place(0, offset))]))
    else:
        place = Place(0, offset if way == "apply" else max(0, offset - 2))
        index.apply(Batch([Upsert(of, passages, AT, place)]))


def said(index: PassageIndex, hits: Sequence[Hit], who: Reader, scope: Scope | None) -> list[tuple[str, ...]]:
    """Return what was found, after the newest list of each document has been asked."""
    found = []
    for hit in hits:
        entry = index.entry(hit.row)
        assert entry is not None
        assert scope is None or access(entry.head, who, scope.at).permitted
        found.append(
            (entry.head.tenant, entry.head.document_id, entry.passage.passage_id, entry.passage.text)
        )
    return sorted(found)


def agree(one: LiveIndex, other: LiveIndex, who: Reader, scope: Scope | None) -> None:
    for search in ("exact", "lexical", "semantic"):
        asked = ["e-1", "E-2"] if search == "exact" else "refund of a broken lamp"
        hits = [getattr(index, search)(asked, scope, ALL) for index in (one, other)]
        first, second = (
            said(index, found, who, scope) for index, found in zip((one, other), hits, strict=True)
        )
        assert first == second
        if search != "lexical":
            scores = [[hit.score for hit in found] for found in hits]
            assert scores[0] == pytest.approx(scores[1], abs=2e-3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=changes, asked=st.lists(scopes, min_size=1, max_size=4))
def test_the_index_finds_what_looking_at_everything_finds(
    embedded: KnowledgeIndex,
    steps: list[tuple[str, DocumentHead, list[str]]],
    asked: list[tuple[Reader, Scope]],
) -> None:
    brute = MemoryPassageIndex(grants)
    embedded.clear()
    for offset, (way, of, texts_of) in enumerate(steps):
        for index in (brute, embedded):
            change(index, way, of, texts_of, offset)
        for who, scope in asked:
            agree(brute, embedded, who, scope)
        agree(brute, embedded, reader(), None)
    assert embedded.counts().passages == brute.counts().passages
    assert sorted(map(str, embedded.documents())) == sorted(map(str, brute.documents()))


@pytest.mark.usefixtures("embedded")
def test_a_folder_is_for_the_owner_only(embedded: KnowledgeIndex) -> None:
    folder: Path = embedded.folder
    assert folder.stat().st_mode & 0o077 == 0
