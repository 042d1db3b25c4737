"""Figures in replies: what is right in other words passes, what is invented does not, and how often that goes wrong."""

import re
from functools import cache
from pathlib import Path

import pytest

import processors.tasks.shop_support as shop
from processors.claims import wording
from processors.claims.figures import figures
from processors.claims.support import Ground, unsupported
from processors.tasks.documents import load_documents
from tests.processors.claims.replies import INVENTED, RIGHT, Reply

FEWEST = 60


@cache
def knowledge() -> tuple[str, ...]:
    """Return every sentence that the shop has published."""
    documents = load_documents(Path(shop.__path__[0]) / "knowledge")
    texts = (re.sub(r"^#.*$", "", document.text, flags=re.MULTILINE) for document in documents)
    return tuple(" ".join(sentence.split()) for text in texts for sentence in wording.sentences(text))


def cited(beginning: str) -> str:
    found = next((sentence for sentence in knowledge() if sentence.startswith(beginning)), None)
    assert found is not None, f"the shop does not say: {beginning}"
    return found


def inventions(reply: Reply) -> int:
    language, beginnings, text = reply
    return len(unsupported(figures(text, language), [Ground(cited(each)) for each in beginnings]))


def test_there_are_enough_replies_to_measure() -> None:
    assert len(RIGHT) >= FEWEST
    assert len(INVENTED) >= FEWEST


@pytest.mark.parametrize("reply", RIGHT, ids=lambda reply: reply[2][:50])
def test_a_right_figure_passes_in_other_words(reply: Reply) -> None:
    assert inventions(reply) == 0


@pytest.mark.parametrize("reply", INVENTED, ids=lambda reply: reply[2][:50])
def test_an_invented_figure_does_not_pass(reply: Reply) -> None:
    assert inventions(reply) > 0


def test_what_the_shop_says_stands_in_what_it_says() -> None:
    assert [each for each in knowledge() if unsupported(figures(each), [Ground(each)])] == []


def test_a_date_is_one_in_any_notation_and_no_other() -> None:
    known = [Ground("delivered on 2026-11-15")]
    for right in (
        "15.11.2026",
        "15/11/2026",
        "15 November 2026",
        "November 15",
        "15. November",
        "15 de noviembre",
        "the 15th",
    ):
        assert unsupported(figures(right), known) == (), right
    for wrong in (
        "2026-11-16",
        "16 November",
        "15 October",
        "15 November 2025",
        "the 16th",
        "in May",
        "15 days",
    ):
        assert unsupported(figures(wrong), known), wrong


def test_telephone_numbers_and_codes_are_read_through_their_separators() -> None:
    known = [Ground("Call +44 7700 900142 about order AC-100102, see https://www.shop.example/help/.")]
    for right in ("+44 (7700) 900-142", "ac100102", "AC-100102", "number 100102", "shop.example/help"):
        assert unsupported(figures(right), known) == (), right
    for wrong in ("+44 7700 900143", "AC-100103", "shop.example/pay", "shop.example", "help@shop.example"):
        assert unsupported(figures(wrong), known), wrong


def test_a_number_of_absurd_length_is_compared_digit_by_digit() -> None:
    long = "1" * 20_000
    assert unsupported(figures(f"It is {long}."), [Ground(f"See {long}")]) == ()
    assert unsupported(figures(f"It is {long}2."), [Ground(f"See {long}")])
    assert [figure.kind for figure in figures(long)] == ["phone"]


def test_marks_of_what_was_redacted_are_no_figures() -> None:
    assert figures("Dear <PERSON_7f3a1c05>, ask [PERSON 2] or [EMAIL_ADDRESS].") == ()


def test_numbers_count_in_the_language_they_are_said_in() -> None:
    assert unsupported(figures("Once you have it, once more.", "en"), []) == ()
    assert unsupported(figures("Llega en once días.", "es"), [Ground("11 días")]) == ()
    assert unsupported(figures("Un article neuf.", "fr"), []) == ()
    assert unsupported(figures("Neuf jours.", "fr"), [Ground("30 jours")])


def test_a_number_that_may_be_read_two_ways_is_right_in_either() -> None:
    for said in ("1.500 g", "1,500 g", "1500 g", "1.5 kg", "1,5 kg"):
        assert unsupported(figures(said), [Ground("It weighs 1.500 g.")]) == (), said
    assert unsupported(figures("1,499 g"), [Ground("It weighs 1.500 g.")])
