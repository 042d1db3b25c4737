"""Presidio's telephone recogniser, shown only the stretches that could be a number.

It reads its whole text once for each of eight countries and takes a millisecond for a few numbers, so it is shown the
digits and what is right beside them, and of a text made of numbers only so many: the rest is covered unseen.
"""

import re
from collections.abc import Iterator

from presidio_analyzer import predefined_recognizers as predefined

from schemas.ports import Span

_FEWEST_DIGITS = 5
_CANDIDATE = re.compile(
    r"(?:\+[ ]?|\()?\d(?:[^\w\n]{0,4}\d){4,19}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,7})?", re.IGNORECASE
)
_BESIDE = 8
_FREE = 8
_CHARACTERS_A_CANDIDATE = 200
_SHORT_RUN = 7
_REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "BR")
"""Presidio's own, without the one that shares its numbers with another (Canada)."""


class Telephones:
    """Finds telephone numbers of the recogniser's countries, and of any country when they begin with a plus."""

    def __init__(self) -> None:
        self._recognisers = [predefined.PhoneRecognizer(supported_regions=(region,)) for region in _REGIONS]

    def find(self, text: str) -> Iterator[Span]:
        """Yield numbers; beyond so many candidates, the candidates. Short runs of digits are left to our own rules."""
        left = _FREE + len(text) // _CHARACTERS_A_CANDIDATE
        for match in _CANDIDATE.finditer(text):
            if len(match[0]) < _SHORT_RUN and match[0].isdigit():
                continue
            left -= 1
            if left < 0:
                yield Span(match.start(), match.end(), "NUMBER", 0.4)
            else:
                yield from self._checked(text, match)

    def _checked(self, text: str, match: re.Match[str]) -> Iterator[Span]:
        """Ask for one country after the other until one knows all of it; of a number with a plus, any does."""
        first = max(0, match.start() - _BESIDE)
        window = text[first : match.end() + _BESIDE]
        for recogniser in self._recognisers[: 1 if match[0][0] == "+" else None]:
            for result in recogniser.analyze(window, recogniser.supported_entities):
                yield Span(first + result.start, first + result.end, result.entity_type, result.score)
                if first + result.start <= match.start() and match.end() <= first + result.end:
                    return
