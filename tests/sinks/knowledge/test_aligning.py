"""The closer look: what it prefers, and what it bears."""

import pytest

from schemas.knowledge import Passage
from sinks.knowledge import aligning
from sinks.knowledge.aligning import WordAligner


def passage(text: str, title: str = "") -> Passage:
    return Passage(passage_id="a", title=title, text=text, tokens=1, chunker="1")


@pytest.fixture(scope="module")
def aligner() -> WordAligner:
    return WordAligner()


@pytest.mark.parametrize(
    ("asked", "better", "worse"),
    [
        ("Will my notebook fit?", "It has a sleeve for a laptop.", "It burns gas with a screw valve."),
        ("keep the tea hot", "The flask keeps drinks warm.", "The lamp has three steps."),
        ("password forgotten", "Choose forgot password.", "Orders are kept for ten years."),
    ],
)
def test_near_words_count_where_no_word_is_shared(
    aligner: WordAligner, asked: str, better: str, worse: str
) -> None:
    near, far = aligner.score(asked, [passage(better), passage(worse)])
    assert 0 <= far < near <= 1


def test_the_same_words_score_one_and_a_title_counts(aligner: WordAligner) -> None:
    same, titled = aligner.score("Gift cards", [passage("cards, gift"), passage("nothing", "Gift cards")])
    assert (same, titled) == pytest.approx((1.0, 1.0), abs=1e-5)


@pytest.mark.parametrize("text", ["", "?!", "\x00", "𝄞", "a" * 100_000, "word " * 50_000])
def test_whatever_is_asked_or_said_scores_between_zero_and_one(aligner: WordAligner, text: str) -> None:
    for score in (*aligner.score(text, [passage("some text")]), *aligner.score("some text", [passage(text)])):
        assert 0 <= score <= 1


def test_no_passages_no_scores(aligner: WordAligner) -> None:
    assert aligner.score("a", []) == []


def test_remembered_words_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligning, "REMEMBERED_WORDS", 10)
    bounded = WordAligner()
    before = bounded.score("one two", [passage("three four")])
    bounded.score("five", [passage(" ".join(f"w{number}" for number in range(100)))])
    assert len(bounded._known) <= 10
    assert bounded.score("one two", [passage("three four")]) == before
