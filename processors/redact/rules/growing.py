"""What stands beside a name or a place and belongs to it: initials, surnames, house numbers, postcodes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from processors.redact.familiar import FAMILIAR
from processors.redact.rules.names import UPPER
from processors.redact.vocabulary import is_common, is_frequent
from schemas.ports import Span

_PERSONAL = frozenset({"NAME", "PERSON"})
_MOST_STEPS = 4
_REACH = 48
_WORD = rf"[{UPPER}][\w'\u2019-]*[\w]"
_PARTICLE = (
    r"(?:van der|van den|van de|van|von der|von|zu|de la|de los|de|del|di|da|dos|du|la|le|el|al|bin|ibn)"
)
_INITIAL = r"(?:[A-HJ-Z]\.?|I\.)(?![\w'\u2019])"
_AFTER = re.compile(rf"[ \u00a0](?:{_INITIAL}|(?:{_PARTICLE}[ ])?(?P<word>{_WORD}))")
_BEFORE = re.compile(rf"(?:(?P<word>(?<!\w){_WORD})|(?<!\w){_INITIAL})(?:[ ]{_PARTICLE})?[ \u00a0]$")
_HOUSE_AFTER = re.compile(
    r",?[ \u00a0]\d{1,5}[a-zA-Z]?(?![\w.,]?\d)(?!\w)(?![ \u00a0]?(?:\u20ac|\$|\u00a3|%|EUR|x ))"
)
_HOUSE_BEFORE = re.compile(r"(?<![\w.,#])(?:\d{1,5}[a-zA-Z]?[ ,\u00a0]{1,2}){1,2}$")
_BETWEEN_PLACES = re.compile(r"(?=[^\w])[\s,.|>*-]{0,8}(?:\d{1,6}[a-zA-Z]?[\s,.|>*-]{1,8}){0,2}")


def grow(text: str, spans: Sequence[Span], language: str) -> list[Span]:
    """Return the spans with what belongs to them; they may overlap now."""
    grown = [_person(text, span, language) if span.entity in _PERSONAL else span for span in spans]
    return [*grown, *_places(text, spans)]


def _person(text: str, span: Span, language: str) -> Span:
    return replace(
        span, start=_leftmost(text, span.start, language), end=_rightmost(text, span.end, language)
    )


def _rightmost(text: str, end: int, language: str) -> int:
    for _ in range(_MOST_STEPS):
        match = _AFTER.match(text, end)
        if match is None or not _belongs(match["word"], language):
            return end
        end = match.end()
    return end


def _leftmost(text: str, start: int, language: str) -> int:
    for _ in range(_MOST_STEPS):
        match = _BEFORE.search(text, max(0, start - _REACH), start)
        if match is None or not _belongs(match["word"], language):
            return start
        start = match.start()
    return start


def _belongs(word: str | None, language: str) -> bool:
    """Whether a capitalised word beside a name is part of it; German capitalises all nouns, so there it must be rare."""
    if word is None:
        return True
    if word.lower() in FAMILIAR or is_frequent(word, language):
        return False
    return language != "de" or not is_common(word, language)


def _places(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield places with their numbers, and with the place that follows."""
    last: Span | None = None
    for span in spans:
        if span.entity != "LOCATION" and not (span.entity == "NAME" and _HOUSE_AFTER.match(text, span.end)):
            continue
        place = replace(span, start=_house_before(text, span), end=_house_after(text, span))
        if last is not None and _BETWEEN_PLACES.fullmatch(text, last.end, place.start):
            place = replace(place, start=last.start)
        yield replace(place, entity="LOCATION")
        last = place


def _house_after(text: str, span: Span) -> int:
    match = _HOUSE_AFTER.match(text, span.end)
    return match.end() if match else span.end


def _house_before(text: str, span: Span) -> int:
    match = _HOUSE_BEFORE.search(text, max(0, span.start - _REACH), span.start)
    return match.start() if match else span.start
