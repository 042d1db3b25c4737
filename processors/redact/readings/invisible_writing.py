"""Text written in characters that are not shown: Unicode tags, and octets spelt in variation selectors."""

import re
from collections.abc import Iterator

from processors.redact.readings.reading import Change

_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_TAGGED = 0xE0000
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_FIRST_SELECTOR, _FIRST_SUPPLEMENTARY, _BASIC = 0xFE00, 0xE0100, 16


def revealed(text: str) -> Iterator[Change]:
    """Yield what is written out of sight, in order."""
    if text.isascii():
        return
    found = [Change(*match.span(), _untagged(match[0])) for match in _TAGS.finditer(text)]
    found += [Change(*match.span(), _spelt(match[0])) for match in _SELECTORS.finditer(text)]
    yield from sorted(found)


def _untagged(tags: str) -> str:
    return "".join(chr(ord(tag) - _TAGGED) for tag in tags)


def _spelt(selectors: str) -> str:
    """Sixteen selectors stand for the first octets, the supplementary ones for the rest."""
    octets = bytes(
        ord(selector) - _FIRST_SELECTOR
        if ord(selector) < _FIRST_SUPPLEMENTARY
        else ord(selector) - _FIRST_SUPPLEMENTARY + _BASIC
        for selector in selectors
    )
    return octets.decode("utf-8", errors="ignore")
