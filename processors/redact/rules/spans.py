"""Spans from many rules made into one set that does not overlap."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import regex  # type: ignore[import-untyped]

from schemas.ports import Span

_GENERIC = frozenset({"NAME", "NUMBER"})
_IMPERSONAL = frozenset({"LOCATION", "ORGANIZATION"})
_VAGUE = _GENERIC | _IMPERSONAL | {"PERSON"}
_EDGE = " \t\n\u00a0"
_PERSONAL = frozenset({"NAME", "PERSON"})
_BEHIND = regex.compile(r"[\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]+")
"""Accents, keycaps, variation selectors, joiners: what belongs to the character before it."""

_GAP = re.compile(r"[ \t\u00a0]{1,2}")


def matches(
    pattern: re.Pattern[str],
    text: str,
    entity: str,
    score: float = 0.8,
    within: Iterable[tuple[int, int]] | None = None,
) -> Iterator[Span]:
    """Yield a span for each match: of the group called `value` if the pattern has one, else of the whole match.

    Args:
        within: the stretches in which a match lies, if there is one; by default anywhere.
    """
    for start, end in ((0, len(text)),) if within is None else within:
        for match in pattern.finditer(text, start, end):
            yield from _said(match, entity, score)


def matches_at(
    pattern: re.Pattern[str], text: str, places: Iterable[int], entity: str, score: float = 0.8
) -> Iterator[Span]:
    """Yield what `matches` does for a pattern that matches nowhere but at some ascending places."""
    reached = 0
    for place in places:
        match = pattern.match(text, place) if place >= reached else None
        if match:
            yield from _said(match, entity, score)
            reached = match.end()


def _said(match: re.Match[str], entity: str, score: float) -> Iterator[Span]:
    start, end = match.span("value" if "value" in match.re.groupindex else 0)
    if end > start:
        yield Span(start, end, entity, score)


def merge(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return spans that cover the same characters without overlap, trimmed of blanks.

    Of overlapping spans the most specific type wins, then the longest, then the surest; a place or a firm only where
    nothing else was found. A first name beside a last name becomes one person.
    """
    merged: list[Span] = []
    cluster: list[Span] = []
    reach = 0
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        if cluster and span.start >= reach:
            merged.append(_united(cluster))
            cluster = []
        cluster.append(span)
        reach = max(reach, span.end)
    if cluster:
        merged.append(_united(cluster))
    return [span for span in _joined(text, trimmed(text, merged)) if span.end > span.start]


def _united(cluster: list[Span]) -> Span:
    if len(cluster) == 1:
        return cluster[0]
    best = max(cluster, key=_telling)
    if best.entity in _IMPERSONAL:  # an account beside a firm's name must not pass for a firm
        best = max((each for each in cluster if each.entity not in _VAGUE), key=_telling, default=best)
    return Span(cluster[0].start, max(each.end for each in cluster), best.entity, best.score)


def _telling(span: Span) -> tuple[bool, int, float]:
    return span.entity not in _GENERIC, span.end - span.start, span.score


def with_marks(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans with the marks and invisible characters right behind them, which belong to their last character."""
    for span in spans:
        behind = _BEHIND.match(text, span.end)
        yield replace(span, end=behind.end()) if behind else span


def trimmed(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans without the blanks at their ends."""
    for span in spans:
        words = text[span.start : span.end]
        if words == words.strip(_EDGE):
            yield span
            continue
        start = span.start + len(words) - len(words.lstrip(_EDGE))
        yield replace(span, start=start, end=max(start, span.start + len(words.rstrip(_EDGE))))


def _joined(text: str, spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is not None and _is_one_person(text, last, span):
            entity = "PERSON" if "PERSON" in {last.entity, span.entity} else "NAME"
            joined[-1] = replace(last, end=span.end, entity=entity)
        else:
            joined.append(span)
    return joined


def _is_one_person(text: str, last: Span, span: Span) -> bool:
    beside = bool(_GAP.fullmatch(text[last.end : span.start]))
    return beside and {last.entity, span.entity} <= _PERSONAL
