"""The grammar of placeholders: what stands in a text where a personal value or a secret stood."""

import re
import unicodedata
from collections.abc import Iterable

PATTERN = re.compile(r"<(?P<entity>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_(?P<digest>[0-9a-f]{8})>")
"""Finds placeholders: `<ENTITY_xxxxxxxx>`, eight lower-case hexadecimal digits of a keyed digest."""

DIGEST_CHARACTERS = 8
WITHHELD = "[withheld]"
"""What people read where a placeholder may not be restored."""

_LOOKALIKE = re.compile(r"<(\s*/?\s*\w{1,64}_[0-9A-Fa-f]{8}\s*)>")
_SEPARATORS = re.compile(r"[\s().\-/]+")
_BLANKS = re.compile(r"\s+")
_DIGIT_ENTITIES = frozenset({"CREDIT_CARD", "IBAN_CODE", "NUMBER", "PHONE_NUMBER"})


def compose(entity: str, digest: str) -> str:
    """Return the placeholder of an entity type and the hexadecimal digest of its value."""
    return f"<{entity}_{digest[:DIGEST_CHARACTERS]}>"


def entity_of(placeholder: str) -> str:
    """Return the entity type of a placeholder. Raises ValueError for what is none."""
    match = PATTERN.fullmatch(placeholder)
    if match is None:
        raise ValueError("not a placeholder")
    return match["entity"]


def found_in(texts: Iterable[str]) -> list[str]:
    """Return all placeholders in the texts, in order, with repetitions."""
    return [match[0] for text in texts for match in PATTERN.finditer(text)]


def escape(text: str) -> str:
    """Return the text with what a requester typed to look like a placeholder in other brackets."""
    return _LOOKALIKE.sub("\u2039\\1\u203a", text)


def canonical(entity: str, value: str) -> str:
    """Return the form of a value that decides whether two mentions are of the same thing."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    if entity in _DIGIT_ENTITIES:
        return _SEPARATORS.sub("", folded)
    return _BLANKS.sub(" ", folded).strip()
