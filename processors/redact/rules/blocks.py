"""Postal addresses as blocks: from a street with its number on to flat, town, state, postcode and country."""

import re
from collections.abc import Sequence
from dataclasses import replace

from processors.redact.rules.names import UPPER
from processors.redact.vocabulary.standing import is_familiar, is_frequent, is_generic
from schemas.ports import Span

_MOST_PIECES = 16
_REACH = 48
_CORNERS = frozenset({" and ", " & "})
_TEXTUAL = frozenset({"LOCATION", "NAME", "ORGANIZATION", "PERSON"})
_LEADING = frozenset({"LOCATION", "NAME", "NUMBER"})
_BREAK = re.compile(r"[ \t\u00a0]{0,3}(?:[,;|/(){}-][ \t\u00a0]{0,3}){0,2}(?:\n[ \t>*|,]{0,10}){0,2}")
_NUMBER = re.compile(
    r"(?:\d{1,6}[a-zA-Z]?|[a-zA-Z]\d{1,4}|[A-Z]{2,3})(?:[-/]\d{1,4})?(?![\w:@%\u20ac$\u00a3]|[.,]\d|[ ]?(?:EUR|USD|GBP|CHF|x)\b)"
)
_UNIT = re.compile(
    r"(?:(?:Apartment|Apt|Suite|Ste|Unit|Flat|Floor|Room|Building|Bldg|Block|Box|No|Nr)\b\.?[ ]?#?|#)[A-Z]?\d\w{0,5}(?!\w)",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[{UPPER}](?:[\w'\u2019.-]{{0,40}}\w)?(?![\w:@])")
_LINK = re.compile(r"(?:and|&|\+|und|et|y|[a-z]{1,4}\.|[a-z\u00e0-\u00ff]{1,3})[ ](?=\w)")
_STOP = re.compile(r"\.(?=[ ]?(?:\n|$|[A-Z\d,]))")
_HOUSE_AFTER = re.compile(
    r",?[ \u00a0]\d{1,5}[a-zA-Z]?(?![\w.,]?\d)(?!\w)(?![ \u00a0]?(?:\u20ac|\$|\u00a3|%|EUR|x |(?!(?:and|in|near|st|street|road|apt|suite|at)\b)[a-z]))\.?(?=\W|$)"
)
_NUMBERED = re.compile(r"[^\W\d_]{3}[\w.]{0,40}[ \u00a0]\d{1,5}[a-zA-Z]?(?!\w)")
_HOUSE_BEFORE = re.compile(
    r"(?:(?i:(?:on |at )?(?:the )?corner of )|(?<![\w.,#])(?:\d{1,6}[a-zA-Z]?[ ,\u00a0]{1,2}){1,2}"
    r"(?:(?i:ul|al|pl|os|rua|r|av|avda|st|via|calle)\b\.?[ ](?:d[aeou]s?[ ])?)?)$"
)


def grow(text: str, spans: Sequence[Span], language: str) -> list[Span]:
    """Return the places among the spans, each with the numbers around it and with what follows in its address."""
    grown: list[Span] = []
    reach = 0
    for place, span in enumerate(spans):
        if span.start < reach or not _is_place(text, span):
            continue
        start, end = _start(text, spans, place), _house_after(text, span)
        if _is_address(text, start, end):
            end = _block(text, end, spans, place + 1, language)
        grown.append(replace(span, start=start, end=end, entity="LOCATION"))
        reach = end
    return grown


def _is_place(text: str, span: Span) -> bool:
    if span.entity == "LOCATION":
        return True
    if span.entity not in _TEXTUAL:
        return False
    return bool(_HOUSE_AFTER.match(text, span.end) or _NUMBERED.search(text, span.start, span.end))


def _is_address(text: str, start: int, end: int) -> bool:
    """Whether a place is one with a number: a street, a flat, a box, a postcode."""
    return any(map(str.isdigit, text[start:end]))


def _house_after(text: str, span: Span) -> int:
    match = _HOUSE_AFTER.match(text, span.end)
    return match.end() if match else span.end


def _start(text: str, spans: Sequence[Span], place: int) -> int:
    """Return where a place begins: with its house number, with the street that it is a corner of, with that one's number."""
    start = _house_before(text, spans[place].start)
    before = spans[place - 1] if place else None
    if before is None or before.entity not in _TEXTUAL or text[before.end : start] not in _CORNERS:
        return start
    return _house_before(text, before.start)


def _house_before(text: str, start: int) -> int:
    match = _HOUSE_BEFORE.search(text, max(0, start - _REACH), start)
    return match.start() if match else start


def _block(text: str, end: int, spans: Sequence[Span], following: int, language: str) -> int:
    """Return where an address ends whose street and number end at a place in the text."""
    at = end
    for _ in range(_MOST_PIECES):
        at = _over(text, at)
        while following < len(spans) and spans[following].end <= at:
            following += 1
        after = _piece(text, at, spans[following] if following < len(spans) else None, language)
        if after is None:
            break
        if text[after - 1].isalnum() or text[after - 1] == ".":
            end = after
        at = after
    return end


def _over(text: str, at: int) -> int:
    """Return where the next piece may begin, past blanks, commas and up to two line ends."""
    stop = _STOP.match(text, at)
    gap = _BREAK.match(text, stop.end() if stop and text[at - 1 : at].isdigit() else at)
    return gap.end() if gap else at


def _piece(text: str, at: int, span: Span | None, language: str) -> int | None:
    """Return the end of the piece of an address that begins here, or None."""
    if span is not None and span.start <= at < span.end:
        return (
            span.end if span.entity in _TEXTUAL | _LEADING and text[span.end : span.end + 1] != ":" else None
        )
    for pattern in (_UNIT, _NUMBER):
        match = pattern.match(text, at)
        if match and match.end() > at:
            return match.end()
    word = _WORD.match(text, at)
    if word:
        return word.end() if _names_place(word[0], language) else None
    link = _LINK.match(text, at)
    return link.end() if link and span is not None and span.start == link.end() else None


def _names_place(word: str, language: str) -> bool:
    return is_generic(word) or not (is_familiar(word) or is_frequent(word, language))
