"""Cards, telephone numbers and other long numbers. Dates, times and amounts of money stay readable."""

import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches
from schemas.ports import Span

LONG_RUN = 5
"""A run of this many digits names something in particular, so it is replaced unless the task declares it."""

_MANY_DIGITS = 6
_TELEPHONE_DIGITS = range(7, 16)
_CARD = re.compile(r"(?<!\d)(?:\d[ \-.\u00a0]{0,2}){12,18}\d(?!\d)")
_GROUPED = re.compile(r"(?<!\w)\+?\(?\d(?:[ \t\u00a0().\-/\u2010-\u2014]{0,3}\d){6,31}(?!\w)")
_INTERNATIONAL = re.compile(r"(?<!\w)(?:\+|00)[ ]?\d(?:[ \t\u00a0().\-/]{0,3}\d){5,17}")
_CALLED = re.compile(
    r"\b(?:tel|telephone|phone|mobile|cell|fax|call|whatsapp|telefon|handy|mobil|rufnummer|t[\u00e9e]l[\u00e9e]phone|"
    r"portable|tel[\u00e9e]fono|m[\u00f3o]vil)\b[^\n\d+(]{0,20}(?P<value>\+?\(?\d(?:[ \t().\-/]{0,3}\d){4,17})",
    re.IGNORECASE,
)
_SOCIAL_SECURITY = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_TOKEN = re.compile(r"\w+(?:[-/.]\w+)*")
_RUN = re.compile(rf"\d{{{LONG_RUN},}}")
_DATE = r"(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2})"
_HARMLESS = re.compile(
    rf"{_DATE}(?:T\d{{1,2}})?\.?|\d{{1,6}}[.,]\d{{2}}|\d{{1,3}}(?:[.,]\d{{3}})+(?:[.,]\d{{2}})?"
)
_MOMENT = re.compile(rf"{_DATE}(?:T\d{{2}}.*)?")
_SMALL = re.compile(r"\d{1,4}")
_MONEY = r"(?:\u20ac|\$|\u00a3|EUR|USD|GBP|CHF|euros?|dollars?|pounds?)"
_MONEY_BEFORE = re.compile(rf"{_MONEY}[ \u00a0]?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(rf"^(?:[.,]\d{{2}})?[ \u00a0]?{_MONEY}", re.IGNORECASE)
_AMOUNT_DIGITS = 6
_NOT_DIGITS = re.compile(r"\D+")
_CARD_LENGTHS = {
    "3": frozenset({14, 15, 16}),
    "4": frozenset({13, 16, 19}),
    "5": frozenset({16}),
    "2": frozenset({16}),
    "6": frozenset({16, 17, 18, 19}),
}


def find(text: str) -> Iterator[Span]:
    """Yield cards, telephone numbers and numbers of five digits or more."""
    yield from _cards(text)
    yield from matches(_SOCIAL_SECURITY, text, "US_SSN", 0.9)
    yield from _telephones(text)
    yield from _groups(text)
    yield from _runs(text)


def is_card(digits: str) -> bool:
    """Whether digits have a payment card's length and check digit (Luhn, ISO/IEC 7812)."""
    return len(digits) in _CARD_LENGTHS.get(digits[:1], frozenset()) and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - digit sum


def _digits(text: str) -> str:
    return _NOT_DIGITS.sub("", text)


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        if is_card(_digits(match[0])):
            yield Span(match.start(), match.end(), "CREDIT_CARD", 1.0)


def _telephones(text: str) -> Iterator[Span]:
    for match in _INTERNATIONAL.finditer(text):
        yield Span(match.start(), match.end(), "PHONE_NUMBER", 0.9)
    for match in _CALLED.finditer(text):
        if not _is_harmless(match["value"]):
            yield Span(match.start("value"), match.end("value"), "PHONE_NUMBER", 0.8)


def _groups(text: str) -> Iterator[Span]:
    for match in _GROUPED.finditer(text):
        if not _is_harmless(match[0]) and not _is_money(text, match):
            yield Span(match.start(), match.end(), _kind(match[0]), 0.5)


def _kind(group: str) -> str:
    grouped = not group.isdigit() and len(_digits(group)) in _TELEPHONE_DIGITS
    return "PHONE_NUMBER" if grouped and group[0] in "+(0" else "NUMBER"


def _is_harmless(group: str) -> bool:
    parts = group.split()
    telling = [part for part in parts if not _SMALL.fullmatch(part)]
    return bool(telling) and all(_HARMLESS.fullmatch(part) for part in telling)


def _runs(text: str) -> Iterator[Span]:
    for match in _TOKEN.finditer(text):
        token = match[0]
        if _names_something(token) and not _MOMENT.fullmatch(token) and not _is_money(text, match):
            yield Span(match.start(), match.end(), "NUMBER", 0.4)


def _names_something(token: str) -> bool:
    return bool(_RUN.search(token)) or sum(map(str.isdigit, token)) >= _MANY_DIGITS


def _is_money(text: str, match: re.Match[str]) -> bool:
    if len(_digits(match[0])) > _AMOUNT_DIGITS + 2:
        return False
    before, after = text[max(0, match.start() - 8) : match.start()], text[match.end() : match.end() + 12]
    plain = not any(map(str.isalpha, match[0])) and " " not in match[0] and "-" not in match[0]
    return plain and bool(_MONEY_BEFORE.search(before) or _MONEY_AFTER.search(after))
