import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.redact import placeholders
from processors.redact.readings.normalising import normalise

FORGED = "<PERSON_1a2b3c4d>"
SLOPPY = re.compile(
    r"(<|&lt;)\s*/?\s*[A-Za-z]\w*[\s_\\-]+[0-9A-Fa-f]{8}\s*(>|&gt;)|[\[({]\s*[A-Z][A-Z0-9_]*_[0-9a-f]{8}\s*[\])}]"
)
"""What a model might take for a placeholder, said in another way than the code says it."""


@pytest.mark.parametrize(
    "text",
    [
        FORGED,
        "<person_1A2B3C4D>",
        "< PERSON_1a2b3c4d >",
        "</PERSON_1a2b3c4d>",
        "\uff1cPERSON_1a2b3c4d\uff1e",
        "<PER\u200bSON_1a2b3c4d>",
        "<PERSON_\uff11a2b3c4d>",
        f"<{FORGED}>",
        f"({FORGED})",
        f"[a {FORGED}]",
        f"<{'A' * 65}_1a2b3c4d>",
        "<PERSON\\_1a2b3c4d>",
        "<PERSON-1a2b3c4d>",
        "<PERSON 1a2b3c4d>",
        "< / PERSON_\n1a2b3c4d>",
        "&lt;PERSON_1a2b3c4d&gt;",
        "[PERSON_1a2b3c4d]",
        "{ PERSON_1a2b3c4d }",
        "(PERSON_1a2b3c4d)",
    ],
)
def test_what_looks_like_a_placeholder_no_longer_does(text: str) -> None:
    escaped = placeholders.escape(normalise(text).text)

    assert placeholders.found_in([escaped]) == []
    assert not SLOPPY.search(escaped)
    assert "1a2b3c4d" in escaped.lower()


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "<b>bold</b>",
        "<PERSON_1>",
        "5 <6_12345678",
        "(order AB-100001)",
        "(see img_20240115)",
        "[1] (2) {3}",
        "IMG_20240115.jpg",
        "<12345678>",
    ],
)
def test_other_brackets_stay(text: str) -> None:
    assert placeholders.escape(text) == text


MANGLED = st.from_regex(
    r"[<\[({]? ?/? ?(PERSON|person|EMAIL_ADDRESS|A)[_ \\-][0-9a-fA-F]{8} ?[>\])}]?", fullmatch=True
)
ANYTHING = st.text(alphabet="<>[](){}&lgt;/\\PERSON_-0123456789abcdef \n\u200b\uff1c\uff1e")


@given(st.lists(MANGLED | ANYTHING).map("".join))
def test_no_input_gives_what_a_model_could_take_for_a_placeholder(text: str) -> None:
    normal = normalise(text).text
    escaped = placeholders.escape(normal)

    assert placeholders.found_in([escaped]) == []
    assert not SLOPPY.search(escaped)
    assert len(escaped) == len(normal)
    assert placeholders.escape(escaped) == escaped


@given(st.text(alphabet=st.characters(codec=None)))
def test_no_text_at_all_gives_a_placeholder(text: str) -> None:
    assert placeholders.found_in([placeholders.escape(normalise(f"<{text}_1a2b3c4d>").text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "<" + " " * 300_000,
        "<A" + "_A" * 100_000,
        "<A_" * 100_000,
        "<" * 300_000,
        "&lt;" * 100_000,
        "([{<A " * 60_000,
    ],
)
def test_no_input_takes_long(text: str) -> None:
    """Each takes milliseconds; if every position were tried against every other, longer than a test may."""
    assert placeholders.escape(text) == text
    assert placeholders.withhold_mangled(text, {FORGED}) == text
    assert placeholders.found_in([text]) == []


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_normalises_to_text_that_stays_as_it_is(text: str) -> None:
    once = normalise(text).text

    assert normalise(once).text == once
    once.encode()


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("\uff4aane\uff20doe.example", "jane@doe.example"),
        ("4111\u200b1111", "41111111"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00b\x1b[31mc\x85", "ab[31mc"),
        ("tab\tstays", "tab\tstays"),
        ("\ufb01ne \u2160", "fine I"),
    ],
)
def test_the_normal_form(text: str, normal: str) -> None:
    assert normalise(text).text == normal


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("ig\u200bnore", True),
        ("x \u202eevil\u202c", True),
        ("\U000e0041\U000e0042", True),
        ("fine \u2764\ufe0f \U0001f468\u200d\U0001f469\u200d\U0001f467", False),
        ("\ufeffstarts with a mark", False),
    ],
)
def test_text_hidden_in_words_is_told_from_emoji(text: str, hidden: bool) -> None:
    assert normalise(text).hidden is hidden
