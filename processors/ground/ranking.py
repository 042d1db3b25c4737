"""Which passages answer a query best: BM25 over words and their stems."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SATURATION = 1.2
LENGTH_NORMALISATION = 0.75
"""The usual k1 and b (Robertson and Zaragoza, 2009)."""

MAX_QUERY_CHARACTERS = 2_000
_STEM_CHARACTERS = 5
_WORD = re.compile(r"[^\W_]{2,}")

Terms = Counter[str]


def terms(text: str) -> Terms:
    """Count a text's words and stems. A word's first five letters stand in for its stem, in any European language."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    found = _WORD.findall(bare)
    return Counter(found) + Counter(f"{word[:_STEM_CHARACTERS]}*" for word in found)


def bm25(query: Terms, candidates: Sequence[Terms]) -> list[float]:
    """Score each candidate. Frequencies are taken from these candidates only, so that no other text shows through."""
    if not candidates:
        return []
    lengths = [candidate.total() for candidate in candidates]
    mean = sum(lengths) / len(lengths) or 1.0
    rarity = {term: _rarity(term, candidates) for term in query}
    return [
        sum(rarity[term] * _saturated(candidate[term], length / mean) for term in query if candidate[term])
        for candidate, length in zip(candidates, lengths, strict=True)
    ]


def _rarity(term: str, candidates: Sequence[Terms]) -> float:
    holding = sum(1 for candidate in candidates if candidate[term])
    return math.log(1 + (len(candidates) - holding + 0.5) / (holding + 0.5))


def _saturated(count: int, relative_length: float) -> float:
    room = SATURATION * (1 - LENGTH_NORMALISATION + LENGTH_NORMALISATION * relative_length)
    return count * (SATURATION + 1) / (count + room)
