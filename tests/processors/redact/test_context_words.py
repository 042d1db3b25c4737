"""A word that a recogniser declares as context makes an unsure match a sure one."""

import pytest

from processors.redact.detection.presidio import PresidioRecognisers

RECOGNISERS = PresidioRecognisers()


def entities(text: str) -> set[str]:
    return {span.entity for span in RECOGNISERS.find(text)}


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("my passport is A12345678", "US_PASSPORT"),
        ("Passport no. 123456789", "US_PASSPORT"),
        ("the account: 12345678901234", "US_BANK_NUMBER"),
        ("Driver's license A1234567", "US_DRIVER_LICENSE"),
        ("social security 078 05 1121", "US_SSN"),
    ],
)
def test_context_names_the_type(text: str, entity: str) -> None:
    value = text.rsplit(maxsplit=1)[-1]

    assert entity in entities(text)
    assert entity not in entities(f"it is {value}") or entity == "US_SSN"


@pytest.mark.parametrize(
    "text",
    [
        "A12345678 is my passport",
        "my passport " + "and another word " * 12 + "A12345678",
    ],
)
def test_context_stands_shortly_before(text: str) -> None:
    assert "US_PASSPORT" not in entities(text)
