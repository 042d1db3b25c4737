"""What stands beside a name or a place and belongs to it: initials, surnames, the rest of an address."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from processors.redact.rules import blocks
from processors.redact.rules.names import TITLES, UPPER
from processors.redact.vocabulary.standing import (
    is_common,
    is_familiar,
    is_frequent,
    is_generic,
    is_given_name,
)
from schemas.ports import Span

_PERSONAL = frozenset({"NAME", "PERSON"})
_MOST_STEPS = 4
_REACH = 48
_WORD = rf"[{UPPER}][\w'\u2019-]{{0,40}}\w"
_PARTICLE = (
    r"(?:van der|van den|van de|van|von der|von|zu|de la|de los|de|del|di|da|dos|du|la|le|el|al|bin|ibn)"
)
_INITIAL = r"(?:[A-HJ-Z]\.?|I\.)(?:[- ]?[A-Z]\.){0,3}(?![\w'\u2019])"
_CAPITALISED = re.compile(rf"(?<!\w)[{UPPER}][\w'\u2019-]{{2,40}}(?!\w)")
_AFTER = re.compile(rf"[ \u00a0](?:{_INITIAL}|(?:{_PARTICLE}[ ])?(?P<word>{_WORD}))")
_BEFORE = re.compile(rf"(?:(?P<word>(?<!\w){_WORD})|(?<!\w){_INITIAL})(?:[ ]{_PARTICLE})?[ \u00a0]$")


def grow(text: str, spans: Sequence[Span], language: str) -> list[Span]:
    """Return the spans with what belongs to them; they may overlap now."""
    grown = [_person(text, span, language) if span.entity in _PERSONAL else span for span in spans]
    return [*grown, *blocks.grow(text, spans, language), *_again(text, grown, language)]


def _again(text: str, spans: Sequence[Span], language: str) -> Iterator[Span]:
    """Yield where a person's name that is a word too stands again by itself, capitalised as it was."""
    names = {
        match[0]
        for span in spans
        if span.entity == "PERSON"
        for match in _CAPITALISED.finditer(text, span.start, span.end)
        if _is_ambiguous(match[0], language)
    }
    if names:
        for match in _CAPITALISED.finditer(text):
            if match[0] in names:
                yield Span(match.start(), match.end(), "PERSON", 0.4)


def _is_ambiguous(word: str, language: str) -> bool:
    return is_common(word, language) and not (is_familiar(word) or is_generic(word) or word.lower() in TITLES)


def _person(text: str, span: Span, language: str) -> Span:
    sure = is_given_name(text[span.start : span.end]) or (language == "en" and span.entity == "PERSON")
    start, end = _leftmost(text, span.start, language), _rightmost(text, span.end, language, sure=sure)
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _rightmost(text: str, end: int, language: str, *, sure: bool) -> int:
    """After what is surely a person, any capitalised word is a surname (`Jane Price`)."""
    for _ in range(_MOST_STEPS):
        match = _AFTER.match(text, end)
        if match is None or not (_belongs(match["word"], language) or (sure and _is_surname(match["word"]))):
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


def _is_surname(word: str) -> bool:
    return not (is_familiar(word) or word.isupper())


def _belongs(word: str | None, language: str) -> bool:
    """Whether a capitalised word beside a name is part of it; German capitalises all nouns, so there it must be rare."""
    if word is None:
        return True
    if is_familiar(word) or is_frequent(word, language):
        return False
    return language != "de" or not is_common(word, language)
