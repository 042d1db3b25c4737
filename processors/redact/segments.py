"""A request's words taken apart into pieces that are scanned together, and put together again."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from processors.redact import placeholders
from processors.redact.hints import entity_of_field
from processors.redact.readings.normalising import normalise
from schemas.requests import MAX_TEXT_CHARACTERS, FieldValue, Request, Turn

_LONG_NUMBER = re.compile(r"\d{5}")
_JOINTS = str.maketrans("_-", "  ")


@dataclass(frozen=True)
class Words:
    """What is redacted together: a text, and the fields and turns around it."""

    text: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    turns: Sequence[Turn] = ()

    @classmethod
    def of(cls, request: Request) -> "Words":
        """Return the words of a request."""
        return cls(request.text, request.fields, request.turns)


class Place(Enum):
    """Where a piece stands among the words.

    Attributes:
        KEY: of a field of a request.
        SLUG: a key in small letters that came with a value out of a system of record.
    """

    TEXT = auto()
    TURN = auto()
    KEY = auto()
    VALUE = auto()
    SLUG = auto()


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text to be scanned.

    Attributes:
        index: which turn or field it is.
        name: the role of a turn, the key of a field.
        changed: normalisation made another text of it.
        hidden: invisible characters were taken out of words.
        overlong: it is too long once its characters are written out, and stands here as it came; not to be searched.
    """

    place: Place
    index: int
    text: str
    name: str = ""
    changed: bool = False
    hidden: bool = False
    overlong: bool = False


def split(words: Words, limit: int = MAX_TEXT_CHARACTERS) -> list[Segment]:
    """Return the pieces of words, normalised, with look-alikes of placeholders escaped; the text is the first.

    Args:
        limit: code points that a piece may have.
    """
    return [segment_of(*piece, limit) for piece in _pieces(words)]


def _pieces(words: Words) -> Iterator[tuple[Place, int, str, str]]:
    yield Place.TEXT, 0, words.text, ""
    for index, turn in enumerate(words.turns):
        yield Place.TURN, index, turn.text, turn.role
    for index, (key, value) in enumerate(words.fields.items()):
        yield Place.KEY, index, spaced(key), key
        if is_scanned(key, value):
            yield Place.VALUE, index, str(value), key


def is_scanned(key: str, value: FieldValue) -> bool:
    """Whether a value is looked into: every string, and numbers with digits enough or a key that says they name something."""
    if value is None or isinstance(value, bool):
        return False
    return isinstance(value, str) or bool(_LONG_NUMBER.search(str(value)) or entity_of_field(key))


def spaced(key: str) -> str:
    """Return a key with blanks for its joints, so that patterns see where its parts end."""
    return key.translate(_JOINTS)


def segment_of(
    place: Place, index: int, text: str, name: str = "", limit: int = MAX_TEXT_CHARACTERS
) -> Segment:
    """Return a piece, normalised, with look-alikes of placeholders escaped.

    Args:
        limit: code points that it may have.
    """
    normalised = normalise(text)
    if len(normalised.text) > limit:
        return Segment(place, index, text, name, changed=True, hidden=normalised.hidden, overlong=True)
    escaped = placeholders.escape(normalised.text)
    return Segment(place, index, escaped, name, changed=escaped != text, hidden=normalised.hidden)


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a piece and what stands there instead."""

    start: int
    end: int
    placeholder: str


@dataclass(frozen=True)
class Piece:
    """A segment with what was replaced in it; edits are in order and do not overlap."""

    segment: Segment
    edits: Sequence[Edit]

    @property
    def text(self) -> str:
        """The redacted text."""
        parts: list[str] = []
        at = 0
        for edit in self.edits:
            parts += [self.segment.text[at : edit.start], edit.placeholder]
            at = edit.end
        return "".join([*parts, self.segment.text[at:]])

    def moved(self, position: int) -> int:
        """Return where a position of the segment's text is in the redacted text; inside a placeholder, its start."""
        shift = 0
        for edit in self.edits:
            if position <= edit.start:
                break
            if position < edit.end:
                return edit.start + shift
            shift += len(edit.placeholder) - (edit.end - edit.start)
        return position + shift


@dataclass(frozen=True)
class Rewritten:
    """All pieces of words."""

    pieces: Sequence[Piece]

    @property
    def own(self) -> Piece:
        """The text itself."""
        return next(piece for piece in self.pieces if piece.segment.place is Place.TEXT)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, each cut where placeholders made it too long."""
        return tuple(
            Turn.model_validate({"role": piece.segment.name, "text": shortened(piece.text) or " "})
            for piece in self.pieces
            if piece.segment.place is Place.TURN
        )

    def fields(self, words: Words) -> dict[str, FieldValue]:
        """The fields: a key or value in which something was replaced, and all others as they came."""
        keys = self._changed(Place.KEY)
        values = self._changed(Place.VALUE)
        fields: dict[str, FieldValue] = {}
        for index, (key, value) in enumerate(words.fields.items()):
            fields[unused(keys.get(index, key), fields)] = values.get(index, value)
        return fields

    def _changed(self, place: Place) -> dict[int, str]:
        """Texts by index that differ from what came. A key's joints and a number left alone are no difference."""
        return {
            piece.segment.index: piece.text
            for piece in self.pieces
            if piece.segment.place is place and (piece.edits or piece.segment.changed)
        }


def unused(key: str, taken: Container[str]) -> str:
    """Return a key that is not taken: the one given if it is free."""
    while key in taken:
        key += "_"
    return key


def shortened(text: str) -> str:
    """Return the text cut at its limit, but never through a placeholder."""
    if len(text) <= MAX_TEXT_CHARACTERS:
        return text
    cut = next(
        (
            match.start()
            for match in placeholders.PATTERN.finditer(text)
            if match.start() < MAX_TEXT_CHARACTERS < match.end()
        ),
        MAX_TEXT_CHARACTERS,
    )
    return text[:cut]
