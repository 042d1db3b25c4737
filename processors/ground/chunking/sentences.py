"""Texts that are too long, cut between sentences; between words where a sentence is too long; within a word at last.

No library does it: what cuts a document decides the ids of its passages, which may change only with `CHUNKER`, and the
sentence splitter at hand takes seconds for a text without blanks and remembers every word it has seen.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from processors.ground.chunking.counting import TOKEN, count_tokens

OVERLAP_TOKENS = 40
"""A sentence of up to so many tokens is repeated at the beginning of the next piece."""

_END = re.compile(
    "(?P<stop>[.!?\u2026\u061f\u0964]{1,9})[\"'\u201d\u2019\u00bb)\\]]{0,3}\\s++"
    '|[\u3002\uff01\uff1f\uff61]{1,9}["\u201d\u2019\u300d\u300f\uff09]{0,3}\\s*+|\n'
)
_LAST_WORD = re.compile(r"[^\s(\[\"']{1,12}\Z")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]|\d{1,2}")
_ABBREVIATIONS = frozenset(
    [
        "abs",
        "al",
        "approx",
        "art",
        "bzw",
        "ca",
        "cf",
        "co",
        "dept",
        "dr",
        "ed",
        "est",
        "evtl",
        "fig",
        "ggf",
        "inc",
        "jr",
        "ltd",
        "max",
        "min",
        "mio",
        "mlle",
        "mme",
        "mr",
        "mrs",
        "ms",
        "nr",
        "no",
        "num",
        "pp",
        "prof",
        "rd",
        "resp",
        "sr",
        "sra",
        "st",
        "str",
        "tel",
        "vgl",
        "vol",
        "vs",
        "zzgl",
    ]
)
_LOOK_BACK = 16
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        r"[,;:\u060c\u3001\uff0c\uff1b\uff1a]\s+|[\u3001\uff0c\uff1b]",
        r"[^\W\d_A-Z]\s+(?=[^\W\d_A-Z])",
        r"[^\s\d@]\s+(?=[^\s\d@(+])",
        r"\s+",
    )
)
"""Where to cut between words, best first: after a clause, and not where a name or a number could go on."""


def sentences(text: str) -> Iterator[str]:
    """Yield a text's sentences and lines with the blanks after them; all together they are the text."""
    start = 0
    for match in _END.finditer(text):
        if not (match["stop"] == "." and _goes_on(text, match)):
            yield text[start : match.end()]
            start = match.end()
    if start < len(text):
        yield text[start:]


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether a full stop ends an abbreviation, an initial or an ordinal number."""
    if text[match.end() : match.end() + 1].islower():
        return True
    word = _LAST_WORD.search(text, max(0, match.start() - _LOOK_BACK), match.start())
    return bool(word and (word[0].lower() in _ABBREVIATIONS or _INITIALS.fullmatch(word[0])))


def pieces(text: str, budget: int) -> list[str]:
    """Return a text in pieces of whole sentences within a budget of tokens, each repeating the last one's last sentence."""
    return _packed(sentences(text), budget, OVERLAP_TOKENS)


def lines(text: str, budget: int) -> list[str]:
    """Return a text in pieces of whole lines within a budget of tokens."""
    return _packed(text.splitlines(keepends=True), budget, 0)


def _packed(parts: Iterable[str], budget: int, overlap: int) -> list[str]:
    packed: list[str] = []
    held: list[str] = []
    total = last = 0
    for part, size in _within(parts, budget):
        if held and total + size > budget:
            packed.append("".join(held))
            again = len(held) > 1 and last <= overlap and last + size <= budget
            held, total = (held[-1:], last) if again else ([], 0)
        held.append(part)
        total, last = total + size, size
    return [*packed, "".join(held)]


def _within(parts: Iterable[str], budget: int) -> Iterator[tuple[str, int]]:
    for part in parts:
        size = count_tokens(part)
        if size <= budget:
            yield part, size
        else:
            yield from ((piece, count_tokens(piece)) for piece in broken(part, budget))


def broken(text: str, budget: int) -> Iterator[str]:
    """Yield a text in pieces within a budget of tokens, cut between words where there are any."""
    ends = [match.end() for match in TOKEN.finditer(text)]
    start = first = 0
    while len(ends) - first > budget:
        cut = _place(text, ends, first + budget - max(1, budget // 4), first + budget - 1)
        yield text[start:cut]
        start, first = cut, bisect_right(ends, cut)
    yield text[start:]


def _place(text: str, ends: Sequence[int], least: int, most: int) -> int:
    for pattern in _PLACES:
        found = [match.end() for match in pattern.finditer(text, ends[least], ends[most])]
        if found:
            return found[-1]
    return ends[most]
