"""A closer look at passages: how near the passage comes to each word of the question.

The maximum-similarity operator of Khattab and Zaharia, "ColBERT", SIGIR 2020, over static vectors of words instead of a
model's; a word counts by the length of its vector, which the training of the vectors made longer for telling words.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from schemas.knowledge import Passage
from sinks.knowledge.embeddings import StaticEmbeddings, Vectors, static_embeddings, unit

REMEMBERED_WORDS = 20_000
"""Vectors kept, about 1 KB each."""

_MAX_WORDS = 400
_WORD = re.compile(r"[^\W_]+")


class WordAligner:
    """Implements `Reranker` without a model."""

    def __init__(self, embeddings: StaticEmbeddings | None = None) -> None:
        self._embeddings = embeddings or static_embeddings()
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def score(self, text: str, passages: Sequence[Passage]) -> list[float]:
        """Return for each passage the mean, over the words of the text, of the cosine of its nearest word."""
        asked = self._vectors(_words(text))
        lengths: Vectors = np.linalg.norm(asked, axis=1).astype(np.float32)
        if not lengths.any():
            return [0.0] * len(passages)
        places: dict[str, int] = {}  # a word is looked at once, however many passages say it
        said = [
            [places.setdefault(word, len(places)) for word in _words(f"{passage.title} {passage.text}")]
            for passage in passages
        ]
        nearness = np.clip(unit(asked) @ unit(self._vectors(list(places))).T, 0, 1)
        weights = lengths / lengths.sum()
        return [float(nearness[:, words].max(axis=1) @ weights) if words else 0.0 for words in said]

    def _vectors(self, words: Sequence[str]) -> Vectors:
        with self._lock:
            unknown = [word for word in words if word not in self._known]
            self._known.update(zip(unknown, self._embeddings.words(unknown), strict=True))
            for word in words:
                self._known.move_to_end(word)
            found = [self._known[word] for word in words]
            while len(self._known) > REMEMBERED_WORDS:
                self._known.popitem(last=False)
        return np.stack(found) if found else np.zeros((0, self._embeddings.dimensions), np.float32)


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(_WORD.findall(text.casefold())))[:_MAX_WORDS]
