"""The parts of retrieval by themselves: codes, fusion, near-duplicates, weights."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.ground.retrieval.codes import MAX_CODES, codes_in
from processors.ground.retrieval.duplicates import repeats, shingles
from processors.ground.retrieval.fusion import Ranking, fuse
from processors.ground.retrieval.weighting import age_days, weight
from schemas.knowledge import DocumentHead, Passage
from schemas.retrieval import Hit, IndexEntry

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Where is NW-104233?", ("NW-104233",)),
        ("error E1042 at checkout", ("E1042",)),
        ("part 4711-A and SKU88/1.", ("4711-A", "SKU88/1")),
        ("my voucher 20260001", ("20260001",)),
        ("in 2026 I paid 60 EUR, 140 x 200 cm, 2nd time, 12.50 twice", ()),
        ("nothing here", ()),
        ("a1 " * 50, ("a1",)),
        ("x" * 41 + "1", ()),
    ],
)
def test_codes_are_words_that_only_a_code_looks_like(text: str, codes: tuple[str, ...]) -> None:
    assert codes_in(text) == codes


def test_declared_identifiers_come_first_and_codes_are_bounded() -> None:
    found = codes_in(" ".join(f"E{number:04d}" for number in range(50)), ["AA-000001"])
    assert found[0] == "AA-000001"
    assert len(found) == MAX_CODES


def hits(*rows: int) -> list[Hit]:
    return [Hit(row, 100.0 - place) for place, row in enumerate(rows)]


def test_what_two_ways_find_comes_before_what_one_finds_first() -> None:
    fused = fuse([Ranking("a", 1.0, hits(1, 2)), Ranking("b", 1.0, hits(3, 2))])
    assert [found.row for found in fused] == [2, 1, 3]
    assert fused[0].scores == {"a": 99.0, "b": 99.0}


def test_the_first_of_every_ranking_scores_one() -> None:
    assert fuse([Ranking("a", 2.0, hits(7)), Ranking("b", 0.5, hits(7))])[0].score == pytest.approx(1.0)


def test_a_ranking_counts_by_its_weight() -> None:
    assert fuse([Ranking("a", 1.0, hits(1)), Ranking("b", 2.0, hits(2))])[0].row == 2


@given(st.lists(st.lists(st.integers(0, 20), unique=True), max_size=4))
def test_fusion_keeps_every_row_once(rankings: list[list[int]]) -> None:
    fused = fuse([Ranking(str(number), 1.0, hits(*rows)) for number, rows in enumerate(rankings)])
    assert sorted(found.row for found in fused) == sorted({row for rows in rankings for row in rows})
    assert all(0 < found.score <= 1 for found in fused)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Returns are free within thirty days.", "Returns are free within thirty days", True),
        ("Returns are free.", "Returns are free. Exchanges cost five euros and take a week.", True),
        ("Returns are free within thirty days.", "Exchanges are free within sixty days.", False),
        ("Yes.", "No.", False),
    ],
)
def test_near_duplicates(one: str, other: str, *, same: bool) -> None:
    assert repeats(shingles(one), [shingles(other)]) is same


def entry(generality: float = 0.0, **head: object) -> IndexEntry:
    given = {"tenant": "acme", "document_id": "a", "version": 1, "title": "A", **head}
    passage = Passage(passage_id="top", title="A", text="text", tokens=1, chunker="1")
    return IndexEntry(DocumentHead.model_validate(given), passage, NOW - timedelta(days=10), generality)


def test_a_passage_in_the_asked_language_keeps_its_weight() -> None:
    assert weight(entry(language="de"), "de-AT", {}, NOW) == 1.0
    assert weight(entry(language="de"), "", {}, NOW) == 1.0
    assert weight(entry(language="de"), "en", {}, NOW) < 1.0


def test_a_document_halves_with_each_half_life_of_its_type() -> None:
    dated = entry(document_type="news", valid_from=NOW - timedelta(days=20))
    assert age_days(dated, NOW) == 20
    assert weight(dated, "", {"news": 10.0}, NOW) == pytest.approx(0.25)
    assert weight(dated, "", {"policy": 10.0}, NOW) == 1.0


def test_age_counts_from_publication_where_validity_does_not_say() -> None:
    assert age_days(entry(), NOW) == 10
    assert age_days(entry(valid_from=NOW + timedelta(days=1)), NOW) == 0


def test_generic_text_is_damped() -> None:
    assert 0 < weight(entry(generality=1.0), "", {}, NOW) < weight(entry(generality=0.2), "", {}, NOW) < 1
