"""A request made to be slow is covered whole instead of keeping the others waiting."""

import itertools
import re

import pytest

from processors.redact.detection.detecting import UNSCANNED
from processors.redact.detection.detector import PresidioDetector
from processors.redact.detection.entities import most_words
from schemas.ports import Span

TEXTS = ["Nothing to see.", "Call me on +44 20 7946 0958.", ""]


@pytest.mark.parametrize("budget", [0.0, -1.0])
async def test_without_processor_time_left_texts_are_covered_whole(budget: float) -> None:
    detector = PresidioDetector(budget)

    found = await detector.detect(TEXTS, "en")

    assert found == [[Span(0, len(text), UNSCANNED, 1.0)] if text else [] for text in TEXTS]
    detector.close()


@pytest.mark.parametrize("budget", [0.5, 4.0, 6.0, 9.5])
def test_when_time_runs_out_the_rest_is_covered_whole(budget: float, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = PresidioDetector(budget)
    texts = ["Nothing to see."] * 4
    detector.scan(texts, "en")
    clock = itertools.count()
    monkeypatch.setattr("processors.redact.detection.detector.time.thread_time", lambda: float(next(clock)))

    found = detector.scan(texts, "en")

    searched = [spans for spans in found if not spans]
    assert found == [*searched, *[[Span(0, len(text), UNSCANNED, 1.0)] for text in texts[len(searched) :]]]
    assert len(searched) < len(texts)
    detector.close()


def test_what_is_left_is_not_shown_to_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = PresidioDetector(7.5)
    shown: list[str] = []
    words = detector._models["en"]._words
    read = words.read

    def recorded(texts: list[str], most: list[int]) -> object:
        shown.extend(texts)
        return read(texts, most)

    monkeypatch.setattr(words, "read", recorded)
    clock = itertools.count()
    monkeypatch.setattr("processors.redact.detection.detector.time.thread_time", lambda: float(next(clock)))
    detector.scan(["Nothing to see. " * 300] * 4, "en")

    assert 0 < len(shown) < 4
    detector.close()


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_all_words_of_prose_are_shown_unless_they_are_read_twice(share: float) -> None:
    prose = (
        "The parcel that I ordered from your shop last week has not arrived, and nobody answers my calls. "
        * 40
    )

    assert (most_words(len(prose), share) >= len(re.findall(r"\w+|[^\w\s]", prose))) == (share == 1.0)
