"""Private keys and certificates in armour: RFC 7468 and OpenSSH, OpenPGP (RFC 9580), PuTTY."""

import re
from collections.abc import Iterator

from schemas.ports import Span

_DASHES = r"[-\u2010-\u2015]{2,5}"
_BEGIN = re.compile(rf"{_DASHES}[ ]?BEGIN [A-Za-z0-9 ]{{1,40}}{_DASHES}")
_END = re.compile(rf"{_DASHES}[ ]?END [A-Za-z0-9 ]{{1,40}}{_DASHES}")
_PUTTY = re.compile(r"PuTTY-User-Key-File-\d")
_PUTTY_END = re.compile(r"Private-(?:MAC|Hash):[ ]?[0-9a-f]+")
_WORD = re.compile(r"[^\s\"'<>]+")
_MATERIAL = re.compile(r"[A-Za-z0-9+/=\\,_-]+")
_LONG = 16
_PATIENCE = 12


def find(text: str) -> Iterator[Span]:
    """Yield armoured keys from first to last line, however their lines are broken; without an end, all key material."""
    if "BEGIN " in text:
        yield from _blocks(text, _BEGIN, _END)
    if "PuTTY-User-Key" in text:
        yield from _blocks(text, _PUTTY, _PUTTY_END)


def _blocks(text: str, begin: re.Pattern[str], end: re.Pattern[str]) -> Iterator[Span]:
    """A block ends where it says so, at the latest where the next one begins."""
    starts = [match.start() for match in begin.finditer(text)]
    for start, limit in zip(starts, [*starts[1:], len(text)], strict=False):
        opening = begin.match(text, start)
        closing = end.search(text, start, limit)
        if closing:
            yield Span(start, closing.end(), "SECRET", 0.95)
        elif opening:
            yield Span(start, _unended(text, opening.end(), limit), "SECRET", 0.95)


def _unended(text: str, begin: int, limit: int) -> int:
    """Return where the last word ends that may be part of a key: a long one, or the rest of a line after one."""
    end, idle, follows = begin, 0, False
    for word in _WORD.finditer(text, begin, limit):
        is_long = len(word[0]) >= _LONG
        if is_long or (follows and _MATERIAL.fullmatch(word[0]) and not word[0].islower()):
            end = word.end()
        idle = 0 if is_long else idle + 1
        follows = is_long
        if idle > _PATIENCE:
            break
    return end
