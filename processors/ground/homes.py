"""Postal addresses in published knowledge, where codes and measures look like parts of them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from processors.redact.rules import addresses
from schemas.ports import Span

_STREET = re.compile(
    r"(?i:\b(?:street|road|avenue|boulevard|lane|terrace|crescent|gardens|grove|rue|chemin|impasse|all\u00e9e|calle|avenida|avda|"
    r"paseo|plaza|carretera|piazza|ulica|stra\u00dfe|strasse|str\.|p\.?o\.? ?box|postfach|apartado|bo\u00eete postale|[adf]po)(?!\w)"
    r"|(?:stra\u00dfe|strasse|str\.|gasse|allee|chaussee|ufer|damm|straat|laan|gatan|gata|gade|vej|katu)\b)"
)
_CODE = re.compile(r"[A-Z]{0,3}[ -]?\d[A-Z\d -]*")
_NUMBERED = re.compile(r"[ ,]{1,2}\d{1,5}[a-z]?(?![\w%]|[.,]\d|[ ]?[^\W\d_])")
_DRIVE = re.compile(r"(?:drive|drives)\.?$", re.IGNORECASE)
_CONTACTS = frozenset({"EMAIL_ADDRESS", "PERSON", "PHONE_NUMBER"})
_REACH = 80


def find(text: str, beside: Sequence[Span]) -> list[Span]:
    """Return addresses: streets with a number, and what looks like part of an address where more of one is near.

    Args:
        beside: persons, e-mail addresses and telephone numbers in the text, which a home may belong to.
    """
    found = [_with_number(text, span) for span in addresses.find(text) if span.entity == "LOCATION"]
    numbered = [span for span in found if any(map(str.isdigit, text[span.start : span.end]))]
    streets = [span for span in numbered if _STREET.search(text[span.start : span.end])]
    people = [span for span in beside if span.entity in _CONTACTS]
    weak = [span for span in numbered if span not in streets]
    return [*streets, *(span for span in weak if _is_part(text, span, streets, people))]


def _is_part(text: str, span: Span, streets: Sequence[Span], people: Sequence[Span]) -> bool:
    """A bare code is part of an address beside a street only; a word with a number, beside somebody too."""
    bare = _CODE.fullmatch(text[span.start : span.end])
    return any(_is_near(span, other) for other in (streets if bare else [*streets, *people]))


def _is_near(span: Span, other: Span) -> bool:
    return max(span.start, other.start) - min(span.end, other.end) <= _REACH


def _with_number(text: str, span: Span) -> Span:
    """In most languages the number follows the street's name."""
    said = text[span.start : span.end]
    match = None if _DRIVE.search(said) else _NUMBERED.match(text, span.end)
    return replace(span, end=match.end()) if match and not any(map(str.isdigit, said)) else span
