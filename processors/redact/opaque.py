"""Whether a publisher's identifier may travel in clear.

Request and principal are named by their publisher: it learns by the one what came of a request, and tools know the
other. So what is personal in them cannot be replaced, and is refused. Of a conversation only counts that it is the same
one, so an id that is words is replaced by its stage.
"""

import re
from collections.abc import Iterator
from itertools import chain, combinations

import phonenumbers

from processors.redact import joined_names
from processors.redact.joined_names import names_somebody
from processors.redact.readings.decoding import blocks
from processors.redact.rules.contacts import is_iban
from processors.redact.rules.numbers import is_card
from processors.redact.rules.secrets import has_known_key

_DIGITS = re.compile(r"\d+(?:[./:_-]{1,3}\d+)*")
_PART = re.compile(r"\d+")
_HEXADECIMAL = re.compile(
    r"(?<![A-Za-z0-9])(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|(?![A-Fa-f]{2}[0-9]{22}(?![0-9A-Fa-f]))(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{24}(?:[0-9A-Fa-f]{8}){0,5})(?![A-Za-z0-9])"
)
"""UUIDs, object ids and digests: their digits are drawn, so that some look like a card's."""

_BLOCKS = re.compile(r"[A-Za-z]+|\d+")
_FEW_BLOCKS = 6
_MOST_PARTS = 8
_ACCOUNT = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}")
_ACCOUNT_DIGITS = 10
_COUNTRIES_BY_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "PT ST",
    26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU",
    31: "MT SC", 32: "LC",
}  # fmt: skip
"""Without the length that a country gives its accounts (ISO 13616), one UUID in two thousand would pass for one."""

_GROUPS = re.compile(r"[-./:_]+")
_LONG = re.compile(r"[A-Za-z0-9+/_-]{10}|(?:[0-9A-Fa-f]{2}[:-]){5}")
_DIGITS_OF_DIGITS = re.compile(r"(?:3[0-9]){9,}")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_BASE32 = re.compile(r"[A-Za-z2-7]{16}")
_DEEPEST = 2
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w")
_SPELT_MAIL = re.compile(
    r"[A-Za-z0-9]{2}[-._:/]at[-._:/][A-Za-z0-9-]+(?:\.|[-._:/]dot[-._:/])[A-Za-z]{2,}", re.IGNORECASE
)
_DIALLED = re.compile(r"\+\d[\d ()./-]{7,}")
_FULL_NAME = re.compile(r"(?<!\w)(?:[A-Z]\w*[^\W\d_] ){1,3}[A-Z]\w*[^\W\d_](?!\w)")
_SOCIAL_SECURITY = re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")
_INTERNATIONAL = "00"
_NATIONAL, _NATIONAL_REGIONS = "0", ("GB", "DE", "FR")
_NORTH_AMERICAN_DIGITS = 10
_AMERICAN_GROUPS = frozenset({(3, 3, 4), (3, 7), (6, 4)})
_PHONE_DIGITS = range(9, 16)
_CARD_DIGITS = frozenset({13, 14, 15, 16, 19})
"""Lengths of cards in use; numbers of 17 and 18 digits are ids that count milliseconds."""

_DATED = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def is_opaque(identifier: str) -> bool:
    """Whether an identifier names nobody and is no payment card, bank account, telephone number, address or key.

    Letters before or behind a number do not make it another, nor does an encoding make something else of it.
    """
    return is_numberless(identifier) and not names_somebody(_HEXADECIMAL.sub("", identifier))


def is_numberless(identifier: str) -> bool:
    """Whether an identifier is opaque but for names: those of a conversation can be replaced."""
    return not _tells(identifier) and not any(map(_says, _decoded(identifier)))


def is_counted(identifier: str) -> bool:
    """Whether an identifier is a number or drawn at random, with no words beside it but ordinary ones."""
    return joined_names.is_counted(_HEXADECIMAL.sub("0", identifier))


def _tells(identifier: str) -> bool:
    drawn = _HEXADECIMAL.sub("", identifier)
    return (
        has_known_key(identifier)
        or _is_account(drawn)
        or _holds_personal_number(drawn)
        or _SPELT_MAIL.search(identifier) is not None
    )


def _says(decoded: str) -> bool:
    """Whether what somebody took the trouble to encode is personal."""
    shaped = any(shape.search(decoded) for shape in (_MAIL, _DIALLED, _FULL_NAME))
    return shaped or _tells(decoded) or names_somebody(decoded)


def _decoded(identifier: str, depth: int = _DEEPEST) -> Iterator[str]:
    """Yield what encoded parts say, from wherever one may begin, also where it was encoded twice."""
    yield from (bytes.fromhex(match[0]).decode() for match in _DIGITS_OF_DIGITS.finditer(identifier))
    drawn = _UUID.sub(_read, identifier)
    if depth == 0 or not _LONG.search(drawn):
        return
    starts = [0, *(match.end() for match in _GROUPS.finditer(drawn))]
    for start in starts[:_MOST_PARTS]:
        rest = drawn[start:]
        for change in chain(blocks(rest), blocks(rest.upper()) if _BASE32.search(rest) else ()):
            yield change.text
            yield from _decoded(change.text, depth - 1)


def _read(match: re.Match[str]) -> str:
    """A UUID whose sixteen bytes are all characters is kept, as hexadecimal digits."""
    digits = match[0].replace("-", "")
    return digits if bytes.fromhex(digits).isascii() else ":"


def _is_account(identifier: str) -> bool:
    compact = _GROUPS.sub("", identifier)
    return any(
        _is_account_from(compact[start:])
        for start in range(max(0, len(compact) - max(_COUNTRIES_BY_LENGTH)), len(compact))
    )


def _is_account_from(tail: str) -> bool:
    countries = _COUNTRIES_BY_LENGTH.get(len(tail), "")
    return (
        tail[:2].upper() in countries.split()
        and bool(_ACCOUNT.fullmatch(tail))
        and sum(map(str.isdigit, tail)) >= _ACCOUNT_DIGITS
        and is_iban(tail)
    )


def _holds_personal_number(identifier: str) -> bool:
    if _SOCIAL_SECURITY.search(identifier):
        return True
    blocks = _DIGITS.findall(identifier)
    if any(_is_card(number) for block in blocks for number in _numbers(block)):
        return True
    return len(_BLOCKS.findall(identifier)) <= _FEW_BLOCKS and any(map(_holds_phone, blocks))


def _numbers(block: str) -> Iterator[str]:
    """Yield each stretch of parts of a number written in groups, as one number."""
    parts = _PART.findall(block)[:_MOST_PARTS]
    for start, end in combinations(range(len(parts) + 1), 2):
        yield "".join(parts[start:end])


def _is_card(digits: str) -> bool:
    return len(digits) in _CARD_DIGITS and is_card(digits)


def _holds_phone(block: str) -> bool:
    """A whole block where it is grouped as numbers are dialled, or one of its parts: `2025-313257` is an order."""
    parts = _PART.findall(block)
    grouped = parts[0].startswith(_NATIONAL) or tuple(map(len, parts)) in _AMERICAN_GROUPS
    return (grouped and _is_phone("".join(parts))) or any(map(_is_phone, parts))


def _is_phone(digits: str) -> bool:
    """Only numbers written as they are dialled: any run of nine digits would be a telephone number somewhere."""
    if len(digits) not in _PHONE_DIGITS or _DATED.match(digits):
        return False
    if digits.startswith(_INTERNATIONAL):
        return _is_valid("+" + digits.removeprefix(_INTERNATIONAL), None)
    if digits.startswith(_NATIONAL):
        return any(_is_valid(digits, region) for region in _NATIONAL_REGIONS)
    return len(digits) == _NORTH_AMERICAN_DIGITS and _is_valid(digits, "US")


def is_international(digits: str) -> bool:
    """Whether digits are a telephone number of some country when a plus is put before them."""
    return len(digits) in _PHONE_DIGITS and _is_valid("+" + digits, None)


def _is_valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
