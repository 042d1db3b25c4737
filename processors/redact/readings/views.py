"""Other readings of a text, in which what was disguised stands in clear; every place in one leads back to the text.

A view is searched as the text itself is, and what is found in it is covered where it came from.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from processors.redact.readings.decoding import blocks, escapes, may_be_encoded
from processors.redact.readings.foreign_digits import foreign_digits, may_hold_digits
from processors.redact.readings.further_codes import further_codes
from processors.redact.readings.invisible_writing import revealed
from processors.redact.readings.json_strings import Literal, literals, may_be_json, strings
from processors.redact.readings.letter_case import has_names, recased
from processors.redact.readings.lookalikes import digits_in_disguise, lookalikes, without_stacked
from processors.redact.readings.normalising import STEPS
from processors.redact.readings.pieces import put_together
from processors.redact.readings.reading import Change, View, composed, in_order, joined, reread, unchanged
from processors.redact.readings.spacing import drawn_together
from processors.redact.readings.spelling_alphabets import has_spelt_letters, spelt_letters
from processors.redact.readings.spelt_addresses import may_be_address, spelt_addresses
from processors.redact.readings.spelt_numbers import has_number_words, spelt_numbers

__all__ = ["Readings", "View", "readings", "views"]

_DEEPEST = 4
"""Encodings within encodings that are undone."""

_CONTEXT = 80
"""Characters on either side of what reads otherwise that are read with it."""

_LEAST_BETWEEN = 4
"""Contexts between two excerpts, two of which are their own: else they are one."""

_APART_FROM_EACH_OTHER = "\n\n"
"""Between the strings of JSON, which are read together: there may be hundreds, and no sentence goes from one to the next."""

_MOST_GROWTH = 1.5
_PLAIN_WORD = r"(?:[A-Za-z][a-z]++|[AIa]|[A-Z]{2,9})(?![A-Za-z])"
_PLAIN = re.compile(rf"{_PLAIN_WORD}(?:[ ]{_PLAIN_WORD})*+[.,!?]?")
"""Words in which nothing is encoded or taken to pieces."""

_FEWEST_WORDS, _FEWEST_LETTERS = 3, 11
"""Of a text in which letters or digits are told by words."""

_UNUSUAL = re.compile(
    "[^\t\n\r\x20-\x7e\u00a0-\u00ac\u00ae-\u024f\u2010-\u2026\u20ac\u3000-\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]"
    "|\\d[\u2010-\u2015]\\d|[A-Za-z0-9]\u3002[A-Za-z0-9]"
)
_WORDS = re.compile(r"[a-z\u00df-\u024f]+")
_HUMP = re.compile(r"([a-z])([A-Z])")
_DIGIT = re.compile(r"\d")
_FEWEST_DIGITS = 4
_DISGUISED = re.compile(r"\d[OoQlI|SBZ]|[OoQlI|SBZ]\d")
_GROUPS = re.compile(
    r"\d(?:[^\w]{1,4}|_{1,2}|[xX])\d+(?:[^\w]{1,4}|_{1,2}|[xX])\d|(?<!\d)[0+]\d{1,15}(?:\W{1,4}|_{1,2})\d{4}|[A-Za-z]{2}\W?\d\d[\W_]"
)
_APART = re.compile(r"[\s._*|/+~-]\S[\s._*|/+~-]{1,4}\S[\s._*|/+~-]")
_SEVERAL = re.compile(r"\w\W+\w")
_CASED = re.compile(r"[A-Z][A-Z ;/|]{1,2}[A-Z]|[a-z][A-Z]|[A-Za-z\d][_.-][A-Za-z]")


def views(text: str) -> tuple[View, ...]:
    """Return the other readings of a text that are worth searching: excerpts around what reads otherwise in them.

    All together they are hardly longer than the text, or twice as long where nearly every character stands for
    several. For ordinary text there are none.
    """
    return readings(text).views


@dataclass(frozen=True, slots=True)
class Readings:
    """How a text reads.

    Attributes:
        beside: its other readings, but for those of strings of JSON.
        strings: what those strings read, together; None if there are none.
        rest: the text with line ends for each of these strings; None if there are none.
    """

    beside: tuple[View, ...]
    strings: View | None = None
    rest: View | None = None

    @property
    def views(self) -> tuple[View, ...]:
        """All other readings."""
        return self.beside if self.strings is None else (*self.beside, self.strings)


def readings(text: str) -> Readings:
    """Return the other readings of a text, as `views` does, and what they leave of it."""
    if not may_be_json(text):
        view = _Reader(unchanged(text)).read()
        return Readings(() if view is None else tuple(_excerpts(view, view.changed(text), ())))
    said = [(reading, string) for string in strings(text) if (reading := _said(string))]
    left_out = [Change(*_with_quotes(text, string), _APART_FROM_EACH_OTHER) for _, string in said]
    rest = reread(unchanged(text), left_out)
    beside = _read(rest, list(literals(text)))
    if not said:
        return Readings(tuple(beside))
    return Readings(tuple(beside), joined([reading for reading, _ in said], _APART_FROM_EACH_OTHER), rest)


def _with_quotes(text: str, string: View) -> tuple[int, int]:
    start, end = string.starts[0], string.ends[-1]
    quoted = start > 0 and text[start - 1] == '"' == text[end : end + 1]
    return (start - 1, end + 1) if quoted else (start, end)


def _read(stands: View, apart: Sequence[Literal] = ()) -> Iterator[View]:
    """Yield how a text reads otherwise than it stands, except inside the strings that are read apart."""
    view = _Reader(unchanged(stands.text)).read()
    if view is not None:
        yield from _excerpts(composed(view, stands), view.changed(stands.text), apart)


def _said(string: View) -> View | None:
    """Return what a string of JSON is best read as; None where nothing but one plain word or number is in it."""
    view = _Reader(string).read()
    if view is not None:
        return view
    return string if _SEVERAL.search(string.text) or not _is_copy(string) else None


def _is_copy(view: View) -> bool:
    return bool(view.text) and view.ends[-1] - view.starts[0] == len(view.text)


class _Reader:
    """Reads a text one way after the other; costs next to nothing where it reads as it stands.

    Attributes:
        text: how it reads so far.
        view: the same with the way back to what the text itself leads to, or None while it reads as it stands.
    """

    def __init__(self, stands: View) -> None:
        self.text = stands.text
        self._stands = stands
        self.view: View | None = None

    def read(self) -> View | None:
        """Return the last reading, or None if it is the text itself."""
        if not _PLAIN.fullmatch(self.text):
            self._decoded()
        self._spelt()
        return self.view

    def _decoded(self) -> None:
        self._visible()
        self._assembled()
        for _ in range(_DEEPEST):
            if self._unescaped():
                self._assembled()
            if not may_be_encoded(self.text) or not self._apply(blocks):
                break
            self._visible()

    def _unescaped(self) -> bool:
        before = self.text
        for _ in range(_DEEPEST):
            if not may_be_encoded(self.text) or not self._apply(escapes):
                break
            self._visible()
        return self.text != before

    def _assembled(self) -> None:
        for reading in (further_codes, put_together):
            self._apply(reading)

    def _visible(self) -> None:
        if _UNUSUAL.search(self.text):
            for reading in (revealed, *STEPS, without_stacked, lookalikes):
                self._apply(reading)

    def _spelt(self) -> None:
        lower = _HUMP.sub(r"\1 \2", self.text).lower()
        words = _WORDS.findall(lower)
        tells = len(words) >= _FEWEST_WORDS and len(lower) >= _FEWEST_LETTERS
        if tells and has_spelt_letters(self.text, words) and self._apply(spelt_letters):
            lower = self.text.lower()
            words = _WORDS.findall(lower)
        if may_be_address(self.text, words):
            self._apply(spelt_addresses)
        if (tells or not lower.isascii()) and may_hold_digits(self.text, words):
            self._apply(foreign_digits)
        if has_number_words(lower, words):
            self._apply(spelt_numbers)
        if len(_DIGIT.findall(self.text)) >= _FEWEST_DIGITS:
            self._numeric()
        elif _APART.search(self.text):
            self._apply(drawn_together)
        if _CASED.search(self.text) or has_names(words):
            self._apply(recased)

    def _numeric(self) -> None:
        if _DISGUISED.search(self.text):
            self._apply(digits_in_disguise)
        if _GROUPS.search(self.text) or _APART.search(self.text):
            self._apply(drawn_together)

    def _apply(self, reading: Callable[[str], Iterable[Change]]) -> bool:
        changes = in_order(reading(self.text))
        if sum(len(change.text) for change in changes) > len(self.text) * _MOST_GROWTH + _CONTEXT:
            changes = [change for change in changes if len(change.text) <= change.end - change.start]
        if not changes:
            return False
        self.view = reread(self.view or self._stands, changes)
        self.text = self.view.text
        return True


def _excerpts(view: View, changed: Iterable[int], apart: Sequence[Literal]) -> Iterator[View]:
    """Yield what is changed with what is around it, except inside the strings that are read apart."""
    start = end = None
    for place in _outside(view, changed, apart):
        if end is None or start is None:
            start = place
        elif place - end > _CONTEXT * _LEAST_BETWEEN:
            yield _with_context(view, start, end)
            start = place
        end = place
    if start is not None and end is not None:
        yield _with_context(view, start, end)


def _outside(view: View, places: Iterable[int], apart: Sequence[Literal]) -> Iterator[int]:
    strings = [each for each in apart if each.quoted]
    if not strings:
        yield from places
        return
    begins = [each.start for each in strings]
    for place in places:
        at = bisect_right(begins, view.starts[place]) - 1
        if at < 0 or view.ends[place] > strings[at].end:
            yield place


def _with_context(view: View, first: int, last: int) -> View:
    """Return an excerpt with both places and what is around them, from blank to blank."""
    text = view.text
    start, end = max(0, first - _CONTEXT), min(len(text), last + 1 + _CONTEXT)
    begins = _BLANK.search(text, start, first) if start else None
    ends = _LAST_BLANK.search(text, last + 1, end) if end < len(text) else None
    return view.excerpt(begins.end() if begins else start, ends.start() if ends else end)


_BLANK = re.compile(r"\s")
_LAST_BLANK = re.compile(r"\s\S*\Z")
