"""What no model was shown is searched by a stricter rule."""

import pytest

from processors.redact.detection.unshown import suspected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask for zbigniew", ["zbigniew"]),
        ("ask for Zbigniew now", ["Zbigniew"]),
        ("the order is here", []),
        ("Mallow is a common word", ["Mallow"]),
    ],
)
def test_uncommon_words_and_rare_capitalised_ones_are_suspected(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in suspected(text, 0, "en")] == expected


def test_only_from_a_place_on() -> None:
    text = "Zbigniew and Grzegorz"

    assert [span.start for span in suspected(text, 8, "en")] == [13]
