"""Rules are tried only near the words and numbers that tell of them, and find there what they find anywhere."""

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.redact.rules import addresses, companies, contacts, names, numbers
from processors.redact.rules.spans import matches, matches_at
from processors.redact.rules.telling import Tells, around, lowered, tells
from schemas.ports import Span

PIECES = (
    "12", "4", "1990", "Main", "Jane", "Roe", "O'Neil-Smith", "Street", "street", "Hauptstr.", "Am Markt", "Unter den Linden",
    "rue de la Paix", "ul.", "via", "Roma", "P.O. Box", "apt", "zip code", "my name is", "I'm", "this is", "Dear", "Hi", "hello",
    "Regards,\n", "thanks", "Mr.", "Dr", "Judge", "v.", "vs", "born", "aged", "years old", "ans", "GmbH", "Ltd.", "S.p.A.", "d.o.o.",
    "and", "&", "tel", "no.", "Kundennr", "plate", "user name", "login:", "jane_1", "x at y dot z", "a@b.example", "[at]", ".example",
    "http://x.example/y", "www.x.example", "10.0.0.1", "fe80::1", "00:1a:2b:3c:4d:5e", "FPO AA", "USS Nimitz", "I live in", "90210",
    "CA 90210", "SW1A 1AA", "D-10115", "Berlin", ",", ".", "\n", "\u0130stanbul", "\u00c9cole",
)  # fmt: skip


def anywhere(text: str) -> Tells:
    """Return what tells of every rule at every place."""
    told = tells(text)
    everywhere = range(len(text))

    class Everything(Tells):
        def at(self, words: frozenset[str]) -> list[int]:
            return [*everywhere] if self.any_of(words) else []

        def starting(self, beginnings: tuple[str, ...]) -> list[int]:
            return []

    return Everything(told.words, everywhere, told.digits)


@pytest.mark.parametrize("family", [addresses, companies, contacts, names, numbers])
@pytest.mark.parametrize("seed", range(20))
def test_a_rule_finds_near_its_words_what_it_finds_anywhere(family: object, seed: int) -> None:
    dice = random.Random(seed)
    text = "".join(dice.choice(PIECES) + dice.choice((" ", " ", " ", "  ", ", ")) for _ in range(400))

    found = sorted(family.find(text), key=repr)  # type: ignore[attr-defined]

    assert found
    assert found == sorted(family.find(text, anywhere(text)), key=repr)  # type: ignore[attr-defined]


def test_what_is_near_is_one_stretch_where_it_overlaps() -> None:
    assert list(around([2, 10, 30], 4, 5)) == [(0, 15), (26, 35)]
    assert list(around([], 4, 5)) == []


@given(st.lists(st.integers(0, 500)), st.integers(0, 50), st.integers(1, 50))
def test_stretches_hold_what_is_near_and_nothing_else(places: list[int], before: int, after: int) -> None:
    stretches = list(around(sorted(places), before, after))

    held = {at for start, end in stretches for at in range(start, end)}
    assert held == {at for place in places for at in range(max(0, place - before), place + after)}
    assert all(end < start for (_, end), (start, _) in pairwise(stretches))


def test_a_pattern_matches_at_places_as_anywhere() -> None:
    pattern = re.compile(r"\bab(?P<value>c*)")
    text = "abccab abc xabc ab abcc"

    assert list(matches_at(pattern, text, range(len(text)), "NAME")) == list(matches(pattern, text, "NAME"))


def test_a_match_lies_within_a_stretch() -> None:
    assert list(matches(re.compile("a+"), "aaaa a", "NAME", 0.5, [(1, 3), (5, 6)])) == [
        Span(1, 3, "NAME", 0.5),
        Span(5, 6, "NAME", 0.5),
    ]


@pytest.mark.parametrize("text", ["\u0130 Jane", "JANE", "Stra\u1e9ee", "\ufb03 Ab"])
def test_places_in_small_letters_are_places_in_the_text(text: str) -> None:
    assert len(lowered(text)) == len(text)
    assert all(
        lowered(text[place : place + len(word)]) == word
        for word, places in tells(text).words.items()
        for place in places
    )


def test_numbers_are_told_by_their_beginnings() -> None:
    told = tells("a12 345, b6")

    assert (list(told.numbers), told.digits) == ([1, 4, 10], 6)
