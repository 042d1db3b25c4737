"""Sentences, and the words that carry their sense."""

import pytest

from processors.claims.wording import negated, sentences, telling


def test_sentences_end_at_signs_blank_lines_and_list_items_but_not_at_wrapped_lines() -> None:
    text = "One line\nwrapped. Two costs 4.90 EUR e.g. here!\n\nThree\n- four\n- five"
    assert sentences(text) == [
        "One line\nwrapped.",
        "Two costs 4.90 EUR e.g. here!",
        "Three",
        "- four",
        "- five",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paper filters", "a paper filter"),
        ("It weighs twelve grams", "weighing 12 gram"),
        ("hand washed", "washes by hand"),
        ("Dear <PERSON_7f3a1c05>, thank you. [PERSON 2]", "Hello!"),
    ],
)
def test_forms_of_a_word_are_the_same_and_courtesy_tells_nothing(one: str, other: str) -> None:
    assert telling(one) == telling(other)


@pytest.mark.parametrize(
    "text", ["It is not free.", "It isn't free.", "Das ist kein Muster.", "Ce n'est pas gratuit.", "Nunca."]
)
def test_what_denies(text: str) -> None:
    assert negated(text)
    assert not negated("Note: nothing, nowhere, notable, knot")
