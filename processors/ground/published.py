"""What is personal in published knowledge, which names things for readers: all that was found, or part of it."""

import re
from collections.abc import Iterator, Sequence

from processors.ground import homes, people
from processors.redact.opaque import is_international
from processors.redact.rules.contacts import is_iban
from processors.redact.vocabulary.standing import is_common
from schemas.base import DEFAULT_LANGUAGE
from schemas.ports import Span

_VAGUE = frozenset({"LOCATION", "NAME", "ORGANIZATION"})
_ARTICLE = re.compile(
    r"\b(?:ean|gtin|isbn|upc|sku|article|artikel|item|part|order|parcel|tracking|invoice|r\u00e9f|ref|model|version|id|no|nr)"
    r"\W{0,3}\Z",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"(?i:(?:\b(?:account|customer|member(?:ship)?|passport|policy|sort|routing|tax|insurance)\b(?: (?:no|nos|nr|number|id|code))?"
    r"|(?:kunden|konto|mitglieds|steuer|ausweis|versicherungs|personal)(?:nummer|nr|-nr)"
    r"|(?:client|compte|cliente|cuenta|socio) n(?:\.? ?[\u00b0\u00bao])"
    r"|(?:num\u00e9ro|n\u00b0) (?:de )?(?:client|compte|membre)|(?:n\u00famero|n\u00ba) (?:de )?(?:cliente|cuenta|socio))"
    r"\.?(?: (?:is|ist|lautet|est|es))?)\W{1,3}\Z"
)
_REACH = 64
_RUN = re.compile(r"\d{7,}")
_OWN_AGE = re.compile(r"(?i:\b(?:I am|I'm|s?he|ich bin|j'ai|tengo)\b)[^.!?\n]{0,16}\Z")
_CALLED = re.compile(r"^@|[\d_]|\.\w")
_GOES_ON = re.compile(r"[ \t\u00a0]+[^\W\d_]")
_PLAIN = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*|\d{1,4}")
_SHAPED = re.compile(r"(?=.*[^\W\d_])(?=.*[\d!#$%&*+=?@^_~])(?!\d{1,2}-[^\W\d_]+$)(?![A-Z\d]{2,5}$).{6,}")
_ACCOUNT_LENGTHS = {
    length: frozenset(countries.split())
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD FK",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL OM SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
}
"""Lengths of bank account numbers, with the countries that have them (ISO 13616 registry)."""

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}(?![A-Z0-9])", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s\u00a0-]+")


def personal(text: str, found: Sequence[Span], language: str, headings: str = "") -> list[Span]:
    """Return what of a published text is personal; the spans may overlap.

    Args:
        found: by a detector.
        headings: what stands above the text, empty if it is itself a heading.
    """
    named = [*people.find(text, language, found)]
    named += [
        span for span in found if span.entity == "PERSON" and people.is_named(text, span, language, headings)
    ]
    shaped = [span for span in found if _is_personal(text, span, language, named)]
    homely = homes.find(text, [*named, *shaped])
    return [*named, *shaped, *homely, *_swallowed(text, found)]


def crosses(text: str, span: Span) -> bool:
    """Whether what was found in a title only as a whole counts: a colon between its parts assigns nothing in words."""
    return span.entity != "SECRET" or _SHAPED.fullmatch(text[span.start : span.end]) is not None


def _is_personal(text: str, span: Span, language: str, named: Sequence[Span]) -> bool:
    said = text[span.start : span.end]
    match span.entity:
        case "PERSON" | "LOCATION" | "NAME" | "ORGANIZATION":
            personal = False
        case "NUMBER":
            personal = _is_somebodys(text, span)
        case "IBAN_CODE":
            personal = _is_account(said)
        case "SECRET":
            personal = not _is_prose(text, span, language)
        case "USERNAME":
            personal = _CALLED.search(said) is not None
        case "AGE":
            personal = bool(named) or _OWN_AGE.search(_before(text, span)) is not None
        case _:
            personal = True
    return personal


def _swallowed(text: str, found: Sequence[Span]) -> Iterator[Span]:
    """Yield telephone numbers that a detector took for part of something vaguer."""
    for span in found:
        if span.entity in _VAGUE | {"PERSON"}:
            for run in _RUN.finditer(text, span.start, span.end):
                number = Span(run.start(), run.end(), "NUMBER", span.score)
                if _is_somebodys(text, number):
                    yield number


def _is_somebodys(text: str, span: Span) -> bool:
    """Whether a bare number is an account's, or a telephone number with its country unless words say what else it is."""
    before, digits = _before(text, span), text[span.start : span.end]
    if _ACCOUNT.search(before):
        return True
    if not (digits.isascii() and digits.isdigit()) or _ARTICLE.search(before):
        return False
    return is_international(digits)


def _before(text: str, span: Span) -> str:
    return text[max(0, span.start - _REACH) : span.start]


def _is_account(text: str) -> bool:
    """Whether there is a bank account number of a country that has them, with its length and check digits."""
    return any(_is_valid(match[0][:end]) for match in _IBAN.finditer(text) for end in _ends(match[0]))


def _ends(candidate: str) -> Iterator[int]:
    yield len(candidate)
    yield from (match.start() for match in _SEPARATORS.finditer(candidate))


def _is_valid(candidate: str) -> bool:
    compact = _SEPARATORS.sub("", candidate).upper()
    return compact[:2] in _ACCOUNT_LENGTHS.get(len(compact), frozenset()) and is_iban(compact)


def _is_prose(text: str, span: Span, language: str) -> bool:
    """Whether what is called secret is a sentence about it: ordinary words or a small number, with more words after it."""
    value = text[span.start : span.end]
    if not _PLAIN.fullmatch(value) or not _GOES_ON.match(text, span.end):
        return False
    return value.isdigit() or is_common(value, language) or is_common(value, DEFAULT_LANGUAGE)
