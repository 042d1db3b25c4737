"""What a language's model takes for persons, places and organisations, within a bound on its work."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import spacy
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from processors.redact.detection.network import Entity, EntityNetwork
from processors.redact.detection.words import MOST_CHARACTERS, Reading, Words
from schemas.errors import Fatal
from schemas.ports import Span

SCORE = 0.85
_UNUSED = ("tok2vec", "tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer")
_TYPES = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "ORG": "ORGANIZATION",
}
"""What a model names that is personal. Dates, amounts and nationalities stay: requests are about them."""

_HALF = re.compile("[\ud800-\udfff]")
_RUN = re.compile(r"\S{81,}")
_FREE_WORDS = 96
_WORDS_A_CHARACTER = 0.25
"""Prose has one for five characters."""

_CHARACTERS_AT_ONCE = 6000


@dataclass(frozen=True, slots=True)
class Named:
    """What the model said of a text.

    Attributes:
        spans: of what it names.
        seen: how many characters it was shown; what follows was too dense with words.
    """

    spans: list[Span]
    seen: int


class NameModel:
    """A packaged model's entity recogniser. Not to be used by several threads at once.

    Raises:
        Fatal: `model_missing`, `model_unsuitable`.
    """

    def __init__(self, package: str) -> None:
        try:
            model = spacy.load(package, exclude=_UNUSED)
        except OSError:
            raise Fatal("model_missing", f"the package {package} is not installed") from None
        self._network = EntityNetwork(model)
        self._words = Words(model, self._network)
        self._threads = ThreadpoolController().select(user_api="blas")

    def find(self, texts: Sequence[str], most: Sequence[int]) -> Iterator[Named]:
        """Yield what each text names among the first of its words, `most` of them."""
        limits = iter(most)
        for batch in _batches(texts):
            yield from self._named(batch, [next(limits) for _ in batch])

    def _named(self, texts: Sequence[str], most: Sequence[int]) -> list[Named]:
        """Arithmetic in one thread: the products are too small to share, and waiting threads would burn a core."""
        with self._threads.limit(limits=1):
            readings = self._words.read(texts, most)
            found = self._network.entities(
                self._words.embedded([row for reading in readings for row in reading.rows]),
                [len(reading.rows) for reading in readings],
                _blanks(readings),
            )
        return [
            Named([*_spans(reading, entities)], reading.seen)
            for reading, entities in zip(readings, found, strict=True)
        ]


def most_words(characters: int, share: float = 1.0) -> int:
    """Return how many words of a text are worth showing to a model: all of prose, not all of what is denser.

    Args:
        characters: length of the text.
        share: of the work, where there are other readings of the same text.
    """
    return _FREE_WORDS + int(characters * _WORDS_A_CHARACTER * share)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield texts together as long as they fit the processor's cache; of a text beyond all measure, the beginning."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        shown = _showable(text[:MOST_CHARACTERS])
        if batch and characters + len(shown) > _CHARACTERS_AT_ONCE:
            yield batch
            batch, characters = [], 0
        batch.append(shown)
        characters += len(shown)
    if batch:
        yield batch


def _showable(text: str) -> str:
    """Blank out what has no space for long, which is no name and takes a tokeniser quadratic time, and half characters."""
    return _HALF.sub("\ufffd", _RUN.sub(lambda match: " " * len(match[0]), text))


def _blanks(readings: Sequence[Reading]) -> NDArray[np.intp]:
    """Return the places of white space among the words of all texts."""
    places: list[int] = []
    first = 0
    for reading in readings:
        places += [first + place for place in reading.blank]
        first += len(reading.rows)
    return np.array(places, dtype=np.intp)


def _spans(reading: Reading, entities: Sequence[Entity]) -> Iterator[Span]:
    for entity in entities:
        if entity.label in _TYPES:
            start, end = reading.starts[entity.start], reading.ends[entity.end - 1]
            yield Span(start, end, _TYPES[entity.label], SCORE)
