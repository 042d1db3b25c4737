"""Rows of embeddings: growing, leaving, and the shortlist against looking at each."""

import numpy as np
import pytest

from sinks.knowledge import vectors
from sinks.knowledge.embeddings import Vectors, unit
from sinks.knowledge.precision import halved, restored
from sinks.knowledge.register import NOBODY
from sinks.knowledge.vectors import VectorTable

DIMENSIONS = 128


@pytest.fixture
def rows() -> Vectors:
    random = np.random.default_rng(3)
    return unit(random.normal(size=(3_000, DIMENSIONS)).astype(np.float32))


def table(rows: Vectors) -> VectorTable:
    return VectorTable(DIMENSIONS).with_rows(range(len(rows)), range(len(rows)), rows)


def nearest(
    rows: Vectors, query: Vectors, within: np.ndarray[tuple[int], np.dtype[np.bool_]], limit: int
) -> list[int]:
    scores = np.where(within, restored(halved(rows)) @ query, -1)
    return [int(each) for each in np.argsort(-scores, kind="stable")[:limit]]


@pytest.mark.parametrize("block", [64, 1_000, 3_000, 4_096])
def test_few_rows_are_ranked_exactly_whatever_the_blocks(
    rows: Vectors, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "BLOCK_ROWS", block)
    within = np.zeros(len(rows) + 1, np.bool_)
    within[100:1_500:3] = True
    hits = table(rows).search(rows[700], within, 20)
    assert [hit.row for hit in hits] == nearest(rows, rows[700], within[:-1], 20)
    assert hits[0].row == 700
    assert hits[0].score == pytest.approx(1, abs=3e-3)


def test_many_rows_are_shortlisted_by_their_signs(rows: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "SHORTLIST", 400)
    within = np.ones(len(rows) + 1, np.bool_)
    within[[-1, 5]] = False
    found = 0
    for row in range(0, 500, 10):
        query = unit(rows[row : row + 1] + 0.5 * rows[row + 1 : row + 2])[0]
        hits = table(rows).search(query, within, 10)
        assert hits[0].row == row
        assert 5 not in {hit.row for hit in hits}
        found += len({hit.row for hit in hits} & set(nearest(rows, query, within[:-1], 10)))
    assert found / 500 > 0.7


def test_a_shortlist_holds_as_many_as_are_wanted(rows: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "SHORTLIST", 10)
    within = np.ones(len(rows) + 1, np.bool_)
    alike = np.abs(rows)
    hits = table(alike).search(alike[0], within, 2_900)
    assert len(hits) == 2_900
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_view_stays_as_it_was(rows: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "BLOCK_ROWS", 100)
    old = table(rows[:150])
    within = np.ones(400, np.bool_)
    within[-1] = False
    grown = old.with_rows(range(150, 260), range(150, 260), rows[150:260])
    shrunk = grown.without([0, 255, 10_000, -1])
    assert (old.count(within), grown.count(within), shrunk.count(within)) == (150, 260, 258)
    assert (old.document(0), grown.document(0), shrunk.document(0)) == (0, 0, NOBODY)
    assert (old.document(200), shrunk.document(200)) == (NOBODY, 200)
    assert old.vector(200) is None
    assert 255 not in {hit.row for hit in shrunk.search(rows[255], within, 5)}


def test_rows_that_left_give_their_room_back(rows: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "BLOCK_ROWS", 100)
    full = table(rows[:1_000])
    some = full.without(range(0, 1_000, 2))
    assert len(some.blocks) == 10
    few = some.without(row for row in range(1_000) if row % 10 != 1)
    assert len(few.blocks) == 1
    within = np.ones(1_001, np.bool_)
    within[-1] = False
    assert few.count(within) == 100
    assert [few.document(row) for row in (1, 2, 991)] == [1, NOBODY, 991]
    assert few.search(rows[991], within, 1)[0].row == 991
    assert few.nbytes < full.nbytes / 5


def test_no_rows_find_nothing(rows: Vectors) -> None:
    empty = VectorTable(DIMENSIONS)
    assert empty.search(rows[0], np.ones(4, np.bool_), 3) == []
    assert table(rows[:5]).search(rows[0], np.zeros(9, np.bool_), 3) == []
    assert table(rows[:5]).search(rows[0], np.ones(9, np.bool_), 0) == []


def test_vectors_are_rounded_to_the_nearest() -> None:
    given = np.array([[1, -1, 0, 0.1, -0.3, 1 + 2**-8, 1 + 3 * 2**-8, 1e-30]], np.float32)
    back = restored(halved(given))
    assert back.tolist()[0][:3] == [1, -1, 0]
    assert np.abs(back - given).max() <= 2**-8
    assert back[0, 5:7].tolist() == [1, 1 + 2**-6]
    assert (restored(halved(back)) == back).all()
