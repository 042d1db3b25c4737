"""Presidio's telephone recogniser, shown only the stretches that could be a number.

It reads its whole text once for each of eight countries and takes a millisecond for a few numbers, so it is shown the
digits and what is right beside them, and of a text made of numbers only so many: the rest is covered unseen.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from presidio_analyzer import predefined_recognizers as predefined

from schemas.ports import Span

_FEWEST_DIGITS = 5
_CANDIDATE = re.compile(
    r"(?:\+[ ]?|\()?\d(?:[ \t\u00a0()./\u2010-\u2015-]{0,3}\d){4,31}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,7})?",
    re.IGNORECASE,
)
_DATE_OR_AMOUNT = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,3}(?:\.\d{3})+|\d+\.\d\d")
_PART = re.compile(r"[^ \t\u00a0]+")
_BESIDE = 8
_FREE = 6
_CHARACTERS_A_CANDIDATE = 400
_SHORT_RUN = 7
_REMEMBERED = 64
"""Answers, for the other readings of a text have the same numbers."""

_MOST_DIGITS = 15
"""Of a telephone number (E.164). More are several numbers or something else; they are left to our own rules."""

_REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "BR")
"""Presidio's own, without the one that shares its numbers with another (Canada)."""


class Telephones:
    """Finds telephone numbers of the recogniser's countries, and of any country when they begin with a plus."""

    def __init__(self) -> None:
        self._recognisers = [predefined.PhoneRecognizer(supported_regions=(region,)) for region in _REGIONS]
        self._ask = lru_cache(maxsize=_REMEMBERED)(self._asked)

    def find(self, text: str) -> Iterator[Span]:
        """Yield numbers; beyond so many candidates, the candidates. Short runs of digits are left to our own rules."""
        left = _FREE + len(text) // _CHARACTERS_A_CANDIDATE
        for start, end in _candidates(text):
            left -= 1
            if left < 0:
                yield Span(start, end, "NUMBER", 0.4)
            else:
                yield from self._checked(text, start, end)

    def _checked(self, text: str, start: int, end: int) -> Iterator[Span]:
        """Ask for one country after the other until one knows all of it; of a number with a plus, any does."""
        first = max(0, start - _BESIDE)
        for span in self._ask(text[first : end + _BESIDE], start - first, end - first):
            yield Span(first + span.start, first + span.end, span.entity, span.score)

    def _asked(self, window: str, start: int, end: int) -> tuple[Span, ...]:
        found: list[Span] = []
        for recogniser in self._recognisers[: 1 if window[start] == "+" else None]:
            for result in recogniser.analyze(window, recogniser.supported_entities):
                found.append(Span(result.start, result.end, result.entity_type, result.score))
                if result.start <= start and end <= result.end:
                    return tuple(found)
        return tuple(found)


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Yield where there may be a number: of too many digits, the parts between blanks."""
    for match in _CANDIDATE.finditer(text):
        several = _digits(match[0]) > _MOST_DIGITS
        for part in _PART.finditer(text, *match.span()) if several else (match,):
            if _may_be_number(part[0]):
                yield part.span()


def _may_be_number(candidate: str) -> bool:
    if _DATE_OR_AMOUNT.fullmatch(candidate) or not _FEWEST_DIGITS <= _digits(candidate) <= _MOST_DIGITS:
        return False
    return len(candidate) >= _SHORT_RUN or not candidate.isdigit()


def _digits(candidate: str) -> int:
    return sum(map(str.isdigit, candidate))
