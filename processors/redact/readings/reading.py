"""A text read otherwise; every character of the reading leads back to what it was made of."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.ports import Span


class Change(NamedTuple):
    """A stretch of a text and what is read there instead; nothing, where it is passed over."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """A reading of a text.

    Attributes:
        text: what it reads.
        starts: for each character of `text`, where in the original begins what it was made of.
        ends: likewise, where that ends. Both ascend, and never lie outside the original.
    """

    text: str
    starts: "array[int]"
    ends: "array[int]"

    def original(self, span: Span) -> Span:
        """Return a span of this reading as one of the original: all that it was made of."""
        first, last = max(0, span.start), min(span.end, len(self.text)) - 1
        if first > last:
            return Span(self.place(span.start), self.place(span.start), span.entity, span.score)
        return Span(self.starts[first], self.ends[last], span.entity, span.score)

    def place(self, position: int) -> int:
        """Return where in the original a position is that lies before a character of this reading, or at its end."""
        if max(0, position) < len(self.starts):
            return self.starts[max(0, position)]
        return self.ends[-1] if self.ends else 0

    def changed(self, text: str) -> list[int]:
        """Return the positions that are not simply copied from the original."""
        if not self.text:
            return []
        starts, ends = (np.frombuffer(places, dtype=np.intc) for places in (self.starts, self.ends))
        copied = (ends - starts == 1) & (starts == np.append(starts[:1], ends[:-1]))
        alike = _characters(self.text) == _characters(text)[np.minimum(starts, len(text) - 1)]
        changed: list[int] = np.flatnonzero(~(copied & alike)).tolist()
        return changed

    def excerpt(self, start: int, end: int) -> "View":
        """Return a part of the reading; it leads to the same original."""
        return View(self.text[start:end], self.starts[start:end], self.ends[start:end])


def unchanged(text: str) -> View:
    """Return a text as a reading of itself."""
    return View(text, _places(0, len(text)), _places(1, len(text) + 1))


def _places(start: int, end: int) -> "array[int]":
    return _array(np.arange(start, end, dtype=np.intc))


def _array(places: NDArray[np.intc]) -> "array[int]":
    return array("i", places.astype(np.intc, copy=False).tobytes())


def reread(view: View, changes: Iterable[Change]) -> View:
    """Return a reading with changes made in it; they are in order and do not overlap.

    What a change puts in place of as many characters stands for them one by one, anything else for all of them.
    """
    changes = list(changes)
    if all(len(text) == end - start for start, end, text in changes):
        return View(_with(view.text, changes), view.starts, view.ends)
    parts: list[str] = []
    starts, ends = array("i"), array("i")
    at = 0
    for start, end, text in changes:
        if at < start:
            parts.append(view.text[at:start])
            starts += view.starts[at:start]
            ends += view.ends[at:start]
        if len(text) == end - start:
            starts += view.starts[start:end]
            ends += view.ends[start:end]
        elif text:
            first = view.place(start)
            starts.extend([first] * len(text))
            ends.extend([view.ends[end - 1] if end > start else first] * len(text))
        parts.append(text)
        at = end
    starts += view.starts[at:]
    ends += view.ends[at:]
    return View("".join([*parts, view.text[at:]]), starts, ends)


def _with(text: str, changes: Iterable[Change]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, written in changes:
        parts += text[at:start], written
        at = end
    return "".join([*parts, text[at:]])


def joined(views: Sequence[View], joint: str) -> View:
    """Return readings of different parts of a text, in order, as one; the joint stands for nothing."""
    parts: list[str] = []
    starts, ends = array("i"), array("i")
    for view in views:
        if parts:
            parts.append(joint)
            starts.extend([ends[-1]] * len(joint))
            ends.extend([ends[-1]] * len(joint))
        parts.append(view.text)
        starts += view.starts
        ends += view.ends
    return View("".join(parts), starts, ends)


def composed(outer: View, inner: View) -> View:
    """Return the reading of a reading's text as one of the original."""
    if not inner.text:
        return outer
    starts, ends = (np.frombuffer(places, dtype=np.intc) for places in (outer.starts, outer.ends))
    begun, ended = (np.frombuffer(places, dtype=np.intc) for places in (inner.starts, inner.ends))
    places = np.append(begun, ended[-1])[np.minimum(starts, len(begun))]
    finished = np.where(ends > starts, ended[np.maximum(ends, 1) - 1], places)
    return View(outer.text, _array(places), _array(finished))


def _characters(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Return the changes in order; of those that overlap, the first and longest."""
    kept: list[Change] = []
    for change in sorted(changes, key=lambda each: (each.start, -each.end)):
        if not kept or change.start >= kept[-1].end:
            kept.append(change)
    return kept
