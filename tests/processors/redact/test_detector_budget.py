"""A request made to be slow is covered whole instead of keeping the others waiting."""

import pytest

from processors.redact.detecting import UNSCANNED
from processors.redact.detector import PresidioDetector
from schemas.ports import Span

TEXTS = ["Nothing to see.", "Call me on +44 20 7946 0958.", ""]


@pytest.mark.parametrize("budget", [0.0, -1.0])
async def test_without_processor_time_left_texts_are_covered_whole(budget: float) -> None:
    detector = PresidioDetector(budget)

    found = await detector.detect(TEXTS, "en")

    assert found == [[Span(0, len(text), UNSCANNED, 1.0)] if text else [] for text in TEXTS]
    detector.close()
