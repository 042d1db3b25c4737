"""What readers are told of things stays in published knowledge; what tells of people goes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from processors.ground import homes, people, published
from processors.ground.sanitising import Sanitiser
from processors.redact.detection.detector import PresidioDetector
from processors.redact.rules.spans import merge
from schemas.ports import Span

SETS = Path(__file__).parent / "published"
MARK = re.compile(r"\[[A-Z_]+(?: \d+)?\]")
MOST_COVERED, MOST_LEAKS = 0.01, 0.01


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector(budget_seconds=600)
    yield made
    made.close()


async def _clean(detector: PresidioDetector, file: str) -> list[tuple[dict[str, object], str, str]]:
    """Return each passage of a set, in clear and redacted."""
    sanitiser = Sanitiser(detector)
    cleaned = []
    for line in (SETS / file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        ((title, text),) = await sanitiser.passages([(row["title"], row["text"])], row["language"])
        cleaned.append((row, f"{row['title']}\n{row['text']}", f"{title}\n{text}"))
    return cleaned


async def test_passages_in_which_nothing_is_personal_stay_readable(detector: PresidioDetector) -> None:
    cleaned = await _clean(detector, "impersonal.jsonl")
    covered = [len(given) - sum(map(len, MARK.split(kept))) for _, given, kept in cleaned]

    assert len(cleaned) > 60
    assert sum(covered) <= MOST_COVERED * sum(len(given) for _, given, _ in cleaned)


async def test_what_is_personal_in_passages_goes(detector: PresidioDetector) -> None:
    cleaned = await _clean(detector, "personal.jsonl")
    sought = [(value, kept) for row, _, kept in cleaned for value in _values(row)]
    leaks = [value for value, kept in sought if value in kept]

    assert len(cleaned) > 60
    assert len(leaks) <= MOST_LEAKS * len(sought)


def _values(row: dict[str, object]) -> list[str]:
    values = row["personal"]
    assert isinstance(values, list)
    return values


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("Access and password: Two-factor login", "Access and password: Two-factor login"),
        ("Access: Tokens > Password: hunter2blue7", "Access: Tokens > Password: [SECRET]"),
        ("Guest Wi-Fi password: hunter2blue7", "Guest Wi-Fi password: [SECRET]"),
        ("Passwords > Two-factor login", "Passwords > Two-factor login"),
        ("Contact: Helen Marchetti", "Contact: [PERSON]"),
        ("Contact > Helen Marchetti", "Contact > [PERSON]"),
        ("Write to: ada@mail.example", "Write to: [EMAIL_ADDRESS]"),
    ],
)
async def test_the_parts_of_a_title_assign_nothing_to_each_other(
    detector: PresidioDetector, title: str, clean: str
) -> None:
    assert await Sanitiser(detector).passages([(title, "See below.")], "en") == [(clean, "See below.")]


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("HELEN MARCHETTI, Sales", "en", ["HELEN MARCHETTI"]),
        ("Approved by Thandiwe Mokoena.", "en", ["Thandiwe Mokoena"]),
        ("Approved by Quality Control.", "en", []),
        ("Technician Okonkwo repairs it.", "en", ["Okonkwo"]),
        ("Contact Nordvik for parts.", "en", []),
        ("Nordlys vs. Harbour: which one?", "en", []),
        ("Name: Nordlys", "en", []),
        ("Name: Susan", "en", ["Susan"]),
        ("Rosa Kissen und Rosa Decken", "de", []),
        ("Es schreibt Rosa Echeverr\u00eda.", "es", ["Rosa Echeverr\u00eda"]),
        ("Freundliche Gr\u00fc\u00dfe\nSabine Kronenberg\nKundendienst", "de", ["Sabine Kronenberg"]),
        ("Lampe Anna, Tisch Martin", "de", []),
    ],
)
def test_a_name_is_found_by_what_speaks_for_it(text: str, language: str, names: list[str]) -> None:
    found = {text[span.start : span.end] for span in people.find(text, language, [])}

    assert sorted(found) == names


def test_a_word_of_an_email_address_is_a_name_everywhere() -> None:
    text = "Ask Okonkwo (jo.okonkwo@mail.example), the Support or support@mail.example."
    start = text.index("jo.")
    mails = [Span(start, text.index(")"), "EMAIL_ADDRESS", 1.0), _at(text, "support@mail.example")]

    assert [text[span.start : span.end] for span in people.find(text, "en", mails)] == ["Okonkwo"]


def _at(text: str, value: str, entity: str = "EMAIL_ADDRESS") -> Span:
    return Span(text.index(value), text.index(value) + len(value), entity, 1.0)


@pytest.mark.parametrize(
    ("text", "guess", "language", "believed"),
    [
        ("Kevin wrote to us.", "Kevin", "en", True),
        ("Kevin tablecloths are blue.", "Kevin", "en", False),
        ("The chair Kevin is blue.", "Kevin", "en", False),
        ("We thank Ngozi Adeyemi.", "Ngozi Adeyemi", "en", True),
        ("The Tail Lamp is red.", "Tail Lamp", "en", False),
        ("Mit Angabe Von Ort", "Angabe Von Ort", "de", False),
        ("Die Garantie gilt.", "Garantie", "de", False),
        ("We met David Price.", "David Price", "en", True),
    ],
)
def test_a_guess_is_believed_where_a_person_would_stand(
    text: str, guess: str, language: str, believed: bool
) -> None:
    assert people.is_named(text, _at(text, guess, "PERSON"), language, "Notes") is believed


def test_a_word_of_the_headings_is_the_name_of_a_thing() -> None:
    text = "Kevin is blue."

    assert not people.is_named(text, _at(text, "Kevin", "PERSON"), "en", "Chair Kevin")
    assert not people.is_named(text, _at(text, "Kevin", "PERSON"), "en", "")


@pytest.mark.parametrize(
    ("text", "homes_found"),
    [
        ("E-1042: refused", []),
        ("Garantie 24 Monate, Dichtring 12", []),
        ("Hard Drive 2 TB", []),
        ("12000 Umdrehungen", []),
        ("Lindenstra\u00dfe 14, 80331 M\u00fcnchen", ["Lindenstra\u00dfe 14, 80331 M\u00fcnchen"]),
        ("12 rue des Lilas", ["12 rue des Lilas"]),
        ("8 Linden Avenue, Cork. D-2210", ["8 Linden Avenue, Cork", "D-2210"]),
    ],
)
def test_codes_and_measures_are_no_addresses(text: str, homes_found: list[str]) -> None:
    assert [text[span.start : span.end] for span in merge(text, homes.find(text, []))] == homes_found


def test_a_weak_address_counts_beside_somebody() -> None:
    text = "Ada Birk, Birkenweg 12"

    assert homes.find(text, []) == []
    assert homes.find(text, [Span(0, 8, "PERSON", 1.0)]) != []


@pytest.mark.parametrize(
    ("text", "value", "entity", "personal"),
    [
        ("IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", "IBAN_CODE", True),
        ("IBAN DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01", "IBAN_CODE", False),
        ("IBAN XX79 3704 0044 0532 0130 00", "XX79 3704 0044 0532 0130 00", "IBAN_CODE", False),
        ("XS | 82 to 87 cm | 68 to 73 cm", "82 to 87 cm | 68 to 73 cm", "IBAN_CODE", False),
        ("Customer number 4827193", "4827193", "NUMBER", True),
        ("Client n\u00b0 4827193", "4827193", "NUMBER", True),
        ("Kundennummer: 4827193", "4827193", "NUMBER", True),
        ("Pallet of 4827193 pieces", "4827193", "NUMBER", False),
        ("Token: 15 minutes", "15", "SECRET", False),
        ("Passwort: mindestens acht Zeichen", "mindestens", "SECRET", False),
        ("Password: sunshine", "sunshine", "SECRET", True),
        ("Password: hunter2 for all", "hunter2", "SECRET", True),
        ("For children aged 6", "6", "AGE", False),
        ("I am 36", "36", "AGE", True),
        ("in Berlin 44", "Berlin 44", "LOCATION", False),
    ],
)
def test_what_has_a_shape_is_personal_where_it_tells_of_somebody(
    text: str, value: str, entity: str, personal: bool
) -> None:
    language = "de" if "Passwort" in text else "en"

    assert bool(published.personal(text, [_at(text, value, entity)], language, "Notes")) is personal
