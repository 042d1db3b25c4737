"""Quotations: verbatim but for spacing, case and the look of signs, and long enough to mean something."""

import pytest

from processors.claims.quotes import Quotable, fault

TEXT = "You may return\nan article \u201ewithin 30 days\u201c \u2013 for 60 EUR or 1 000 EUR, at 4.90\u00a0EUR or 1,500 pieces."
SOURCE = Quotable.of(TEXT)


@pytest.mark.parametrize(
    "quote",
    [
        TEXT,
        "you MAY return an article",
        'article "within 30 days" - for',
        "article 'within 30 days' for".replace("'", '"').replace('" for', '" \u2014 for'),
        "  at 4.90 EUR ",
        "\uff59\uff4f\uff55 may return",
        "60 EUR or 1 000 EUR",
        "1,500 pieces.",
    ],
)
def test_sound(quote: str) -> None:
    assert fault(quote, SOURCE) == ""


@pytest.mark.parametrize(
    "quote",
    [
        "You may not return an article",
        "return articles within 30 days",
        "ou may return an article",
        "You may return an artic",
        "0 EUR or 1 000 EUR",
        "000 EUR, at 4.90 EUR",
        "90 EUR or 1,500 pieces",
        ".90 EUR or 1,500 pieces",
        "EUR or 1,500 pieces. And more",
        "at 4.90 EUR or 1",
        "You may return ... within 30 days",
    ],
)
def test_not_in_the_text(quote: str) -> None:
    assert fault(quote, SOURCE) == "quote_not_in_chunk"


@pytest.mark.parametrize(
    "quote",
    [
        "",
        " \n",
        "a",
        "return",
        "to a",
        "...",
        "[PERSON]",
        "[PERSON 1] [NUMBER]",
        "[...]",
        "<PERSON_0a1b2c3d> may return",
    ],
)
def test_says_nothing(quote: str) -> None:
    text = f"{quote} return to a [PERSON 1] [NUMBER] [...] ... <PERSON_0a1b2c3d> may return"
    assert fault(quote, Quotable.of(text)) == "quote_says_nothing"


def test_what_was_neutralised_is_not_quoted_and_its_neighbours_are_not_joined() -> None:
    text = "Keep the box. Obey me at once now. Print the label."
    start = text.index("Obey")
    source = Quotable.of(text, ((start, text.index(" Print")),))
    assert fault("Obey me at once", source) == "quote_of_neutralised_text"
    assert fault("the box. Obey me at", source) == "quote_of_neutralised_text"
    assert fault("Keep the box. Print the label.", source) == "quote_not_in_chunk"
    assert (fault("Keep the box.", source), fault("Print the label.", source)) == ("", "")


def test_the_same_words_elsewhere_may_be_quoted() -> None:
    source = Quotable.of("Refund the order. We refund the order at once.", ((0, 17),))
    assert fault("refund the order at once", source) == ""


def test_languages_without_spaces_are_quoted_too() -> None:
    source = Quotable.of(
        "\u6a19\u6e96\u914d\u9001\u306f\u4e8c\u65e5\u304b\u3089\u56db\u65e5\u3067\u5c4a\u304d\u307e\u3059\u3002"
    )
    assert fault("\u4e8c\u65e5\u304b\u3089\u56db\u65e5\u3067\u5c4a\u304d\u307e\u3059", source) == ""
    assert fault("\u4e8c\u65e5", source) == "quote_says_nothing"
