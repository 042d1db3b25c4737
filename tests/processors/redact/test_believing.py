"""Outside English a model is believed about capitalised words, in German only beside one another."""

import pytest

from processors.redact.detection.believing import believed
from schemas.ports import Span


def kept(text: str, named: str, language: str) -> str | None:
    start = text.index(named)
    span = believed(text, Span(start, start + len(named), "PERSON", 0.85), language)
    return None if span is None else text[span.start : span.end]


@pytest.mark.parametrize(
    ("language", "text", "named", "expected"),
    [
        ("fr", "Le colis est pour Rose Marchand.", "Rose Marchand", "Rose Marchand"),
        ("fr", "Elle habite \u00e0 Tours.", "Tours", "Tours"),
        ("fr", "Bonjour Rose Marchand", "Bonjour Rose Marchand", "Rose Marchand"),
        ("fr", "Merci", "Merci", None),
        ("fr", "la veste", "la veste", None),
        ("es", "Vive en Toledo con Paz.", "Toledo con Paz", "Toledo"),
        ("it", "Abito a Roma", "Abito", None),
        ("it", "Ho parlato con Serena.", "Serena", "Serena"),
        ("de", "Der Gutschein fehlt", "Gutschein", None),
        ("de", "Es war Klaus Sommer.", "Klaus Sommer", "Klaus Sommer"),
        ("de", "Es war Krzeszowski.", "Krzeszowski", "Krzeszowski"),
        ("nl", "Bij Kees Bakker's", "Kees Bakker's", "Kees Bakker's"),
        ("pt", "12 34", "12 34", None),
    ],
)
def test_capitalised_words_that_are_not_frequent_are_believed(
    language: str, text: str, named: str, expected: str | None
) -> None:
    assert kept(text, named, language) == expected
