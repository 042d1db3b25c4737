"""A request's words taken apart into pieces that are scanned together, and put together again."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from processors.redact import placeholders
from processors.redact.hints import entity_of_field
from processors.redact.normalising import normalise
from schemas.errors import Unprocessable
from schemas.requests import MAX_TEXT_CHARACTERS, FieldValue, Request, Turn

_LONG_NUMBER = re.compile(r"\d{5}")
_JOINTS = str.maketrans("_-", "  ")


class Place(Enum):
    """Where a piece stands in the request."""

    TEXT = auto()
    TURN = auto()
    KEY = auto()
    VALUE = auto()


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text to be scanned.

    Attributes:
        index: which turn or field it is.
        name: the role of a turn, the key of a field.
        changed: normalisation made another text of it.
        hidden: invisible characters were taken out of words.
    """

    place: Place
    index: int
    text: str
    name: str = ""
    changed: bool = False
    hidden: bool = False


def split(request: Request) -> list[Segment]:
    """Return the request's pieces, normalised, with look-alikes of placeholders escaped."""
    return [_segment(Place.TEXT, 0, request.text), *_turns(request), *_fields(request)]


def _turns(request: Request) -> Iterator[Segment]:
    for index, turn in enumerate(request.turns):
        yield _segment(Place.TURN, index, turn.text, turn.role)


def _fields(request: Request) -> Iterator[Segment]:
    for index, (key, value) in enumerate(request.fields.items()):
        yield _segment(Place.KEY, index, key.translate(_JOINTS), key)
        if _is_scanned(key, value):
            yield _segment(Place.VALUE, index, str(value), key)


def _is_scanned(key: str, value: FieldValue) -> bool:
    """Every string is; of the numbers, those with digits enough to name something or a key that says they do."""
    if value is None or isinstance(value, bool):
        return False
    return isinstance(value, str) or bool(_LONG_NUMBER.search(str(value)) or entity_of_field(key))


def _segment(place: Place, index: int, text: str, name: str = "") -> Segment:
    normalised = normalise(text)
    if len(normalised.text) > MAX_TEXT_CHARACTERS:
        raise Unprocessable("too_large", "a text is too long once its characters are written out")
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
    """All pieces of a request."""

    pieces: Sequence[Piece]

    @property
    def own(self) -> Piece:
        """The request's own text."""
        return next(piece for piece in self.pieces if piece.segment.place is Place.TEXT)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, each cut where placeholders made it too long."""
        return tuple(
            Turn.model_validate({"role": piece.segment.name, "text": shortened(piece.text) or " "})
            for piece in self.pieces
            if piece.segment.place is Place.TURN
        )

    def fields(self, request: Request) -> dict[str, FieldValue]:
        """The fields: a key or value in which something was replaced, and all others as they came."""
        keys = self._changed(Place.KEY)
        values = self._changed(Place.VALUE)
        fields: dict[str, FieldValue] = {}
        for index, (key, value) in enumerate(request.fields.items()):
            fields[_unused(keys.get(index, key), fields)] = values.get(index, value)
        return fields

    def _changed(self, place: Place) -> dict[int, str]:
        """Texts by index that differ from what came. A key's joints and a number left alone are no difference."""
        return {
            piece.segment.index: piece.text
            for piece in self.pieces
            if piece.segment.place is place and (piece.edits or piece.segment.changed)
        }


def _unused(key: str, taken: dict[str, FieldValue]) -> str:
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
