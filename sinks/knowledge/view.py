"""What one search sees, whatever changes meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tantivy import Searcher

from sinks.knowledge.embeddings import Vectors
from sinks.knowledge.vectors import VectorTable


@dataclass(frozen=True, slots=True)
class View:
    """Words and codes as of one commit, and the embeddings of the same passages.

    Attributes:
        total: the sum of all embeddings.
    """

    searcher: Searcher
    table: VectorTable
    total: NDArray[np.float64]

    def with_rows(self, rows: Sequence[int], documents: Sequence[int], vectors: Vectors) -> "View":
        """Return the view with more rows, whose numbers are above all that ever were."""
        total = self.total + vectors.sum(axis=0, dtype=np.float64)
        return replace(self, table=self.table.with_rows(rows, documents, vectors), total=total)

    def without(self, rows: Sequence[int]) -> "View":
        """Return the view without these rows."""
        gone = [vector for row in rows if (vector := self.table.vector(row)) is not None]
        total = self.total - np.sum(gone, axis=0, dtype=np.float64) if gone else self.total
        return replace(self, table=self.table.without(rows), total=total)

    def searched_by(self, searcher: Searcher) -> "View":
        """Return the view with the words and codes of another commit."""
        return replace(self, searcher=searcher)

    def generality(self, row: int) -> float:
        """Return the cosine of a row's embedding to the middle of them all, 0 to 1."""
        vector = self.table.vector(row)
        length = float(np.linalg.norm(self.total))
        if vector is None or not length:
            return 0.0
        return min(1.0, max(0.0, float(vector @ self.total) / length))


def empty_view(searcher: Searcher, dimensions: int) -> View:
    """Return a view of no rows."""
    return View(searcher, VectorTable(dimensions), np.zeros(dimensions))
