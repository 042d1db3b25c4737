"""Embeddings of all passages: filtered by document first, then found by their signs, then ranked by cosine.

The sign of each number of an embedding makes a code of as many bits; codes that differ in few bits belong to embeddings
of a small angle. So a few of many rows are looked at closely, which is what takes the time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.retrieval import Hit
from sinks.knowledge.embeddings import Vectors
from sinks.knowledge.groups import Mask
from sinks.knowledge.precision import Halves, halved, restored
from sinks.knowledge.register import NOBODY

BLOCK_ROWS = 16_384
SHORTLIST = 3_072
"""Rows whose cosine is computed where more are within scope."""

WORD_BITS = 64
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows. What stands after `count` is not there yet, and is written before a block with a larger count is seen.

    Attributes:
        rows: ascending.
        documents: each row's, by ordinal; replaced as a whole when a row goes.
        vectors: of length one, halved.
        codes: the signs of the vectors; a column is a row's, so that what is compared lies side by side.
    """

    rows: Numbers
    documents: NDArray[np.int32]
    vectors: Halves
    codes: NDArray[np.uint64]
    count: int = 0

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes + self.documents.nbytes + self.vectors.nbytes + self.codes.nbytes


class VectorTable:
    """An immutable view of all rows: changes give another, and share what stays the same.

    Each view is made from the newest one only, as blocks grow in place.
    """

    def __init__(self, dimensions: int, blocks: tuple[Block, ...] = ()) -> None:
        self._dimensions = dimensions
        self.blocks = blocks
        self._starts = [int(block.rows[0]) for block in blocks]

    def with_rows(self, rows: Sequence[int], documents: Sequence[int], vectors: Vectors) -> "VectorTable":
        """Return the view with more rows, whose numbers are above all that ever were."""
        blocks = list(self.blocks)
        done = 0
        while done < len(rows):
            if not blocks or blocks[-1].count == BLOCK_ROWS:
                blocks.append(_empty(self._dimensions))
            part = slice(done, done + BLOCK_ROWS - blocks[-1].count)
            blocks[-1] = _appended(blocks[-1], rows[part], documents[part], vectors[part])
            done = part.stop
        return VectorTable(self._dimensions, tuple(blocks))

    def without(self, rows: Iterable[int]) -> "VectorTable":
        """Return the view without these rows."""
        places: dict[int, list[int]] = {}
        for row in rows:
            if place := self._place(row):
                places.setdefault(place[0], []).append(place[1])
        blocks = list(self.blocks)
        for number, positions in places.items():
            documents = blocks[number].documents.copy()
            documents[positions] = NOBODY
            blocks[number] = replace(blocks[number], documents=documents)
        return VectorTable(self._dimensions, tuple(blocks)).compacted()

    def compacted(self) -> "VectorTable":
        """Return the view without the room that rows left, once that is more than the others take."""
        live = [np.flatnonzero(block.documents[: block.count] != NOBODY) for block in self.blocks]
        dead = sum(block.count for block in self.blocks) - sum(map(len, live))
        if dead <= sum(map(len, live)) + BLOCK_ROWS:
            return self
        fresh = VectorTable(self._dimensions)
        for block, kept in zip(self.blocks, live, strict=True):
            fresh = fresh.with_rows(
                block.rows[kept].tolist(),
                block.documents[kept].tolist(),
                restored(block.vectors[kept]),
            )
        return fresh

    def document(self, row: int) -> int:
        """Return the ordinal of a row's document; `NOBODY` if the row is not there."""
        place = self._place(row)
        return int(self.blocks[place[0]].documents[place[1]]) if place else NOBODY

    def vector(self, row: int) -> Vectors | None:
        """Return a row's embedding."""
        place = self._place(row)
        return restored(self.blocks[place[0]].vectors[place[1]]) if place else None

    def count(self, mask: Mask) -> int:
        """Return how many rows belong to the documents of a mask."""
        return sum(int(mask[block.documents[: block.count]].sum()) for block in self.blocks)

    def search(self, vector: Vectors, mask: Mask, limit: int) -> list[Hit]:
        """Return the rows of these documents that are most like a vector of length one, if they are like it at all."""
        chosen = [np.flatnonzero(mask[block.documents[: block.count]]) for block in self.blocks]
        if sum(map(len, chosen)) > SHORTLIST:
            chosen = self._shortlist(vector, chosen, max(SHORTLIST, limit))
        pairs = [
            (block.rows[places], _cosines(block, places, vector))
            for block, places in zip(self.blocks, chosen, strict=True)
            if len(places)
        ]
        return _best(pairs, limit)

    @property
    def nbytes(self) -> int:
        return sum(block.nbytes for block in self.blocks)

    def _shortlist(self, vector: Vectors, chosen: list[Numbers], most: int) -> list[Numbers]:
        """Return the rows whose codes differ least, at least as many as wanted."""
        (code,) = _codes(vector[np.newaxis, :])
        blocks = zip(self.blocks, chosen, strict=True)
        distances = [_distances(block, code)[places] for block, places in blocks]
        spread = np.bincount(np.concatenate(distances), minlength=self._dimensions + 1)
        furthest = int(np.searchsorted(np.cumsum(spread), most))
        return [places[near <= furthest] for places, near in zip(chosen, distances, strict=True)]

    def _place(self, row: int) -> tuple[int, int] | None:
        number = bisect_right(self._starts, row) - 1
        if number < 0:
            return None
        block = self.blocks[number]
        position = int(np.searchsorted(block.rows[: block.count], row))
        return (number, position) if position < block.count and block.rows[position] == row else None


def _empty(dimensions: int) -> Block:
    return Block(
        np.zeros(BLOCK_ROWS, np.int64),
        np.full(BLOCK_ROWS, NOBODY, np.int32),
        np.zeros((BLOCK_ROWS, dimensions), np.uint16),
        np.zeros((dimensions // WORD_BITS, BLOCK_ROWS), np.uint64),
    )


def _appended(block: Block, rows: Sequence[int], documents: Sequence[int], vectors: Vectors) -> Block:
    end = block.count + len(rows)
    part = slice(block.count, end)
    block.rows[part], block.documents[part] = rows, documents
    block.vectors[part], block.codes[:, part] = halved(vectors), _codes(vectors).T
    return replace(block, count=end)


def _codes(vectors: Vectors) -> NDArray[np.uint64]:
    return np.packbits(vectors > 0, axis=1).view(np.uint64)


def _distances(block: Block, code: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return in how many bits the code of each row differs."""
    total = np.zeros(block.count, np.uint16)
    for words, word in zip(block.codes[:, : block.count], code, strict=True):
        total += np.bitwise_count(words ^ word)
    return total


def _cosines(block: Block, places: Numbers, vector: Vectors) -> Vectors:
    """Return the cosine of each of these rows. A matrix product would wake a pool of threads, for less work than that is."""
    return np.asarray(np.einsum("ij,j->i", restored(block.vectors[places]), vector), np.float32)


def _best(pairs: list[tuple[Numbers, Vectors]], limit: int) -> list[Hit]:
    if not pairs or limit <= 0:
        return []
    rows, scores = (np.concatenate(part) for part in zip(*pairs, strict=True))
    if len(rows) > limit:
        near = scores >= np.partition(scores, len(scores) - limit)[len(scores) - limit]
        rows, scores = rows[near], scores[near]
    order = np.lexsort((rows, -scores))[:limit]
    return [Hit(int(rows[each]), float(scores[each])) for each in order if scores[each] > 0]
