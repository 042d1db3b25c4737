"""Figures in a text: amounts, shares, lengths of time, dates, codes, addresses and telephone numbers."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from processors.claims import numerals, units
from processors.claims.calendar_dates import Day, dates
from processors.redact.placeholders import PATTERN as PLACEHOLDER
from schemas.base import primary_language

_REDACTED = re.compile(r"\[[A-Z][A-Z_]*(?: \d+)?\]")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,80}@[\w-]{1,80}(?:\.[\w-]{1,80}){1,8}")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+|(?<![\w@.-])[a-z0-9-]{2,63}(?:\.[a-z0-9-]{2,63}){0,8}\.[a-z]{2,12}(?:/[^\s<>\"')\]]*)?(?![\w@])"
)
_PHONE = re.compile(r"(?<![\w.,-])(?:\+|\(\+?\d|\d)[\d ()/.-]{5,40}\d(?![\w])")
_LONG_NUMBER = re.compile(r"\d{19,}")
"""No quantity. Arithmetic with thousands of digits would take seconds."""

_CODE = re.compile(r"(?<![\w])(?=[\w/-]{0,60}\d)(?=[\w/-]{0,60}[^\W\d_])[^\W_]+(?:[-_/][^\W_]+)*")
_LED_BY_DIGITS = re.compile(r"\d+(?:[.,]\d+)?-?[^\W\d_]")
_CLOCK = re.compile(
    r"(?<![\w.,:])(?:(\d{1,2})[:h](\d{2})(?!\d)|(\d{1,2})(?:\.(\d{2}))?(?= ?(?:am|pm|a\.m\.|p\.m\.|uhr|o'clock)(?!\w)))"
    r"(?: ?(am|pm|a\.m\.|p\.m\.|uhr|o'clock)(?!\w))?"
)
_NOON = re.compile(r"(?<!\w)(?:noon|midday|mittags?|midi|mediodía)(?!\w)")
_JOINED = re.compile(r" ?(?:-|to|and|or|x|\u00d7|bis|und|oder|à|a|et|ou|y|o|,) ?")
_MARKER = re.compile(r"(?:(?<=\n)|(?<=[.:;!?] )|^)\(?(\d{1,2})[.)] (?=[^\W\d])")
_MOST_MINUTES = 720
_PHONE_DIGITS = 7
_CODE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """Something in a text that is right or wrong.

    Attributes:
        kind: `number`, `date`, `code`, `link`, `email`, `phone`, or `part`: digits within one of those.
        values: what it may stand for.
        unit: of a number, where one is given.
        counts: whether a text that says it must have it from somewhere; a word like `two` before no unit may be chance.
    """

    kind: str
    values: frozenset[Decimal] | frozenset[Day] | frozenset[str]
    unit: units.Unit | None = None
    counts: bool = True


def plain(text: str) -> str:
    """Return a text in lower case and NFKC, dashes and apostrophes alike, without the marks of what was redacted."""
    bare = _REDACTED.sub(" ", PLACEHOLDER.sub(" ", text))
    folded = unicodedata.normalize("NFKC", bare)
    spaced = re.sub(r"[^\S\n]+", " ", folded.translate(_ALIKE)).lower()
    return _CENTS_LAST.sub(r"\1,\3 \2", _TIMES.sub(" x ", spaced))


_TIMES = re.compile(r"(?<=\d)[x\u00d7](?=\d)")
_CENTS_LAST = re.compile(r"(?<!\d)(\d{1,9}) ?(euros?|\u20ac) ?(\d{2})(?! ?\w|[.,]\d)")
"""As said in French: 4 euros 90."""

_ALIKE = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212\u2019\u2018\u02bc", "------'''")


def figures(text: str, language: str | None = None) -> tuple[Figure, ...]:
    """Return the figures in a text. Numbers in words are those of its language, of every language if none is named."""
    return tuple(_Scan(plain(text), primary_language(language) if language else None).all())


class _Scan:
    """One pass over a text; what was read as something is read as nothing else."""

    def __init__(self, text: str, language: str | None) -> None:
        self._text = text
        self._language = language

    def all(self) -> Iterator[Figure]:
        """Yield the figures, those that are told most surely first."""
        self._drop(_enumeration(self._text))
        yield from self._each(_EMAIL, "email")
        yield from self._links()
        yield from self._days()
        yield from self._times()
        yield from self._telephones()
        yield from self._codes()
        yield from self._numbers()

    def _drop(self, spans: Iterable[tuple[int, int]]) -> None:
        for start, end in spans:
            self._text = f"{self._text[:start]}{'~' * (end - start)}{self._text[end:]}"

    def _each(self, pattern: re.Pattern[str], kind: str) -> Iterator[Figure]:
        found = list(pattern.finditer(self._text))
        self._drop(match.span() for match in found)
        for match in found:
            yield Figure(kind, frozenset({match[0].strip(".")}))

    def _links(self) -> Iterator[Figure]:
        found = list(_LINK.finditer(self._text))
        self._drop(match.span() for match in found)
        for match in found:
            yield Figure("link", frozenset({_address(match[0])}))

    def _days(self) -> Iterator[Figure]:
        found = list(dates(self._text))
        self._drop((start, end) for start, end, _ in found)
        for _, _, days in found:
            yield Figure("date", days)
            yield Figure("part", frozenset(_numbers_of(days)), counts=False)

    def _times(self) -> Iterator[Figure]:
        found = list(_CLOCK.finditer(self._text))
        noons = list(_NOON.finditer(self._text))
        self._drop(match.span() for match in (*found, *noons))
        for match in found:
            yield Figure("number", frozenset(map(Decimal, _minutes(match))), units.Unit(units.CLOCK))
        for _ in noons:
            yield Figure("number", frozenset({Decimal(_MOST_MINUTES)}), units.Unit(units.CLOCK), counts=False)

    def _telephones(self) -> Iterator[Figure]:
        found = list(_LONG_NUMBER.finditer(self._text))
        self._drop(match.span() for match in found)
        found += [match for match in _PHONE.finditer(self._text) if _is_telephone(match[0])]
        self._drop(match.span() for match in found)
        for match in found:
            yield Figure("phone", frozenset({re.sub(r"\D", "", match[0])}))

    def _codes(self) -> Iterator[Figure]:
        found = [match for match in _CODE.finditer(self._text) if not self._is_number(match)]
        self._drop(match.span() for match in found)
        for match in found:
            yield Figure("code", frozenset({re.sub(r"[-_/]", "", match[0])}))
            groups = [group for group in re.findall(r"\d+", match[0]) if len(group) >= _CODE_DIGITS]
            yield Figure("part", frozenset(map(Decimal, groups)), counts=False)

    def _is_number(self, match: re.Match[str]) -> bool:
        """Whether letters after a number are its unit, make it an ordinal, or are joined to it: 30cm, 1st, 3-step, 2x."""
        led = numerals.NUMBER.match(self._text, match.start())
        if led is None:
            return False
        rest = self._text[led.end() : match.end()]
        unit = units.unit_at(self._text, led.end())
        whole = unit is not None and unit[1] >= match.end()
        return (
            whole
            or numerals.ordinal_end(self._text, led.end()) == match.end()
            or rest == "x"
            or (bool(re.fullmatch(r"-[^\W\d_]+(?:-[^\W\d_]+)*", rest)))
        )

    def _numbers(self) -> Iterator[Figure]:
        """Of numbers joined by a word, all have the unit of the last: 2 to 4 days."""
        found = [*self._digits(), *self._words()]
        found.sort(key=lambda each: each[0])
        following: tuple[int, units.Unit | None] | None = None
        read: list[Figure] = []
        for start, end, figure in reversed(found):
            unit = figure.unit
            if unit is None and following and _JOINED.fullmatch(self._text[end : following[0]]):
                unit = following[1]
            read.append(_spoken(figure, unit))
            following = start, unit
        yield from reversed(read)

    def _digits(self) -> Iterator[tuple[int, int, Figure]]:
        for match in numerals.NUMBER.finditer(self._text):
            after = units.unit_at(self._text, match.end())
            before = units.currency_before(self._text, match.start())
            unit = after or before
            yield (
                match.start(),
                match.end(),
                Figure("number", numerals.readings(match[0]), unit[0] if unit else None),
            )

    def _words(self) -> Iterator[tuple[int, int, Figure]]:
        for start, end, value in numerals.words(self._text, self._language):
            unit = units.unit_at(self._text, end)
            if (
                unit is None
                and (value == 1 or self._text[start:end] in numerals.ALSO_OTHER_WORDS)
                and self._language
            ):
                continue
            counts = unit is not None or value > 2  # noqa: PLR2004
            yield start, end, Figure("number", frozenset({Decimal(value)}), unit[0] if unit else None, counts)


def _spoken(figure: Figure, unit: units.Unit | None) -> Figure:
    return Figure(figure.kind, figure.values, unit, figure.counts or unit is not None)


def _address(link: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", link).rstrip("/.,;:!?")


def _numbers_of(days: Iterable[Day]) -> Iterator[Decimal]:
    for day in days:
        yield from (Decimal(number) for number in (day.year, day.day) if number is not None)


def _minutes(match: re.Match[str]) -> Iterator[int]:
    hour, minute = int(match[1] or match[3]), int(match[2] or match[4] or 0)
    half = (match[5] or "")[:1]
    yield (hour % 12 + (12 if half == "p" else 0) if half in {"a", "p"} and half else hour) * 60 + minute


def _is_telephone(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    grouped = re.fullmatch(numerals.NUMBER, written) is not None and len(digits) < _PHONE_DIGITS + 3
    return len(digits) >= _PHONE_DIGITS and not grouped


def _enumeration(text: str) -> list[tuple[int, int]]:
    """Return where the numbers of a list stand, if they count up from one."""
    found = list(_MARKER.finditer(text))
    if len(found) < 2 or [int(match[1]) for match in found] != list(range(1, len(found) + 1)):  # noqa: PLR2004
        return []
    return [match.span(1) for match in found]
