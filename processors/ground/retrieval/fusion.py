"""Several rankings as one, by reciprocal rank.

Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
SIGIR 2009. Ranks can be compared where scores cannot: BM25 has no upper bound, a cosine has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.retrieval import Hit

SMOOTHING = 60
"""The constant of the paper: the larger, the less a first place counts over a second."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One way of searching and what it found, best first.

    Attributes:
        weight: how much its word counts beside the others'.
    """

    name: str
    weight: float
    hits: Sequence[Hit]


@dataclass(slots=True)
class Fused:
    """A row with its fused score, and the score that each way of searching gave it."""

    row: int
    score: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)


def fuse(rankings: Sequence[Ranking]) -> list[Fused]:
    """Return all rows found, best first; the best possible score is 1."""
    whole = sum(ranking.weight for ranking in rankings) / (SMOOTHING + 1) or 1.0
    found: dict[int, Fused] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking.hits, start=1):
            fused = found.setdefault(hit.row, Fused(hit.row))
            fused.score += ranking.weight / (SMOOTHING + rank) / whole
            fused.scores[ranking.name] = hit.score
    return sorted(found.values(), key=lambda fused: (-fused.score, fused.row))
