"""Near-duplicates: passages that say almost the same, of which one is enough."""

import re
from collections.abc import Iterable

SHINGLE_WORDS = 3
ALIKE = 0.8
"""Share of the shorter passage's shingles that the longer one has, from which on it adds nothing."""

_WORD = re.compile(r"\w+")

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    """Return a text's runs of three words; of a shorter text, itself.

    Source: Broder, "On the resemblance and containment of documents", SEQUENCES 1997.
    """
    words = _WORD.findall(text.casefold())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(tuple(words[start : start + SHINGLE_WORDS]) for start in range(last))


def repeats(text: Shingles, earlier: Iterable[Shingles]) -> bool:
    """Return whether a text is contained in an earlier one, or contains it and hardly more."""
    return any(_resemblance(text, other) >= ALIKE for other in earlier)


def _resemblance(one: Shingles, other: Shingles) -> float:
    shared = len(one & other)
    contained = shared / (len(one) or 1)
    alike = shared / (max(len(one), len(other)) or 1)
    return max(contained, alike)
