"""What of a text the model is shown, where the text reads in more than one way."""

import json
from collections.abc import Iterator, Sequence

import pytest

from processors.redact.detection.detector import PresidioDetector
from processors.redact.detection.entities import Named, NameModel

PAIRS = [f"{first} {last}" for first in ("Ada", "Grace", "Edsger") for last in ("Lovelace", "Hopper")] * 20


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector(budget_seconds=600)
    yield made
    made.close()


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many words of each reading were asked about."""
    asked: list[int] = []
    find = NameModel.find

    def noted(model: NameModel, texts: Sequence[str], most: Sequence[int]) -> Iterator[Named]:
        asked.extend(most)
        return find(model, texts, most)

    monkeypatch.setattr(NameModel, "find", noted)
    return asked


def test_a_text_whose_strings_are_all_it_says_is_shown_by_its_strings(
    detector: PresidioDetector, most: list[int]
) -> None:
    detector.scan([json.dumps(PAIRS)], "en")

    own, strings = most
    assert own == 0
    assert strings > len(PAIRS) * 2


def test_a_text_that_says_more_than_its_strings_is_shown_too(
    detector: PresidioDetector, most: list[int]
) -> None:
    text = json.dumps([*PAIRS, "Ann"])
    (spans,) = detector.scan([text], "en")

    assert most[0] > 0
    assert any(text[span.start : span.end] == "Ann" for span in spans)


def test_what_is_read_beside_strings_is_not_shown_twice(detector: PresidioDetector, most: list[int]) -> None:
    text = "".join(f'{pair.upper()}: "{pair}", ' for pair in PAIRS[:60])
    detector.scan([text], "en")

    own, *others = most
    assert own == 0
    assert all(others)
