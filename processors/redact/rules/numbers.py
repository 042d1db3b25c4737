"""Cards, telephone numbers and other long numbers. Dates, times and amounts of money stay readable."""

import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches, matches_at
from processors.redact.rules.telling import Tells, tells, words
from schemas.ports import Span

LONG_RUN = 5
"""A run of this many digits names something in particular, so it is replaced unless the task declares it."""

_FEWEST_DIGITS = 3
_MANY_DIGITS = 6
_GROUP_DIGITS = 7
_SOCIAL_SECURITY_DIGITS = 9
_CARD_DIGITS = 13
_TELEPHONE_DIGITS = range(7, 16)
_CARD = re.compile(r"(?<!\d)(?:\d[ \-.\u00a0]{0,2}){12,18}\d(?!\d)")
_GROUPED = re.compile(r"(?<!\w)\+?\(?\d(?:[ \t\u00a0().\-/\u2010-\u2014]{0,3}\d){6,31}(?!\w)")
_INTERNATIONAL = re.compile(r"(?<!\w)(?:\+|00)[ ]?\d(?:[ \t\u00a0().\-/]{0,3}\d){5,17}")
_CALLED = re.compile(
    r"\b(?:tel|telephone|phone|mobile|cell|fax|call|whatsapp|telefon|handy|mobil|rufnummer|t[\u00e9e]l[\u00e9e]phone|"
    r"portable|tel[\u00e9e]fono|m[\u00f3o]vil)\b[^\n\d+(]{0,20}(?P<value>\+?\(?\d(?:[ \t().\-/]{0,3}\d){4,17})",
    re.IGNORECASE,
)
_CALLING = words(
    "tel telephone phone mobile cell fax call whatsapp telefon handy mobil rufnummer t\u00e9l\u00e9phone t\u00e9lephone tel\u00e9phone portable telefono movil tel\u00e9fono m\u00f3vil"
)
_FILE = re.compile(
    r"(?<![\w/.,-])(?:(?!(?:Size|Page|Rule|Art|EU|UK|US|DE|FR|IT|Gr|W|L|On|In|At|By|From|Till|Until|To|No|Or|And)\b)"
    r"(?:[IVX]{1,5}[ ])?[A-Z][A-Za-z]{0,4}\.?[ ]\d{1,6}|\d{3,6})/(?:(?:19|20)\d{2}|\d{2})(?:/\d{1,4})?(?![\w/]|[.,]\d)"
)
_FILED = re.compile(
    r"\b(?:nos?|nrs?|n[\u00ba\u00b0]|num(?:ber|\u00e9ro|ero)?|nummer|file|case|docket|ref(?:erence)?|aktenzeichen|az|dossier|expediente|"
    r"member(?:ship)?|policy|passport|licen[cs]e|account|customer|kunden\w{0,10}|badge|employee|student|patient)\b"
    r"(?:[ ](?:nos?|nr|number|id|code|is)\b)?[.: #\u00ba\u00b0]{1,3}(?P<value>(?-i:[A-Z]{0,3})[-/ ]?\d[\d/-]{2,11}[A-Z]?)(?!\w|[.,]\d)",
    re.IGNORECASE,
)
_FILING = words(
    "n\u00ba no nos nr nrs n num number num\u00e9ro numero nummer file case docket ref reference aktenzeichen az dossier expediente "
    "member membership policy passport license licence account customer kundennummer kundennr kunden badge employee "
    "student patient"
)
_CUSTOMER = ("kunden",)
_PLATE = re.compile(
    r"(?i:\b(?:plates?|registration|kennzeichen|immatriculation|matr\u00edcula|vrn|vin)\b)(?i:[ ](?:no|nos|nr|number|mark|is|plate)\b\.?){0,2}[: ]{1,2}"
    r"(?P<value>(?:[A-Z\u00c4\u00d6\u00dc0-9]{1,8}[ -]){0,3}[A-Z0-9]{1,17})(?!\w)"
)
_PLATES = words("plate plates registration kennzeichen immatriculation matr\u00edcula vrn vin")
_SOCIAL_SECURITY = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_POSTAL = re.compile(
    r"(?<![\w.,/:+-])(?<!\d[ \u00a0])(?:\d{2}-\d{3}|\d{3}[ \u00a0]\d{2,3})(?![ \u00a0]?\d|[\w/:-]|[.,]\d)"
)
_WITH_DIGIT = re.compile(r"(?<!\S)[^\s\d]*+\d\S*+")
_TOKEN = re.compile(r"\w+(?:[-/.]\w+)*")
_DIGIT = re.compile(r"\d")
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


def find(text: str, told: Tells | None = None) -> Iterator[Span]:
    """Yield cards, telephone numbers, numbers of files and of people, and all numbers of five digits or more."""
    told = told or tells(text)
    if told.digits >= _FEWEST_DIGITS:
        yield from _files(text, told)
    if told.digits >= LONG_RUN:
        yield from _telephones(text, told)
        yield from _runs(text)
        yield from _postal(text)
    if told.digits >= _GROUP_DIGITS:
        yield from _groups(text)
    if told.digits >= _SOCIAL_SECURITY_DIGITS:
        yield from matches(_SOCIAL_SECURITY, text, "US_SSN", 0.9)
    if told.digits >= _CARD_DIGITS:
        yield from _cards(text)


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


def _files(text: str, told: Tells) -> Iterator[Span]:
    """Numbers under which somebody is on file, however short; a fraction or a month (`12/2025`) is none."""
    if "/" in text:
        for match in _FILE.finditer(text):
            yield Span(match.start(), match.end(), "NUMBER", 0.4)
    places = sorted({*told.at(_FILING), *told.starting(_CUSTOMER)})
    for span in matches_at(_FILED, text, places, "NUMBER", 0.4):
        if not _MOMENT.fullmatch(text, span.start, span.end):
            yield span
    for span in matches_at(_PLATE, text, told.at(_PLATES), "NUMBER", 0.4):
        if _DIGIT.search(text, span.start, span.end):
            yield span


def _telephones(text: str, told: Tells) -> Iterator[Span]:
    for match in _INTERNATIONAL.finditer(text):
        yield Span(match.start(), match.end(), "PHONE_NUMBER", 0.9)
    for span in matches_at(_CALLED, text, told.at(_CALLING), "PHONE_NUMBER", 0.8):
        if not _is_harmless(text[span.start : span.end]):
            yield span


def _postal(text: str) -> Iterator[Span]:
    """Postcodes of two groups (`46-633`, `325 09`), which no words around them need to tell."""
    for match in _POSTAL.finditer(text):
        if not _is_price(text, match):
            yield Span(match.start(), match.end(), "NUMBER", 0.4)


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
    tokens = (match for word in _WITH_DIGIT.finditer(text) for match in _TOKEN.finditer(text, *word.span()))
    for match in tokens:
        token = match[0]
        if _names_something(token) and not _MOMENT.fullmatch(token) and not _is_money(text, match):
            yield Span(match.start(), match.end(), "NUMBER", 0.4)


def _names_something(token: str) -> bool:
    return bool(_RUN.search(token)) or sum(map(str.isdigit, token)) >= _MANY_DIGITS


def _is_money(text: str, match: re.Match[str]) -> bool:
    if len(_digits(match[0])) > _AMOUNT_DIGITS + 2:
        return False
    plain = not any(map(str.isalpha, match[0])) and " " not in match[0] and "-" not in match[0]
    return plain and _is_price(text, match)


def _is_price(text: str, match: re.Match[str]) -> bool:
    """Whether a currency stands beside a number."""
    before, after = text[max(0, match.start() - 8) : match.start()], text[match.end() : match.end() + 12]
    return bool(_MONEY_BEFORE.search(before) or _MONEY_AFTER.search(after))
