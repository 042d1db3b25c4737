"""What was found once is replaced everywhere in the request and its turns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from processors.redact.detection.detecting import UNSCANNED
from processors.redact.rules.names import TITLES
from processors.redact.segments import Segment
from processors.redact.vocabulary.standing import is_common
from schemas.ports import Span

_NAMES = frozenset({"NAME", "PERSON"})
_LOCAL = frozenset({"AGE", UNSCANNED})
_WORD = re.compile(r"[^\W\d_]+")
_PARTICLES = frozenset(
    {"bin", "das", "del", "den", "der", "des", "dos", "ibn", "las", "los", "ten", "ter", "van", "von"}
)
_ALIKE = str.maketrans("\u0131\u03c2", "i\u03c3")
_SHORTEST_NAME = 3
_SHORTEST_VALUE = 5
_LONGEST_VALUE = 128
_MOST_VALUES = 64


@dataclass(frozen=True)
class Terms:
    """Names by word and other values as they were written.

    Attributes:
        names: types by word in lower case, for words that mean nothing else; found in any case.
        words: types by word as written, for names that are common words too (`Will`); found in that case only.
        values: types by value.
    """

    names: dict[str, str]
    words: dict[str, str]
    values: dict[str, str]


def terms(found: Iterable[tuple[Segment, Sequence[Span]]], language: str) -> Terms:
    """Collect what the spans cover."""
    collected = Terms({}, {}, {})
    for segment, spans in found:
        for span in spans:
            _collect(collected, segment.text[span.start : span.end], span.entity, language)
    return collected


def _collect(collected: Terms, value: str, entity: str, language: str) -> None:
    if entity in _NAMES:
        for match in _WORD.finditer(value):
            _collect_name(collected, match[0], entity, language)
    elif _is_distinctive(value, entity, language) and len(collected.values) < _MOST_VALUES:
        collected.values.setdefault(value, entity)


def _collect_name(collected: Terms, word: str, entity: str, language: str) -> None:
    if len(word) < _SHORTEST_NAME or word.lower() in _PARTICLES or word.lower() in TITLES:
        return
    if not is_common(word, language):
        collected.names.setdefault(word.lower(), entity)
    elif word[0].isupper():
        collected.words.setdefault(word, entity)


def _is_distinctive(value: str, entity: str, language: str) -> bool:
    if entity in _LOCAL or not _SHORTEST_VALUE <= len(value) <= _LONGEST_VALUE:
        return False
    return not value.isalpha() or not is_common(value, language)


def find(text: str, known: Terms) -> Iterator[Span]:
    """Yield the spans of known terms in a text."""
    for match in _WORD.finditer(text):
        entity = known.names.get(match[0].lower()) or known.words.get(match[0])
        if entity is not None:
            yield Span(match.start(), match.end(), entity, 0.5)
    yield from _values(text, known.values)


def _values(text: str, known: Mapping[str, str]) -> Iterator[Span]:
    folded = _folded(text) if known else ""
    for value, entity in known.items():
        sought = _folded(value)
        at = folded.find(sought)
        while at >= 0:
            end = at + len(sought)
            if not (_goes_on(folded, at - 1) or _goes_on(folded, end)):
                yield Span(at, end, entity, 0.5)
            at = folded.find(sought, at + 1)


def _folded(text: str) -> str:
    """Return a text without case, character by character, so that places in it are places in the text."""
    return text.replace("\u0130", "i").lower().translate(_ALIKE)


def _goes_on(text: str, at: int) -> bool:
    """Whether a word reaches to a place."""
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")
