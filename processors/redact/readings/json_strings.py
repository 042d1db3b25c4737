"""JSON (RFC 8259) in a text, whole or in pieces, valid or not: its strings, what its keys say, and where its joints are.

Strings are told by what stands on both sides of them, so nothing has to be parsed, however deeply it is nested.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from processors.redact.hints import entity_of_field
from processors.redact.readings.decoding import unescaped
from processors.redact.readings.reading import View, reread, unchanged
from schemas.ports import Span

_DEEPEST = 3
"""JSON in strings of JSON that is read."""

_LIKELY = re.compile(r"[{\[,:]\s*+\"|\"\s*+[,:}\]]")
_PIECE = re.compile(
    r"(?P<before>[{\[,:])\s*+"
    r"(?:\"(?P<string>(?:[^\"\\]|\\[\s\S])*+)\"(?=\s*+(?:(?P<after>[,:}\]])|\Z))"
    r"|(?P<number>-?\d[\d.eE+-]*+)(?=\s*+[,}\]]))?+"
    r"|(?P<closing>[}\]])"
)
_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|[\s\S])")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JOINTS = re.compile(r"[\s.-]+")
_PART_OF_NAME = re.compile(r"(?i)^(?:first|last|given|family|middle|sur|sir|maiden|full|display|legal)")
_THINGS = re.compile(
    r"(?i)(?:^|_)(?:products?|items?|articles?|lines?|goods|skus?|shops?|stores?|brands?|categor(?:y|ies)|files?|plans?|parcels?|"
    r"positions?|variants?|models?|artikel|produkte?|articles?|art\u00edculos?|productos?|produits?)$"
)
_THING = "thing"
"""What is said of a value that is a thing's, or a shop's: its name is nobody's."""

_TELLING = re.compile(r"\w")
_STRUCTURE = re.compile(r"[\s{}\[\],:\"]*")
_NOTHING_ELSE = re.compile(
    r"(?::\s*+(?:-?\d[\d.eE+-]*+(?=\s*+[,}\]]))?+|[\s{}\[\],\"]|(?<=[\s:\[,])(?:true|false|null)(?=\s*+[,}\]]))*+"
)
"""What is between the strings of a document of JSON. Numbers in arrays are read: they may be the digits of one."""

_CERTAIN = 1.0


class Literal(NamedTuple):
    """A string without its quotes, or a number.

    Attributes:
        entity: what the key says that its value is.
        quoted: it is a string.
        is_key: it is one itself.
    """

    start: int
    end: int
    entity: str | None
    quoted: bool = True
    is_key: bool = False


@dataclass
class _Nesting:
    """What the keys around a place say.

    Attributes:
        entities: of the objects and arrays that are open there.
        entity: of the value that comes next.
        keyed: that value has a key of its own; it is no element of an array.
    """

    entities: list[str | None] = field(default_factory=list)
    entity: str | None = None
    keyed: bool = False

    def open(self) -> None:
        self.entities.append(self._next())

    def close(self) -> None:
        if self.entities:
            self.entities.pop()

    def key(self, name: str) -> None:
        plain = _JOINTS.sub("_", _HUMP.sub("_", name))
        self.entity, self.keyed = _told(plain, self._around), True

    def value(self) -> str | None:
        told = self._next()
        return None if told == _THING else told

    def _next(self) -> str | None:
        told = self.entity if self.keyed else self._around
        self.entity, self.keyed = None, False
        return told

    @property
    def _around(self) -> str | None:
        return self.entities[-1] if self.entities else None


def _told(key: str, around: str | None) -> str | None:
    """Return what a key says within what is said around it."""
    entity = entity_of_field(key)
    if _THINGS.search(key):
        return _THING
    if around == _THING:
        return _THING if entity in {None, "PERSON"} else entity
    if around == "PERSON" and not _PART_OF_NAME.match(key):
        return entity
    return entity or around


def may_be_json(text: str) -> bool:
    """Whether it is worth looking for JSON: cheap, and wrong only in saying yes."""
    return '"' in text and bool(_LIKELY.search(text))


def literals(text: str) -> Iterator[Literal]:
    """Yield the strings and numbers of all JSON in a text, in order."""
    if not may_be_json(text):
        return
    nesting = _Nesting()
    for match in _PIECE.finditer(text):
        if match["closing"]:
            nesting.close()
            continue
        if match["before"] in "{[":
            nesting.open()
        if match["string"] is not None or match["number"] is not None:
            yield _literal(match, nesting)


def _literal(match: re.Match[str], nesting: _Nesting) -> Literal:
    if match["number"] is not None:
        return Literal(*match.span("number"), nesting.value(), quoted=False)
    start, end = match.span("string")
    if match["after"] == ":":
        nesting.key(match["string"])
        return Literal(start, end, None, is_key=True)
    return Literal(start, end, nesting.value())


class Layer(NamedTuple):
    """The strings of a text, or of a string in it.

    Attributes:
        depth: strings that it is in.
    """

    view: View
    literals: Sequence[Literal]
    depth: int


def layers(text: str) -> list[Layer]:
    """Return the text's own strings, then those of JSON within them."""
    found: list[Layer] = []
    waiting = [unchanged(text)] if may_be_json(text) else []
    for depth in range(_DEEPEST):
        deeper = [Layer(view, list(literals(view.text)), depth) for view in waiting]
        found += (layer for layer in deeper if layer.literals)
        waiting = [inner for layer in deeper for inner in _nested(layer) if may_be_json(inner.text)]
    return found


def _nested(layer: Layer) -> Iterator[View]:
    """Yield what those strings say in which others may be quoted: not without an escape."""
    for literal in layer.literals:
        if literal.quoted and "\\" in layer.view.text[literal.start : literal.end]:
            yield _inside(layer.view, literal)


def _inside(view: View, literal: Literal) -> View:
    """Return what a string says, its escapes resolved."""
    raw = view.excerpt(literal.start, literal.end)
    return reread(raw, unescaped(raw.text)) if "\\" in raw.text else raw


def strings(text: str) -> list[View]:
    """Return what the strings say, in order: each character of a string once, however deeply it is quoted.

    A string that is JSON and nothing else is read by its own strings; any other, and the deepest, is read whole, with all that
    it quotes. Reading it undoes what escapes are left.
    """
    waiting, said = [unchanged(text)], []
    for depth in range(_DEEPEST):
        found = [string for view in waiting for string in _quoted(view)]
        waiting = [view for view in found if depth < _DEEPEST - 1 and _is_document(view)]
        inner = {view.starts[0] for view in waiting}
        said += [view for view in found if view.text and view.starts[0] not in inner]
    return sorted(said, key=lambda view: view.starts[0])


def _quoted(view: View) -> Iterator[View]:
    return (_inside(view, literal) for literal in literals(view.text) if literal.quoted)


def _is_document(view: View) -> bool:
    """Whether there is nothing to read between the strings of a text: it is JSON, and its numbers stand in clear."""
    if not may_be_json(view.text):
        return False
    rest, reached = [], 0
    for literal in literals(view.text):
        if not literal.quoted and not _is_clear(view, literal):
            return False
        if literal.quoted:
            rest.append(view.text[reached : literal.start])
            reached = literal.end
    return bool(_NOTHING_ELSE.fullmatch("".join([*rest, view.text[reached:]])))


def _is_clear(view: View, literal: Literal) -> bool:
    return view.ends[literal.end - 1] - view.starts[literal.start] == literal.end - literal.start


def find(read: Iterable[Layer]) -> Iterator[Span]:
    """Yield the values whose keys say that they are personal, or secret: `"customer_name": "x"` holds a name."""
    for view, found, _ in read:
        for literal in found:
            if literal.entity and _TELLING.search(view.text, literal.start, literal.end):
                yield view.original(Span(literal.start, literal.end, literal.entity, _CERTAIN))


def within_strings(text: str, spans: Sequence[Span], read: Iterable[Layer]) -> list[Span]:
    """Return spans cut so that JSON stays what it is: they cover no quote, no bracket, and no escape by half.

    Args:
        read: the layers of the text.
    """
    cuts, whole = _structure(read)
    if not cuts:
        return list(spans)
    return [part for span in spans for part in _cut(text, _widened(span, whole), cuts)]


def _structure(read: Iterable[Layer]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return what lies between the strings, and the escapes in them; those in deeper strings hold shallower ones."""
    cuts: list[tuple[int, int]] = []
    whole: list[tuple[int, int]] = []
    for view, found, _ in read:
        cuts += [_originally(view, *joint) for joint in _between(view.text, found)]
        whole += [
            _originally(view, *match.span())
            for each in found
            for match in _ESCAPED.finditer(view.text, each.start, each.end)
        ]
    return sorted(cuts), _widest(whole)


def _originally(view: View, start: int, end: int) -> tuple[int, int]:
    return (view.starts[start], view.ends[end - 1]) if start < end else (view.place(start), view.place(start))


def _widest(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges that lie in no other; none reaches into another by half."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(ranges, key=lambda each: (each[0], -each[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _between(text: str, found: Sequence[Literal]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of quotes, brackets and commas before, between and after the strings."""
    reached = 0
    followers = [*(each.start for each in found[1:]), len(text)]
    for literal, following in zip(found, followers, strict=True):
        opening = text[reached : literal.start]
        kept = len(opening.rstrip(' \t\r\n{}[],:"'))
        if kept < len(opening):
            yield reached + kept, literal.start
        closing = _STRUCTURE.match(text, literal.end, following)
        reached = closing.end() if closing else literal.end
        if literal.end < reached:
            yield literal.end, reached


def _widened(span: Span, whole: Sequence[tuple[int, int]]) -> Span:
    """Return the span with the escapes whole that it begins or ends in."""
    start, end = _edge(span.start, whole, 0), _edge(span.end, whole, 1)
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _edge(place: int, whole: Sequence[tuple[int, int]], side: int) -> int:
    at = bisect_right(whole, (place, -1)) - 1
    return whole[at][side] if at >= 0 and whole[at][0] < place < whole[at][1] else place


def _cut(text: str, span: Span, cuts: Sequence[tuple[int, int]]) -> Iterator[Span]:
    start = span.start
    for at in range(max(0, bisect_right(cuts, (span.start, -1)) - 1), bisect_right(cuts, (span.end, -1))):
        left, right = cuts[at]
        if start < left:
            yield from _telling(text, replace(span, start=start, end=left))
        start = max(start, right)
    if start < span.end:
        yield from _telling(text, span if start == span.start else replace(span, start=start))


def _telling(text: str, span: Span) -> Iterator[Span]:
    if _TELLING.search(text, span.start, span.end):
        yield span


def numbers(text: str) -> dict[tuple[int, int], str]:
    """Return where the numbers of JSON start and end, and the quote that what is put in the place of one needs."""
    return {
        _originally(view, each.start, each.end): _quote(depth)
        for view, found, depth in layers(text)
        for each in found
        if not each.quoted
    }


def _quote(depth: int) -> str:
    """Return a quote, escaped as in so many strings."""
    return "\\" * ((1 << depth) - 1) + '"'
