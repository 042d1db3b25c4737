"""The values that a task declares to need in clear."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar

from processors.redact.detection.detecting import UNSCANNED
from processors.redact.rules.spans import trimmed
from processors.redact.segments import Place, Segment
from schemas.ports import Span
from schemas.tasks import IdentifierSpec

_CLOSED = frozenset({"CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "SECRET", UNSCANNED, "URL", "USERNAME"})
"""What is not opened for an identifier that stands inside it."""

_SECRET = frozenset({"CREDIT_CARD", "SECRET"})
"""What is not opened for an identifier either that is all of it: a password may look like an order number."""

_PRECEDENCE = {Place.VALUE: 0, Place.TEXT: 1, Place.TURN: 2}
_TELLING = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Mention:
    """An identifier in a text.

    Attributes:
        value: as the task's pattern wants it, whatever case the requester wrote it in.
    """

    start: int
    end: int
    name: str
    value: str


S = TypeVar("S", Span, Mention)


def find(text: str, specs: Iterable[IdentifierSpec], spans: Sequence[Span]) -> list[Mention]:
    """Return the identifiers in a text, except those inside a secret, an address or an account."""
    closed = [span for span in spans if span.entity in _CLOSED]
    ends = [span.end for span in closed]  # spans are in order and apart
    return [
        mention
        for spec in specs
        for mention in _mentions(text, spec)
        if not any(_closes(span, mention) for span in _overlapping(closed, ends, mention.start, mention.end))
    ]


def _mentions(text: str, spec: IdentifierSpec) -> Iterator[Mention]:
    for match in _pattern(rf"(?<!\w)(?:{spec.pattern})(?!\w)", re.IGNORECASE).finditer(text):
        value = _as_declared(match[0], spec)
        if value is not None:
            yield Mention(match.start(), match.end(), spec.name, value)


def _as_declared(written: str, spec: IdentifierSpec) -> str | None:
    forms = (written, written.upper(), written.lower())
    return next((form for form in forms if _pattern(spec.pattern).fullmatch(form)), None)


@lru_cache(maxsize=256)
def _pattern(expression: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(expression, flags)


def _closes(span: Span, mention: Mention) -> bool:
    """Whether a span that overlaps a mention keeps it closed: it is secret or reaches beyond."""
    return span.entity in _SECRET or span.start < mention.start or mention.end < span.end


def _overlapping(ordered: Sequence[S], ends: Sequence[int], start: int, end: int) -> Iterator[S]:
    """Yield the stretches that overlap one; they are in order and apart, so the first is found by its end."""
    for index in range(bisect_right(ends, start), len(ordered)):
        if ordered[index].start >= end:
            return
        yield ordered[index]


def keep(text: str, spans: Iterable[Span], mentions: Sequence[Mention]) -> list[Span]:
    """Return the spans, which are trimmed of blanks, without the characters of the identifiers."""
    kept = list(spans)
    if mentions:
        ordered = sorted(mentions, key=lambda each: each.start)
        ends = list(accumulate((each.end for each in ordered), max))
        kept = list(trimmed(text, (part for span in kept for part in _cut(span, ordered, ends))))
    return [span for span in kept if _TELLING.search(text, span.start, span.end)]


def _cut(span: Span, ordered: Sequence[Mention], ends: Sequence[int]) -> Iterator[Span]:
    at = span.start
    for mention in _overlapping(ordered, ends, span.start, span.end):
        if at < mention.start:
            yield replace(span, start=at, end=mention.start)
        at = max(at, mention.end)
    if at < span.end:
        yield span if at == span.start else replace(span, start=at)


def collect(found: Iterable[tuple[Segment, Sequence[Mention]]]) -> dict[str, str]:
    """Return the first value of each name: fields before the text, the text before the requester's latest turn."""
    ranked = sorted(
        (pair for pair in found if pair[0].place in _PRECEDENCE and pair[0].name != "assistant"),
        key=lambda pair: (_PRECEDENCE[pair[0].place], -pair[0].index if pair[0].place is Place.TURN else 0),
    )
    values: dict[str, str] = {}
    for _, mentions in ranked:
        for mention in sorted(mentions, key=lambda each: each.start):
            values.setdefault(mention.name, mention.value)
    return values
