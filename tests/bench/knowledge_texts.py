"""Knowledge that nobody wrote: real words as often as English has them, in topics, under many access lists."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray
from spellchecker import SpellChecker

from schemas.knowledge import AccessList, DocumentHead, Passage
from schemas.retrieval import Reader
from sinks.knowledge.batch import Place, Upsert
from tests.knowledge import AT, reader

VOCABULARY = 30_000
TOPICS = 400
_TOPIC_WORDS = 150
_OF_TOPIC = 0.5
"""Share of a text's words that come from its topic."""

_WORDS = 205
"""In a text of about 1 kB."""

TENANTS = ("acme", "brightside", "corvid", "delta")
ROLES = tuple(f"role{number}" for number in range(12))
PRINCIPALS = tuple(f"p-{number}" for number in range(200))
TYPES = ("article", "faq", "policy")
AREAS = ("", "lamps", "chairs", "tables", "payments")
_DAYS = 40


class Library:
    """Documents by number, always the same for a seed."""

    def __init__(self, seed: int = 7) -> None:
        self._random = np.random.default_rng(seed)
        self._words, self._cumulated = _vocabulary()
        self._topics = [self._draw(_TOPIC_WORDS) for _ in range(TOPICS)]

    def texts(self, count: int) -> Iterator[str]:
        """Yield texts of about 1 kB, each with codes: one of its own, one of a few that share it."""
        for number in range(count):
            yield f"{self.words(_WORDS)}. See NW-{number} and E-{number % 997}."

    def words(self, count: int) -> str:
        """Return that many words on one topic."""
        topic = self._topics[self._random.integers(TOPICS)]
        of_topic = topic[self._random.integers(len(topic), size=count)]
        chosen = np.where(self._random.random(count) < _OF_TOPIC, of_topic, self._draw(count))
        return " ".join(self._words[each] for each in chosen)

    def head(self, number: int, version: int = 1) -> DocumentHead:
        """Return a document's head under an access list drawn anew."""
        tenant = self._one(TENANTS)
        begun = AT + timedelta(days=int(self._random.integers(-_DAYS, 4)))
        bounded = self._random.random() < 0.3
        return DocumentHead(
            tenant=TENANTS[number % len(TENANTS)],
            document_id=f"d-{number}",
            version=version,
            title=f"{self._words[number % VOCABULARY]} {self._words[number * 7 % VOCABULARY]}",
            document_type=self._one(TYPES),
            product_area=self._one(AREAS),
            valid_from=begun if bounded else None,
            valid_until=begun + timedelta(days=_DAYS) if bounded else None,
            access=AccessList(
                tenants=(tenant,) if self._random.random() < 0.2 else (),
                roles=self._some(ROLES, 3),
                principals=self._some(PRINCIPALS, 3),
            ),
        )

    def upsert(self, number: int, text: str, offset: int, version: int = 1) -> Upsert:
        """Return a document of one passage."""
        head = self.head(number, version)
        passage = Passage(passage_id="0", title=head.title, text=text, tokens=len(text) // 4, chunker="bench")
        return Upsert(head, (passage,), AT, Place(0, offset))

    def reader(self) -> Reader:
        """Return somebody with some roles, whose tenant may take what others share."""
        others = self._some(TENANTS, 3)
        return reader(self._one(TENANTS), self._some(ROLES, 3), self._one(PRINCIPALS), others)

    def number(self, below: int) -> int:
        """Return a number drawn at random."""
        return int(self._random.integers(below))

    def _one(self, of: Sequence[str]) -> str:
        return of[self.number(len(of))]

    def _some(self, of: Sequence[str], most: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._one(of) for _ in range(self.number(most + 1))))

    def _draw(self, count: int) -> NDArray[np.int64]:
        return np.searchsorted(self._cumulated, self._random.random(count)).clip(max=VOCABULARY - 1)


@cache
def _vocabulary() -> tuple[list[str], NDArray[np.float64]]:
    counted = SpellChecker(language="en").word_frequency.dictionary
    words = sorted(counted, key=lambda word: (-counted[word], word))[:VOCABULARY]
    counts = np.array([counted[word] for word in words], np.float64)
    return words, np.cumsum(counts / counts.sum())
