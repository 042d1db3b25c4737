"""Texts as weighted word and character n-grams (TF-IDF), the same way in training and in use."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.redact import placeholders

WORDS = (1, 2)
CHARACTERS = (2, 5)
MAX_CHARACTERS = 2_000
"""Only the beginning of a text is looked at: an intent is stated early, and work per event stays bounded."""

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return a text's words without case, accents and numbers; a placeholder becomes the word for its type."""
    typed = placeholders.PATTERN.sub(lambda match: f" {match['entity'].lower()}_ ", text[:MAX_CHARACTERS])
    bare = "".join(c for c in unicodedata.normalize("NFKD", typed.casefold()) if not unicodedata.combining(c))
    return _WORD.findall(_DIGITS.sub("0", bare))


def word_grams(text: str) -> list[str]:
    """Return runs of one and two words."""
    found = words(text)
    shortest, longest = WORDS
    return [
        " ".join(found[i : i + n]) for n in range(shortest, longest + 1) for i in range(len(found) - n + 1)
    ]


def character_grams(text: str) -> list[str]:
    """Return runs of two to five characters that do not cross a word's boundary; the boundary counts as a space."""
    return [gram for word in words(text) for gram in _within(f" {word} ")]


def _within(word: str) -> Iterator[str]:
    shortest, longest = CHARACTERS
    for n in range(shortest, longest + 1):
        for i in range(len(word) - n + 1):
            yield word[i : i + n]


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams of one kind that training saw, and how telling each is.

    Attributes:
        first: column of this vocabulary's first n-gram.
        idf: inverse document frequency by column.
    """

    columns: Mapping[str, int]
    idf: NDArray[np.float32]
    first: int

    def weigh(self, grams: list[str]) -> tuple[list[int], list[float]]:
        """Return columns and weights (sublinear TF-IDF, unit length)."""
        counted = Counter(gram for gram in grams if gram in self.columns)
        columns = [self.columns[gram] for gram in counted]
        raw = [(1 + math.log(n)) * float(self.idf[c]) for c, n in zip(columns, counted.values(), strict=True)]
        length = math.sqrt(sum(weight * weight for weight in raw)) or 1.0
        return [self.first + column for column in columns], [weight / length for weight in raw]
