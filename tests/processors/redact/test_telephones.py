"""Telephone numbers as Presidio knows them, and a bound on how many it is asked about."""

import pytest
from presidio_analyzer import predefined_recognizers as predefined

from processors.redact.detection.telephones import Telephones
from schemas.ports import Span

TELEPHONES = Telephones()


def found(text: str) -> set[tuple[str, str]]:
    return {(text[span.start : span.end], span.entity) for span in TELEPHONES.find(text)}


@pytest.mark.parametrize(
    "text",
    [
        "call +44 20 7946 0958 or (212) 736-5000 today",
        "0171 2345678",
        "06 12 34 56 78",
        "my number is 030-901820, thanks",
        "fax 1-212-736-5000 ext. 12 or tel:+33612345678;",
        "+49(0)170/1234567",
        "from 12.11.2025 to 14.11.2025 I paid 1,299.00 EUR",
        "two: 2127365000 2127365001",
        "no number",
    ],
)
def test_what_presidio_s_recogniser_finds_is_found(text: str) -> None:
    recogniser = predefined.PhoneRecognizer()
    theirs = {(text[each.start : each.end], "PHONE_NUMBER") for each in recogniser.analyze(text, [])}

    assert theirs <= found(text)


def test_a_text_of_numbers_only_is_covered_beyond_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def knows_none(_: object, window: str, __: object) -> list[object]:
        asked.append(window)
        return []

    monkeypatch.setattr(predefined.PhoneRecognizer, "analyze", knows_none)
    text = "99-99-99-99 or " * 240
    spans = [*TELEPHONES.find(text)]

    assert len(asked) <= 30 * 7
    assert {span.entity for span in spans} == {"NUMBER"}
    assert spans[-1] == Span(len(text) - 15, len(text) - 4, "NUMBER", 0.4)
