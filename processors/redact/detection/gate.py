"""A gate in front of many patterns: a pass over a text tells which of them could match at all.

The pass is Hyperscan's, an optional package. Patterns are compiled as a prefilter: they may let through what does not
match, never the reverse, so that with and without it the same is found. It sees ASCII only: other letters stand as an
underscore, which is part of a word and of no class of letters; where that could make a difference, everything passes.
"""

import re
from collections.abc import Collection, Sequence
from importlib import import_module
from types import ModuleType

_ALIKE = re.compile(
    "[\t\n\r -~\u00a0-\u00ac\u00ae-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf-\u012f\u0132-\u017e\u2010-\u2027\u20ac]*"
)
"""Latin letters and common signs: what belongs to a word, and what is another's capital, is beyond dispute."""

_LETTERS = re.compile(r"[^\W\x00-\x7f]")
_BLANKS = re.compile(r"[^\S\x00-\x7f]")
_OTHERS = re.compile(r"[^\x00-\x7f]")
_TOGETHER = 4
"""Patterns compiled into one automaton; more would be a little faster and take many times as long to compile."""


class Gate:
    """Tells which patterns are worth trying.

    Args:
        expressions: each in the syntax of the `regex` package, matched without regard to case over many lines.
    """

    def __init__(self, expressions: Sequence[str]) -> None:
        self._all = frozenset(range(len(expressions)))
        self._databases = _databases(expressions)

    @property
    def closes(self) -> bool:
        """Whether it ever keeps anything back."""
        return bool(self._databases)

    def possible(self, text: str) -> Collection[int]:
        """Return the places of the expressions that may match; without Hyperscan, of all."""
        if not self._databases or not _ALIKE.fullmatch(text):
            return self._all
        found: set[int] = set()

        def note(place: int, *_: object) -> None:
            found.add(place)

        seen = text.encode() if text.isascii() else _written_in_ascii(text)
        for database in self._databases:
            database.scan(seen, match_event_handler=note)  # type: ignore[attr-defined]
        return found


def hyperscan() -> ModuleType | None:
    """Return Hyperscan's module, if it is installed for this machine."""
    try:
        return import_module("hyperscan")
    except ImportError:
        return None


def _databases(expressions: Sequence[str]) -> list[object]:
    """Compile expressions, or none of them if this processor or one of them is beyond Hyperscan."""
    module = hyperscan()
    if module is None:
        return []
    try:
        return [
            _database(module, expressions[first : first + _TOGETHER], first)
            for first in range(0, len(expressions), _TOGETHER)
        ]
    except module.error:
        return []


def _database(module: ModuleType, expressions: Sequence[str], first: int) -> object:
    flags = (
        module.HS_FLAG_PREFILTER
        | module.HS_FLAG_CASELESS
        | module.HS_FLAG_DOTALL
        | module.HS_FLAG_MULTILINE
        | module.HS_FLAG_SINGLEMATCH
        | module.HS_FLAG_ALLOWEMPTY
    )
    database: object = module.Database()
    database.compile(  # type: ignore[attr-defined]
        expressions=[expression.encode() for expression in expressions],
        ids=list(range(first, first + len(expressions))),
        elements=len(expressions),
        flags=[flags] * len(expressions),
    )
    return database


def _written_in_ascii(text: str) -> bytes:
    return _OTHERS.sub("\x01", _BLANKS.sub("\x0b", _LETTERS.sub("_", text))).encode()
