"""Irreversible redaction of what tools and documents return. No vault holds the originals."""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress

from pydantic import JsonValue

from processors.ground import published
from processors.ground.marks import Marks
from processors.redact import language
from processors.redact.detection.detecting import UNSCANNED, is_unscanned
from processors.redact.hints import entity_of_field
from processors.redact.joined_names import names_somebody
from processors.redact.redaction import Draft, Found, rewrite, search
from processors.redact.rules.spans import merge
from processors.redact.segments import (
    Edit,
    Piece,
    Place,
    Segment,
    Words,
    is_scanned,
    segment_of,
    spaced,
    unused,
)
from processors.redact.vocabulary.standing import LANGUAGES
from schemas.base import DEFAULT_LANGUAGE, primary_language
from schemas.ports import Detector, Profile, Span
from schemas.requests import FieldValue
from schemas.tasks import OnFailure, RedactionSpec

REMEMBERED = 1_024
"""Passages whose redacted text is kept, so that a passage asked for again is not searched again."""

DEEPEST = 64
"""Objects and arrays of a record that are read, one within the other."""

_CALLED = "name"
"""Stands for the key of a key that holds a name."""

_BEYOND = f"[{UNSCANNED}]"
_FAILURES: tuple[OnFailure, ...] = ("hold", "redact")
_PUBLISHED = {each: RedactionSpec(profile=Profile.BALANCED, on_failure=each) for each in _FAILURES}
_RECORDED = {each: RedactionSpec(profile=Profile.STRICT, on_failure=each) for each in _FAILURES}
_PROSE_WORDS = 5
_SLUG = re.compile(r"[^\sA-Z\x80-\U0010ffff]*")
_JOINT = re.compile(r"[ \u00a0]?: | > ")
"""What stands between a document's title and its headings."""

_CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MONEY_KEY = re.compile(
    r"(?:^|_)(?:(?:sub)?totals?|cents?|amounts?|prices?|quantity|quantities)(?:_[a-z]{3})?$", re.IGNORECASE
)
_MONEY = re.compile(r"-?\d{1,8}(?:[.,]\d{1,4})?", re.ASCII)

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

    async def passages(
        self, passages: Sequence[Passage], spoken: str, on_failure: OnFailure = "hold"
    ) -> list[Passage]:
        """Return published passages, redacted but for what is impersonal in them.

        Args:
            on_failure: whether those that cannot be searched are held, or become `[UNSCANNED]`.

        Raises:
            Retryable: they could not be searched, and are held.
        """
        keys = [(passage, spoken) for passage in passages]
        kept = {key: self._passages[key] for key in keys if key in self._passages}
        unseen = [key for key in dict.fromkeys(keys) if key not in kept]
        drafts = [_published(passage, spoken, on_failure) for passage, spoken in unseen]
        found = await search(self._detector, [_apart(draft) for draft in drafts])
        clean = dict(zip(unseen, map(_clean_passage, drafts, found), strict=True))
        searched = [not any(map(is_unscanned, answers)) for answers in found]
        self._remember({**kept, **dict(compress(clean.items(), searched))})
        return [(kept | clean)[key] for key in keys]

    def _remember(self, kept: Mapping[tuple[Passage, str], Passage]) -> None:
        """Keep these and forget those that were asked for longest ago."""
        for key, passage in kept.items():
            self._passages[key] = passage
            self._passages.move_to_end(key)
        while len(self._passages) > REMEMBERED:
            self._passages.popitem(last=False)

    async def record(
        self,
        record: Mapping[str, JsonValue],
        spoken: str,
        known: frozenset[str],
        on_failure: OnFailure = "hold",
    ) -> dict[str, JsonValue]:
        """Return a record with all its keys and values redacted, but for strings in `known` and sums of money.

        What is nested deeper than `DEEPEST` becomes `[UNSCANNED]` unread.

        Args:
            on_failure: whether what cannot be searched is held, or becomes `[UNSCANNED]`.

        Raises:
            Retryable: it could not be searched, and is held.
        """
        known |= {_BEYOND}
        shallow = {name: _cut(value, DEEPEST - 1) for name, value in record.items()}
        segments = [
            segment_of(place, index, text, name)
            for index, (place, text, name) in enumerate(_leaves(shallow, "", known))
        ]
        draft = _draft(segments, spoken, _RECORDED[on_failure])
        (found,) = await search(self._detector, [draft])
        return _Rebuilding(iter(_marked(draft, found)), known).mapping(shallow)


def _cut(value: JsonValue, depth: int) -> JsonValue:
    """Return a value without the objects and arrays that are nested deeper than this."""
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return _BEYOND
    if isinstance(value, dict):
        return {name: _cut(item, depth - 1) for name, item in value.items()}
    return [_cut(item, depth - 1) for item in value]


def _published(passage: Passage, spoken: str, on_failure: OnFailure) -> Draft:
    segments = [segment_of(Place.TEXT, index, text) for index, text in enumerate(passage)]
    return _draft(segments, spoken, _PUBLISHED[on_failure])


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


def _parts(title: Segment) -> list[Segment]:
    """Return a document's title and its headings, where a title is made of several."""
    if title.overlong or not _JOINT.search(title.text):
        return []
    return [replace(title, text=title.text[start:end]) for start, end in _stretches(title.text)]


def _stretches(title: str) -> list[tuple[int, int]]:
    joints = [match.span() for match in _JOINT.finditer(title)]
    starts, ends = [0, *(end for _, end in joints)], [*(start for start, _ in joints), len(title)]
    return [*zip(starts, ends, strict=True)]


def _apart(draft: Draft) -> Draft:
    """Return a passage whose title is searched in its parts as well: the first two are the title and the text."""
    return replace(draft, segments=[*draft.segments, *_parts(draft.segments[0])])


def _clean_passage(draft: Draft, found: Found) -> Passage:
    heading, body, *parts = found
    title, text = draft.segments
    named = _in_title(title.text, heading, parts, draft.language)
    told = body if is_unscanned(body) else published.personal(text.text, body, draft.language, title.text)
    pieces = _marked(draft, [merge(title.text, named), merge(text.text, told)])
    return pieces[0].text, pieces[1].text


def _in_title(title: str, whole: Sequence[Span], parts: Found, language: str) -> Sequence[Span]:
    """Return what is personal in a title: in its parts, and in all of it but for what only seems assigned by a colon."""
    if is_unscanned(whole) or any(map(is_unscanned, parts)):
        return [Span(0, len(title), UNSCANNED, 1.0)]
    said = published.personal(title, whole, language)
    if not parts:
        return said
    within = [
        replace(span, start=span.start + start, end=span.end + start)
        for (start, end), found in zip(_stretches(title), parts, strict=True)
        for span in published.personal(title[start:end], found, language)
    ]
    return [*within, *(span for span in said if published.crosses(title, span))]


def _marked(draft: Draft, found: Found) -> list[Piece]:
    marks = Marks()
    pieces = rewrite(draft, found, marks.provisional).rewritten.pieces
    return [Piece(piece.segment, [_final(edit, marks) for edit in piece.edits]) for piece in pieces]


def _final(edit: Edit, marks: Marks) -> Edit:
    """In the place of a number of JSON the mark is in quotes, which stay."""
    provisional = edit.placeholder.strip('\\"')
    return replace(edit, placeholder=edit.placeholder.replace(provisional, marks.final(provisional)))


Leaf = tuple[Place, str, str]
"""Where a text stands, the text, and the key it is under."""


def _leaves(value: JsonValue, key: str, known: frozenset[str]) -> Iterator[Leaf]:
    """Yield what is to be searched, each key before its value; `_Rebuilding` takes the answers in this order."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in known:
                yield _place(name), _words(name), _CALLED if names_somebody(name) else ""
            yield from _leaves(item, name, known)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, key, known)
    elif _is_searched(value, key, known):
        yield Place.VALUE, str(value), _snake(key)


def _place(key: str) -> Place:
    """A key that no programmer wrote, or that holds a name, may name somebody, and is searched like a value."""
    return Place.SLUG if _SLUG.fullmatch(key) and not names_somebody(key) else Place.VALUE


def _words(key: str) -> str:
    """Return a key with blanks for its joints."""
    return spaced(_snake(key))


def _snake(key: str) -> str:
    return _HUMP.sub("_", key) if _CAMEL.fullmatch(key) else key


def _is_searched(value: FieldValue, key: str, known: frozenset[str]) -> bool:
    """Whether a value is looked into, as in a request, but for what is known and for sums of money."""
    return str(value) not in known and not _is_money(value, _snake(key)) and is_scanned(_snake(key), value)


def _is_money(value: FieldValue, key: str) -> bool:
    return bool(_MONEY_KEY.search(key) and _MONEY.fullmatch(str(value))) and not entity_of_field(key)


class _Rebuilding:
    """Puts a record together again from its redacted texts."""

    def __init__(self, pieces: Iterator[Piece], known: frozenset[str]) -> None:
        self._pieces = pieces
        self._known = known

    def mapping(self, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        rebuilt: dict[str, JsonValue] = {}
        for name, item in given.items():
            key = self._key(name)
            rebuilt[unused(key, rebuilt)] = self._value(item, name)
        return rebuilt

    def _key(self, key: str) -> str:
        if key in self._known:
            return key
        piece = next(self._pieces)
        return piece.text if piece.edits or piece.segment.text != _words(key) else key

    def _value(self, value: JsonValue, key: str) -> JsonValue:
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if not _is_searched(value, key, self._known):
            return value
        piece = next(self._pieces)
        return piece.text if piece.edits or isinstance(value, str) else value
