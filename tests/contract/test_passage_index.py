"""What every index of passages does, whether it looks at everything or not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from processors.ground.access import grants
from schemas.retrieval import Scope
from sinks.knowledge.batch import Batch, LiveIndex, Place
from sinks.knowledge.index import KnowledgeIndex, Versions
from sinks.knowledge.memory import MemoryPassageIndex
from tests.knowledge import AT, PUBLIC, head, scope, texts, tombstone, upsert


@pytest.fixture(params=["memory", "embedded"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveIndex]:
    made: LiveIndex
    if request.param == "memory":
        made = MemoryPassageIndex(grants)
    else:
        made = KnowledgeIndex.open(tmp_path, grants=grants, versions=Versions("c1", "d1"))
    yield made
    made.close()


def found(index: LiveIndex, words: str, within: Scope | None) -> list[str]:
    return texts(index, index.lexical(words, within, 10))


def everywhere(index: LiveIndex, text: str, within: Scope | None) -> set[str]:
    """Return what any of the searches finds."""
    hits = [
        *index.exact(text.split(), within, 10),
        *index.lexical(text, within, 10),
        *index.semantic(text, within, 10),
    ]
    return set(texts(index, hits))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The lamp (nw-104233) is out of stock.", "NW-104233"),
        ("Error E-1042: the card was declined.", "e-1042"),
        ("Either E-1042/E-1043 may be shown.", "E-1043"),
        ("It ends with E-1042.", "E-1042"),
        ("Ask for sku 88-1, please.", "SKU 88-1"),
        ("Version v2.1 cures it.", "V2.1"),
        ("Artikel NW‑104233 fehlt.", "NW-104233"),  # noqa: RUF001 - a hyphen that does not break
        ("It says ERR_TIMED_OUT then.", "err_timed_out"),
        ("File INV/2024/0017 is closed.", "INV/2024/0017"),
    ],
)
def test_a_code_is_found_as_a_whole(index: LiveIndex, text: str, code: str) -> None:
    index.apply(Batch([upsert("a", text), upsert("b", "Nothing of the kind is said here.")]))

    hits = index.exact([code, "X-0"], scope(), 5)
    assert texts(index, hits) == [text]
    assert hits[0].score == 1
    assert texts(index, index.exact([code], None, 5)) == [text]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Spare part NW-104233-B", "NW-104233"),
        ("Spare part ANW-104233", "NW-104233"),
        ("Order 1042339", "104233"),
        ("88-1.5 volts", "88-1"),
        ("sku of the 88-1", "SKU 88-1"),
        ("Anything", ""),
        ("Anything", "?!"),
    ],
)
def test_a_part_of_a_code_is_not_found(index: LiveIndex, text: str, code: str) -> None:
    index.apply(Batch([upsert("a", text)]))
    assert index.exact([code], scope(), 5) == []


def test_who_holds_more_codes_comes_first(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "E-1 only"), upsert("b", "E-1 and E-2, and E-1 again")]))
    hits = index.exact(["e-1", "E-2", "E-1"], scope(), 5)
    assert texts(index, hits) == ["E-1 and E-2, and E-1 again", "E-1 only"]
    assert [hit.score for hit in hits] == [2, 1]
    assert len(index.exact(["E-1"], scope(), 1)) == 1


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("en", "Refunds are paid within 14 days.", "how do I get a refund"),
        ("de", "Rücksendungen sind kostenlos.", "Was kostet eine RUCKSENDUNG?"),
        ("de", "Die Bücher wurden verschickt.", "buch"),
        ("fr", "Les commandes sont expédiées le lundi.", "Quand ma commande sera-t-elle expediee"),
        ("es", "Los pedidos devueltos se reembolsan.", "¿Dónde está mi pedido devuelto?"),
        ("pl", "Zwroty są bezpłatne.", "zwroty"),
    ],
)
def test_words_are_found_without_case_accents_and_endings(
    index: LiveIndex, language: str, text: str, query: str
) -> None:
    index.apply(Batch([upsert("a", text, language=language), upsert("b", "Unrelated talk of lamps.")]))
    assert found(index, query, scope()) == [text]


def test_titles_count_more_than_text(index: LiveIndex) -> None:
    plain, titled = (
        upsert("a", "The warranty is long here."),
        upsert("b", "It is two years long.", "Warranty"),
    )
    index.apply(Batch([plain, titled]))
    assert found(index, "warranty", scope())[0] == "It is two years long."


@pytest.mark.parametrize(
    "query",
    [
        'refund AND "',
        "text:refund^9 OR *",
        "+refund -paid",
        "[refund TO *}",
        "refund~2 (",
        "\\ refund \x00",
        "NOT refund",
    ],
)
def test_a_query_has_no_syntax(index: LiveIndex, query: str) -> None:
    index.apply(Batch([upsert("a", "A refund is paid."), upsert("b", "Lamps shine.")]))
    assert found(index, query, scope()) == ["A refund is paid."]


def test_no_words_find_nothing(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "A refund is paid.")]))
    for nothing in ("", "?!", "zebra" * 10):
        assert found(index, nothing, scope()) == []
    assert index.semantic("", scope(), 5) == []
    assert index.lexical("refund", scope(), 0) == index.semantic("refund", scope(), 0) == []


def test_a_long_query_is_searched_for(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "A refund is paid."), upsert("b", "Lamps shine.")]))
    assert found(index, "refund " + "other words " * 50_000, scope()) == ["A refund is paid."]
    assert len(index.semantic("refund " * 50_000, scope(), 5)) == 2
    assert index.exact([f"X-{number}" for number in range(10_000)], scope(), 5) == []


def test_of_a_long_query_the_rarest_words_of_its_start_are_searched_for(index: LiveIndex) -> None:
    common = " ".join(f"word{number}" for number in range(60))
    index.apply(
        Batch([*(upsert(f"c-{number}", common) for number in range(3)), upsert("a", "A refund is paid.")])
    )
    assert "A refund is paid." in found(index, f"{common} refund", scope())
    assert "A refund is paid." not in found(index, "word " * 90_000 + "refund", scope())


def test_meaning_is_found(index: LiveIndex) -> None:
    index.apply(
        Batch(
            [
                upsert("a", "Money is given back after goods return."),
                upsert("b", "Prices of goods are paid at the desk."),
            ]
        )
    )
    hits = index.semantic("when do I receive my reimbursement", scope(), 5)
    assert texts(index, hits)[0] == "Money is given back after goods return."
    assert 0 < hits[1].score < hits[0].score <= 1


def test_a_scope_is_kept_to(index: LiveIndex) -> None:
    hour = timedelta(hours=1)
    index.apply(
        Batch(
            [
                upsert("a", "refund for all", roles=("customer",)),
                upsert("b", "refund for one", roles=(), principals=("p-1",)),
                upsert("c", "refund for nobody", roles=()),
                upsert("d", "refund elsewhere", tenant="other"),
                upsert("e", "refund shared", tenant="other", tenants=("acme",)),
                upsert("f", "refund some day", valid_from=AT + hour),
                upsert("g", "refund no more", valid_until=AT),
                upsert("h", "refund from now", valid_from=AT, valid_until=AT + hour),
            ]
        )
    )
    own = {"refund for all", "refund from now"}
    assert everywhere(index, "refund", scope()) == own
    assert everywhere(index, "refund", scope(principal="p-1")) == own | {"refund for one"}
    assert everywhere(index, "refund", scope(accepts=("other",))) == own | {"refund shared"}
    assert everywhere(index, "refund", scope(roles=())) == set()
    assert everywhere(index, "refund", scope(tenant="other")) == {"refund elsewhere", "refund shared"}
    assert everywhere(index, "refund", scope(at=AT + hour)) == {"refund for all", "refund some day"}
    assert everywhere(index, "refund", Scope(frozenset(), AT)) == set()
    assert len(everywhere(index, "refund", None)) == 8


def test_types_and_areas_narrow_a_scope(index: LiveIndex) -> None:
    index.apply(
        Batch(
            [
                upsert("a", "refund faq", document_type="faq", product_area="lamps"),
                upsert("b", "refund policy", document_type="policy", product_area="chairs"),
                upsert("c", "refund in general", document_type="policy"),
            ]
        )
    )
    assert everywhere(index, "refund", scope(types=("policy",))) == {"refund policy", "refund in general"}
    assert everywhere(index, "refund", scope(areas=("lamps",))) == {"refund faq", "refund in general"}
    assert everywhere(index, "refund", scope(types=("faq",), areas=("chairs",))) == set()
    assert everywhere(index, "refund", scope(types=("unknown",))) == set()


@pytest.mark.parametrize(
    "hidden",
    [
        {"roles": ("staff",)},
        {"tenant": "other"},
        {"valid_from": AT + timedelta(seconds=1)},
        {"valid_until": AT},
        {"document_type": "faq"},
        {"product_area": "chairs"},
    ],
)
def test_what_is_hidden_takes_no_place_in_a_result(index: LiveIndex, hidden: dict[str, object]) -> None:
    better = [
        upsert(f"h-{number}", f"refund refund E-1 {number}", **hidden)  # type: ignore[arg-type]
        for number in range(20)
    ]
    index.apply(Batch([*better[:10], upsert("a", "One refund is E-1, which differs"), *better[10:]]))
    within = scope(types=("article",), areas=("lamps",))
    for hits in (
        index.exact(["e-1"], within, 1),
        index.lexical("refund", within, 1),
        index.semantic("refund", within, 1),
    ):
        assert texts(index, hits) == ["One refund is E-1, which differs"]


def test_a_new_version_replaces_the_old(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund in 30 days", offset=1)], next_offsets={0: 2}))
    (old,) = index.lexical("refund", scope(), 5)
    index.apply(Batch([upsert("a", "refund in 14 days", offset=2, version=2)], next_offsets={0: 3, 1: 7}))

    assert everywhere(index, "refund", scope()) == {"refund in 14 days"}
    assert index.entry(old.row) is None
    (new,) = index.lexical("refund", scope(), 5)
    assert new.row > old.row
    assert index.offsets() == {0: 3, 1: 7}
    assert [each.version for each in index.documents()] == [2]
    assert (index.counts().documents, index.counts().passages) == (1, 1)


def test_what_was_replaced_or_closed_takes_no_place_in_a_result(index: LiveIndex) -> None:
    for offset in range(6):
        index.apply(Batch([upsert("a", f"refund E-1 {offset}", offset=offset), upsert("b", "refund E-1 b")]))
    index.apply(Batch([upsert("c", "refund refund E-1"), upsert("d", "refund refund E-1")]))
    index.revise(head("c", roles=("staff",)), Place(0, 9))
    index.remove("acme", "d", Place(0, 9))
    for within in (scope(), scope(principal="p-1")):
        for hits in (index.exact(["e-1"], within, 2), index.lexical("refund", within, 2)):
            assert sorted(texts(index, hits)) == ["refund E-1 5", "refund E-1 b"]
        assert len(index.semantic("refund", within, 2)) == 2


def test_a_tombstone_deletes(index: LiveIndex) -> None:
    index.apply(
        Batch([upsert("a", "refund a"), upsert("b", "refund b"), upsert("a", "refund x", tenant="other")])
    )
    index.apply(Batch(tombstones=[tombstone("a", offset=9), tombstone("unknown", offset=9)]))
    assert everywhere(index, "refund", None) == {"refund b", "refund x"}
    assert index.counts().documents == 2


def test_the_last_change_of_a_batch_counts(index: LiveIndex) -> None:
    gone = Batch([upsert("a", "refund 1", offset=1)], [tombstone("a", offset=2)])
    back = Batch(
        [upsert("b", "refund 3", offset=3), upsert("b", "refund 2", offset=2)], [tombstone("b", offset=1)]
    )
    index.apply(gone)
    index.apply(back)
    assert everywhere(index, "refund", None) == {"refund 3"}


def test_what_comes_again_changes_nothing(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund new", offset=5)]))
    index.apply(Batch([upsert("a", "refund old", offset=4)], [tombstone("a", offset=3)]))
    index.apply(Batch([], [tombstone("a", offset=4)]))
    assert everywhere(index, "refund", scope()) == {"refund new"}


def test_a_document_closed_is_closed_at_once(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund", offset=1, principals=("p-1",))]))
    (hit,) = index.lexical("refund", scope(), 5)
    index.revise(head("a", version=2, roles=(), principals=("p-1",)), Place(0, 2))

    assert everywhere(index, "refund", scope()) == set()
    assert everywhere(index, "refund", scope(principal="p-1")) == {"refund"}
    entry = index.entry(hit.row)
    assert entry is not None
    assert (entry.head.version, entry.head.access.roles) == (2, ())


def test_what_is_no_longer_valid_is_not_found(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund", offset=1)]))
    index.revise(head("a", valid_until=AT, document_type="faq"), Place(0, 2))
    assert everywhere(index, "refund", scope()) == set()
    assert everywhere(index, "refund", scope(at=AT - timedelta(seconds=1))) == {"refund"}
    assert everywhere(index, "refund", scope(at=AT - timedelta(seconds=1), types=("article",))) == set()


def test_a_document_opened_keeps_its_old_text_to_its_old_readers(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund secret", offset=1, roles=("staff",))]))
    index.revise(head("a", roles=("staff", "customer")), Place(0, 2))
    assert everywhere(index, "refund", scope()) == set()
    assert everywhere(index, "refund", scope(roles=("staff",))) == {"refund secret"}

    index.apply(Batch([upsert("a", "refund told", offset=2, roles=("staff", "customer"))]))
    assert everywhere(index, "refund", scope()) == {"refund told"}


def test_older_passages_come_under_the_newest_access_list(index: LiveIndex) -> None:
    index.revise(head("a", roles=("staff",)), Place(0, 2))
    assert index.documents() == []
    index.apply(Batch([upsert("a", "refund", offset=1)]))
    assert everywhere(index, "refund", scope()) == set()
    assert everywhere(index, "refund", scope(roles=("customer", "staff"))) == {"refund"}

    index.revise(PUBLIC, Place(0, 1))
    assert everywhere(index, "refund", scope()) == set()


def test_a_document_removed_is_gone_at_once(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund", offset=1), upsert("b", "refund b", offset=1)]))
    hits = index.lexical("refund", scope(), 5)
    index.remove("acme", "a", Place(0, 3))
    index.remove("acme", "b", Place(0, 0))

    assert everywhere(index, "refund", None) == {"refund b"}
    assert [index.entry(hit.row) for hit in hits].count(None) == 1
    assert [each.document_id for each in index.documents()] == ["b"]
    assert (index.counts().documents, index.counts().passages) == (1, 1)


def test_passages_of_before_a_removal_stay_away(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund 1", offset=1)]))
    index.remove("acme", "a", Place(0, 3))
    index.revise(PUBLIC, Place(0, 4))
    index.apply(Batch([upsert("a", "refund 2", offset=2)]))
    assert everywhere(index, "refund", None) == set()
    index.apply(Batch(tombstones=[tombstone("a", offset=3)]))
    assert everywhere(index, "refund", None) == set()
    index.apply(Batch([upsert("a", "refund 4", offset=4)]))
    assert everywhere(index, "refund", scope()) == {"refund 4"}


def test_an_entry_tells_of_its_passage(index: LiveIndex) -> None:
    made = upsert("a", "refund", "Money > Refunds", language="de")
    index.apply(
        Batch(
            [
                made,
                *(upsert(f"x{number}", "refund refund refund") for number in range(5)),
                upsert("z", "Lamp"),
            ]
        )
    )
    entry = index.entry(index.lexical("Money", scope(), 1)[0].row)
    assert entry is not None
    assert (entry.head, entry.passage, entry.published_at) == (made.head, made.passages[0], made.published_at)
    odd = index.entry(index.lexical("lamp", scope(), 1)[0].row)
    assert odd is not None
    assert 0 <= odd.generality < entry.generality <= 1
    assert index.entry(99) is index.entry(-1) is None


def test_clearing_forgets_all(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a", "refund", offset=5)], next_offsets={0: 6}))
    index.remove("acme", "b", Place(0, 5))
    (old,) = index.lexical("refund", scope(), 5)
    index.clear()
    assert everywhere(index, "refund", None) == set()
    assert index.offsets() == {}
    assert index.counts().documents == index.counts().passages == 0

    index.apply(Batch([upsert("a", "refund", offset=1), upsert("b", "refund b", offset=1)]))
    assert everywhere(index, "refund", scope()) == {"refund", "refund b"}
    assert index.entry(old.row) is None


def test_a_document_without_passages_is_one(index: LiveIndex) -> None:
    index.apply(Batch([upsert("a")]))
    assert [each.document_id for each in index.documents()] == ["a"]
    assert index.counts().passages == 0
