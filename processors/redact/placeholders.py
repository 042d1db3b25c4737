"""The grammar of placeholders: what stands in a text where a personal value or a secret stood."""

import hmac
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import partial

from processors.redact.framing import frame

PATTERN = re.compile(r"<(?P<entity>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_(?P<digest>[0-9a-f]{8})>")
"""Finds placeholders: `<ENTITY_xxxxxxxx>`, eight lower-case hexadecimal digits of a keyed digest."""

DIGEST_CHARACTERS = 8
WITHHELD = "[withheld]"
"""What people read where a placeholder may not be restored."""

_OPENED, _CLOSED = "\u2039", "\u203a"
_ANGLED = (re.compile(r"<([^<>]*)>"), re.compile(r"&lt;([^<>&]*)&gt;"))
_BRACKETED = tuple(map(re.compile, (r"\[([^\[\]]*)\]", r"\(([^()]*)\)", r"\{([^{}]*)\}")))
_LOOSE = re.compile(r"[\w\\-]+[\s_\\-]\s*[0-9A-Fa-f]{8}")
_STRICT = re.compile(r"[A-Z][A-Z0-9_]*_[0-9a-f]{8}")
_MENTION = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9_]*_[0-9A-Fa-f]{8}(?![A-Za-z0-9_])")
_SEPARATORS = re.compile(r"[\s().\-/]+")
_BLANKS = re.compile(r"\s+")
_DIGIT_ENTITIES = frozenset({"CREDIT_CARD", "IBAN_CODE", "NUMBER", "PHONE_NUMBER"})


def compose(entity: str, digest: str) -> str:
    """Return the placeholder of an entity type and the hexadecimal digest of its value."""
    return f"<{entity}_{digest[:DIGEST_CHARACTERS]}>"


def keyed(key: bytes, scope: str, entity: str, value: str) -> str:
    """Return the placeholder of a value: the same for all its forms within a scope, by HMAC-SHA-256 (FIPS 198-1)."""
    message = frame("placeholder", scope, entity, canonical(entity, value))
    return compose(entity, hmac.digest(key, message, "sha256").hex())


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
    """Return the text with what a requester typed to look like a placeholder in other brackets.

    What a model might take for one counts as well: another case, blanks, a slash, another joint, an HTML entity in place
    of the bracket; and the very grammar in round, square or curly brackets. The length stays the same.
    """
    for brackets in _ANGLED:
        text = brackets.sub(partial(_defused, _LOOSE), text)
    for brackets in _BRACKETED:
        text = brackets.sub(partial(_defused, _STRICT), text)
    return text


def _defused(like: re.Pattern[str], match: re.Match[str]) -> str:
    inner = match[1]
    if not like.fullmatch(inner.strip().removeprefix("/").strip()):
        return match[0]
    width = (len(match[0]) - len(inner)) // 2
    return _OPENED.rjust(width) + inner + _CLOSED.ljust(width)


def withhold_mangled(text: str, issued: Collection[str]) -> str:
    """Return the text without issued placeholders that were written otherwise than issued; exact ones stay.

    A model may drop their brackets or change their case. Nobody downstream is to read a pseudonym.
    """
    cores = {placeholder[1:-1].casefold() for placeholder in issued}
    return _MENTION.sub(
        lambda match: match[0] if _is_exact(match) or match[0].casefold() not in cores else WITHHELD,
        text,
    )


def _is_exact(match: re.Match[str]) -> bool:
    start, end = match.span()
    return PATTERN.fullmatch(match.string, start - 1, end + 1) is not None if start else False


def canonical(entity: str, value: str) -> str:
    """Return the form of a value that decides whether two mentions are of the same thing."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    if entity in _DIGIT_ENTITIES:
        return _SEPARATORS.sub("", folded)
    return _BLANKS.sub(" ", folded).strip()
