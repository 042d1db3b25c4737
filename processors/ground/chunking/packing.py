"""Blocks put together to passages: by their headings, within a budget of tokens."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from processors.ground.chunking.blocks import Block, Kind, Removed
from processors.ground.chunking.counting import count_tokens
from processors.ground.chunking.sentences import lines, pieces

PASSAGE_TOKENS = 220
"""The most a passage's text takes."""

TINY_TOKENS = 8
"""A section that is smaller is put together with its neighbours."""

LONGEST_HEADING = 160
"""Characters of a heading; what is longer is read as a paragraph."""

_JOINT = 2
"""Tokens between two blocks."""

_LINES = frozenset({Kind.ITEM, Kind.ROW, Kind.CODE})

Trail = tuple[str, ...]
"""Headings, each below the one before it."""


@dataclass(slots=True)
class _Section:
    trail: Trail
    levels: tuple[int, ...] = ()
    blocks: list[Block] = field(default_factory=list)
    removed: tuple[Removed, ...] = ()

    @property
    def tokens(self) -> int:
        return sum(count_tokens(block.text) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Packed:
    """A passage's text.

    Attributes:
        trail: the headings that it all stands under.
        heading: the heading to call it by.
        removed: what was taken out of it.
    """

    trail: Trail
    heading: str
    text: str
    removed: tuple[Removed, ...]


def packed(blocks: Iterable[Block]) -> Iterator[Packed]:
    """Yield passages in order. No text is lost: a heading is in the trail of its passages, or in the text of one."""
    for group in _groups(_filled(_sections(blocks))):
        trail = _shared([section.trail for section in group])
        heading = next((section.trail[-1] for section in group if section.trail), "")
        for text, removed in _texts(_joined(group, trail)):
            yield Packed(trail, heading, text, removed)


def _sections(blocks: Iterable[Block]) -> Iterator[_Section]:
    section = _Section(())
    for block in blocks:
        if block.kind is not Kind.HEADING or len(block.text) > LONGEST_HEADING:
            section.blocks.append(block)
            continue
        yield section
        kept = sum(1 for level in section.levels if level < block.level)
        section = _Section(
            (*section.trail[:kept], block.text), (*section.levels[:kept], block.level), removed=block.removed
        )
    yield section


def _filled(sections: Iterable[_Section]) -> Iterator[_Section]:
    """Yield sections but for those that only have others below them."""
    held: _Section | None = None
    for section in sections:
        if held and (held.blocks or held.trail != section.trail[: len(held.trail)]):
            yield held
        elif held:
            section.removed = (*held.removed, *section.removed)
        held = section
    if held and (held.blocks or held.trail):
        yield held


def _groups(sections: Iterable[_Section]) -> Iterator[list[_Section]]:
    group: list[_Section] = []
    total = 0
    for section in sections:
        size = section.tokens
        joined = total + size + _heading_tokens(section) + (_heading_tokens(group[0]) if group else 0)
        if group and min(total, size) < TINY_TOKENS and joined <= PASSAGE_TOKENS:
            total += size + _heading_tokens(section)
        else:
            if group:
                yield group
            group, total = [], size
        group.append(section)
    if group:
        yield group


def _heading_tokens(section: _Section) -> int:
    return count_tokens(" > ".join(section.trail))


def _shared(trails: Sequence[Trail]) -> Trail:
    first, last = min(trails), max(trails)
    same = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[: min(same, len(last))]


def _joined(group: Sequence[_Section], trail: Trail) -> Iterator[Block]:
    for section in group:
        below = " > ".join(section.trail[len(trail) :])
        blocks = section.blocks
        if below or not blocks:
            blocks = [Block(Kind.PARAGRAPH, below or " > ".join(section.trail)), *blocks]
        yield replace(blocks[0], removed=(*section.removed, *blocks[0].removed))
        yield from blocks[1:]


def _texts(blocks: Iterable[Block]) -> Iterator[tuple[str, tuple[Removed, ...]]]:
    held = _Held()
    for unit in chain.from_iterable(map(_cut, _units(blocks))):
        if held.parts and not held.has_room(unit):
            yield held.text, tuple(held.removed)
            held = _Held()
        held.add(unit)
    if held.parts:
        yield held.text, tuple(held.removed)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A block with its length and its header's, in tokens."""

    block: Block
    size: int
    above: int = 0


def _units(blocks: Iterable[Block]) -> Iterator[_Unit]:
    """Yield blocks; a header that would take most of each passage comes once, as a row."""
    table = above = 0
    for block in blocks:
        size = count_tokens(block.text)
        if not block.header:
            yield _Unit(block, size)
            continue
        if block.table != table:
            table, above = block.table, count_tokens(block.header) + 1
            if above > PASSAGE_TOKENS // 2:
                yield _Unit(replace(block, text=block.header, header="", removed=()), above)
        yield _Unit(block, size, above if above <= PASSAGE_TOKENS // 2 else 0)


def _cut(unit: _Unit) -> Iterator[_Unit]:
    """Yield a block, or its pieces if it is too long for a passage."""
    if unit.size + unit.above + _JOINT <= PASSAGE_TOKENS:
        yield unit
        return
    block, room = unit.block, PASSAGE_TOKENS - unit.above - _JOINT
    parts = (lines if block.kind is Kind.CODE else pieces)(block.text, room)
    removed = block.removed
    for part in parts:
        yield _Unit(replace(block, text=part.strip("\n"), removed=removed), count_tokens(part), unit.above)
        removed = ()


class _Held:
    """A passage being filled."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.removed: list[Removed] = []
        self._size = 0
        self._last: Block | None = None

    @property
    def text(self) -> str:
        return "".join(self.parts).strip("\n").rstrip()

    def has_room(self, unit: _Unit) -> bool:
        return self._size + unit.size + _JOINT + self._header_tokens(unit) <= PASSAGE_TOKENS

    def add(self, unit: _Unit) -> None:
        """Add a block; a table's row brings the header with it unless that is there already."""
        above, block = self._header_tokens(unit), unit.block
        if self.parts:
            self.parts.append("\n" if self._goes_on(block) else "\n\n")
        self.parts += [block.header, "\n", block.text] if above else [block.text]
        self.removed += block.removed
        self._size += unit.size + above + _JOINT
        self._last = block

    def _header_tokens(self, unit: _Unit) -> int:
        there = self._last is not None and self._last.table == unit.block.table
        return 0 if there else unit.above

    def _goes_on(self, block: Block) -> bool:
        last = self._last
        return (
            last is not None
            and last.kind is block.kind
            and block.kind in _LINES
            and last.table == block.table
        )
