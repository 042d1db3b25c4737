"""Irreversible redaction of what tools and documents return. No vault holds the originals."""

import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from processors.redact import language
from processors.redact.hints import entity_of_field
from processors.redact.placeholders import canonical
from processors.redact.redaction import Draft, Found, rewrite, search
from processors.redact.segments import Piece, Place, Segment, Words, segment_of, spaced, unused
from processors.redact.vocabulary.standing import LANGUAGES
from schemas.base import DEFAULT_LANGUAGE, primary_language
from schemas.ports import Detector, Profile
from schemas.tasks import RedactionSpec

IMPERSONAL = frozenset({"LOCATION", "NAME", "NUMBER", "ORGANIZATION"})
"""What published knowledge may name: places, firms, articles and measures are no personal data there."""

REMEMBERED = 1_024
"""Passages whose redacted text is kept, so that a passage asked for again is not searched again."""

_PUBLISHED = RedactionSpec(profile=Profile.BALANCED)
_RECORDED = RedactionSpec(profile=Profile.STRICT)
_NAMES = frozenset({"NAME", "PERSON"})
_PROSE_WORDS = 5
_LONG_NUMBER = re.compile(r"\d{9}")

Passage = tuple[str, str]
"""Title and text."""


class Sanitiser:
    """Replaces what is personal by its type in square brackets, a form that can never be restored.

    Within a passage or record a value has the same mark wherever it stands: `[PERSON]`, or `[PERSON 1]` and `[PERSON 2]`
    where there are several. Text that looks like a request's placeholder is defused, so that no document can have one
    restored. What is written in sentences is searched in the language it is in, whatever the requester speaks.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._passages: OrderedDict[tuple[Passage, str], Passage] = OrderedDict()

    async def passages(self, passages: Sequence[Passage], spoken: str) -> list[Passage]:
        """Return published passages, redacted but for what is impersonal in them.

        Raises:
            Retryable: they could not be searched.
        """
        keys = [(passage, spoken) for passage in passages]
        unseen = [key for key in dict.fromkeys(keys) if key not in self._passages]
        drafts = [_published(passage, spoken) for passage, spoken in unseen]
        found = await search(self._detector, drafts)
        fresh = {
            key: _clean_passage(draft, answers)
            for key, draft, answers in zip(unseen, drafts, found, strict=True)
        }
        kept = [fresh.get(key) or self._passages[key] for key in keys]
        self._passages.update(fresh)
        while len(self._passages) > REMEMBERED:
            self._passages.popitem(last=False)
        return kept

    async def record(
        self, record: Mapping[str, JsonValue], spoken: str, known: frozenset[str]
    ) -> dict[str, JsonValue]:
        """Return a record with all its keys and values redacted, at any depth, but for strings in `known`.

        Raises:
            Retryable: it could not be searched.
        """
        segments = [
            segment_of(place, index, text, name)
            for index, (place, text, name) in enumerate(_leaves(dict(record), "", known))
        ]
        draft = _draft(segments, spoken, _RECORDED)
        (found,) = await search(self._detector, [draft])
        return _Rebuilding(iter(_marked(draft, found)), known).mapping(record)


def _published(passage: Passage, spoken: str) -> Draft:
    segments = [segment_of(Place.TEXT, index, text) for index, text in enumerate(passage)]
    return _draft(segments, spoken, _PUBLISHED)


def _draft(segments: Sequence[Segment], spoken: str, spec: RedactionSpec) -> Draft:
    tag = _language([segment.text for segment in segments], spoken)
    return Draft(Words(""), segments, tag, spec)


def _language(texts: Sequence[str], spoken: str) -> str:
    """A few words or codes do not tell their language; then the requester's is the best guess."""
    prose = " ".join(text for text in texts if len(text.split()) >= _PROSE_WORDS)
    if not prose:
        return spoken
    usual = dict.fromkeys((primary_language(spoken), DEFAULT_LANGUAGE, *sorted(LANGUAGES)))
    return language.detect(prose, [*usual])


def _clean_passage(draft: Draft, found: Found) -> Passage:
    personal: Found = [[span for span in spans if span.entity not in IMPERSONAL] for spans in found]
    title, text = (piece.text for piece in _marked(draft, personal))
    return title, text


def _marked(draft: Draft, found: Found) -> list[Piece]:
    marks = _Marks()
    pieces = rewrite(draft, found, marks.provisional).rewritten.pieces
    return [
        Piece(
            piece.segment,
            [replace(edit, placeholder=marks.final(edit.placeholder)) for edit in piece.edits],
        )
        for piece in pieces
    ]


class _Marks:
    """Numbers values by type in the order they are named; a number that would tell nothing is left out."""

    def __init__(self) -> None:
        self._values: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._named: dict[str, tuple[str, str]] = {}

    def provisional(self, entity: str, value: str) -> str:
        """Return a mark that no other value has."""
        form = canonical(entity, value)
        values = self._values[entity]
        if form not in values:
            values[form] = self._number(entity, form)
        mark = f"[{entity} {form}]"
        self._named[mark] = entity, form
        return mark

    def _number(self, entity: str, form: str) -> int:
        """Somebody's first or last name alone has the number of the whole."""
        values = self._values[entity]
        alike = (number for known, number in values.items() if entity in _NAMES and _is_part(form, known))
        return next(alike, max(values.values(), default=0) + 1)

    def final(self, mark: str) -> str:
        """Return a mark as it is to be read, once all values are known."""
        entity, form = self._named[mark]
        numbers = self._values[entity]
        return f"[{entity} {numbers[form]}]" if max(numbers.values()) > 1 else f"[{entity}]"


def _is_part(one: str, other: str) -> bool:
    words, others = set(one.split()), set(other.split())
    return words <= others or others <= words


Leaf = tuple[Place, str, str]
"""Where a text stands, the text, and the key it is under."""


def _leaves(value: JsonValue, key: str, known: frozenset[str]) -> Iterator[Leaf]:
    """Yield what is to be searched, each key before its value; `_Rebuilding` takes the answers in this order."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield Place.KEY, spaced(name), name
            yield from _leaves(item, name, known)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, key, known)
    elif _is_searched(value, key, known):
        yield Place.VALUE, str(value), key


def _is_searched(value: JsonValue, key: str, known: frozenset[str]) -> bool:
    """Strings are; of the numbers, whole ones with digits enough to name somebody, and what a key says is personal."""
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, str):
        return value not in known
    long = isinstance(value, int) and _LONG_NUMBER.search(str(value))
    return bool(long or entity_of_field(key))


class _Rebuilding:
    """Puts a record together again from its redacted texts."""

    def __init__(self, pieces: Iterator[Piece], known: frozenset[str]) -> None:
        self._pieces = pieces
        self._known = known

    def mapping(self, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        rebuilt: dict[str, JsonValue] = {}
        for name, item in given.items():
            piece = next(self._pieces)
            changed = piece.edits or piece.segment.text != spaced(name)
            rebuilt[unused(piece.text if changed else name, rebuilt)] = self._value(item, name)
        return rebuilt

    def _value(self, value: JsonValue, key: str) -> JsonValue:
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if not _is_searched(value, key, self._known):
            return value
        piece = next(self._pieces)
        return piece.text if piece.edits or isinstance(value, str) else value
