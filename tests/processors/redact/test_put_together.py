"""What was taken to pieces or told letter by letter reads as it is meant; ordinary lists stay what they are."""

import base64
from collections.abc import Iterator

import pytest

from processors.redact.detection.detector import PresidioDetector
from processors.redact.readings.views import views
from schemas.ports import Profile

MAIL = "wanja.ostrow@birchfell.example"
CARD = "4556 7375 8689 9855"
PHONE = "+44 1632 960983"
SECURITY = "612-38-4471"


def read(text: str) -> str:
    return "\n".join(view.text for view in views(text))


@pytest.mark.parametrize(
    "written",
    [
        "\u2764".join(MAIL),
        "' '".join(MAIL),
        "</b><b>".join(f"<b>{MAIL}</b>"[3:-4]),
        " + ".join(f'"{MAIL[at : at + 4]}"' for at in range(0, len(MAIL), 4)),
        "; ".join(f'x{at} = "{MAIL[at : at + 6]}"' for at in range(0, len(MAIL), 6)),
        "+".join(f"chr({octet})" for octet in MAIL.encode()),
        "+".join(f"[char]{octet}" for octet in MAIL.encode()),
        " & ".join(f"Chr$({octet})" for octet in MAIL.encode()),
        "".join(f"[{octet}]" for octet in MAIL.encode()),
        "".join(f"\\'{octet:02x}" for octet in MAIL.encode()),
        " ".join(f"#{MAIL.encode().hex()[at : at + 6]}" for at in range(0, 2 * len(MAIL), 6)),
        base64.a85encode(MAIL.encode(), adobe=True).decode(),
        base64.b85encode(MAIL.encode()).decode(),
        MAIL.replace(".", "\\."),
        MAIL[:3] + "**" + MAIL[3:6] + "**" + MAIL[6:],
        '"{}"@{}'.format(*MAIL.split("@")),
        MAIL.replace("@", "(work)@"),
    ],
)
def test_an_address_in_pieces_is_read(written: str) -> None:
    assert MAIL in read(f"You find me under {written} most days.")


@pytest.mark.parametrize("words_around", [("", ""), ("that is ", " when they came")])
def test_groups_of_base64_are_read_between_words_of_as_many_letters(words_around: tuple[str, str]) -> None:
    encoded = base64.b64encode(MAIL.encode()).decode()
    grouped = " ".join(encoded[at : at + 4] for at in range(0, len(encoded), 4))

    assert MAIL in read(grouped.join(words_around))


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("first 4556 then 7375 then 8689 and finally 9855", "4556737586899855"),
        ("612 and 38 and 4471", "612384471"),
        ("+44 \u2192 1632 \u2192 960983", "441632960983"),
        ("- 612\n- 38\n- 4471", "612384471"),
        ("1. 612\n2. 38\n3. 4471", "612384471"),
        ("`+44` `1632` `960983`", "+441632960983"),
        ("sze\u015b\u0107 jeden dwa trzy osiem cztery cztery siedem jeden", "612384471"),
        ("xis eno owt eerht thgie ruof ruof neves eno", "612384471"),
        ("VI I II III VIII IV IV VII I", "612384471"),
    ],
)
def test_groups_told_one_after_the_other_are_one_number(written: str, digits: str) -> None:
    assert digits in read(f"It is {written} on the form.")


@pytest.mark.parametrize(
    "written",
    [
        "whiskey alpha november juliett alpha",
        "Whiskey-Alpha-November-Juliett-Alpha",
        "wilhelm anton nordpol julius anton",
        "double-u for whiskey w as in water, a as in apple, n as in nose, j as in jam, a as in ant",
        "double-you ay en jay ay em ell oh",
    ],
)
def test_letters_told_by_words_are_read(written: str) -> None:
    assert any(name in read(f"my name is {written} thanks") for name in ("wanja", "anjamlo"))


@pytest.mark.parametrize(
    "text",
    [
        "Sizes are S, M, L and XL; colours are red, green and blue.",
        "Steps: a) open b) press c) hold d) wait e) close f) done",
        "Press 1, 2, 3, 4, 5, 6 in turn.",
        '["red", "green", "blue", "black"]',
        "It costs 19.99, 29.99 or 39.99 and takes 2 or 3 or 4 days.",
        "between 2019 and 2020 and 2021 we sold 300 then",
        "Oh I see why you are here at the hotel.",
        "I want to go on and do it, so set it to no.",
        "**Note:** see the `FAQ` and the *terms*.",
    ],
)
def test_ordinary_lists_and_sentences_are_read_as_they_stand(text: str) -> None:
    assert not any(
        marks in read(text) for marks in ("SML", "abcdef", "redgreen", "12345", "2019202", "Note: see")
    )
    assert "\n" not in read(text)


@pytest.mark.parametrize("between", [" dot ", " then ", " and "])
def test_letters_with_words_between_them_are_read_where_nothing_else_is(between: str) -> None:
    assert read(between.join("zbigniew")) == "zbigniew"


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector(budget_seconds=600)
    yield made
    made.close()


@pytest.mark.parametrize("value", [MAIL, CARD, PHONE, SECURITY])
@pytest.mark.parametrize("apart", [", ", "; ", "|", ":", "\u2800", "</i><i>", ")+chr("])
def test_rows_of_characters_are_covered_from_end_to_end(
    value: str, apart: str, detector: PresidioDetector
) -> None:
    written = apart.join(value.replace(" ", ""))
    text = f"It is {written} since Friday."
    (spans,) = detector.scan([text], "en", Profile.STRICT)

    places = {place for span in spans for place in range(span.start, span.end)}
    first = text.index(written)
    left = [text[place] for place in range(first, first + len(written)) if place not in places]
    assert not any(character.isalnum() for character in "".join(left).replace("chr", "").replace("i", ""))
