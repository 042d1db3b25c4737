"""A text as the words that a spaCy model knows, each looked up once and then remembered.

A tokeniser cuts at white space first and then every piece by itself, so pieces can be remembered whole, with the rows
that the network's embedding gives their words. What is remembered is bounded, and forgotten all at once when full.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from processors.redact.detection.network import EntityNetwork, Floats

MOST_CHARACTERS = 24_000
"""Characters of all texts read together: more than a request's text may have."""

_MOST_ROWS = 32_768
"""Words remembered: their rows take twelve megabytes, and what they are as much again."""

_PIECE = re.compile(r"(?:(?<=\S) )?(\S+|(?!(?<=\S) \Z)\s+)")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between white space, or white space: where its words' embeddings are, where they begin and end."""

    rows: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(slots=True)
class Reading:
    """The words of one text.

    Attributes:
        rows: where their embeddings are.
        starts: where they begin in the text.
        ends: where they end.
        blank: places of those that are white space.
        seen: how many characters of the text they are; what follows are too many words.
    """

    rows: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    seen: int = 0

    def add(self, at: int, piece: _Piece, *, blank: bool) -> None:
        """Add the words of a piece that stands at a place of the text."""
        if blank:
            self.blank.append(len(self.rows))
        self.rows += piece.rows
        self.starts += [at + start for start in piece.starts]
        self.ends += [at + end for end in piece.ends]


class Words:
    """The words of texts, with their embeddings. Not to be used by several threads at once."""

    def __init__(self, model: Language, network: EntityNetwork) -> None:
        self._model, self._network = model, network
        self._known: dict[str, _Piece] = {}
        self._rows: Floats = np.empty((_MOST_ROWS, network.width), dtype=np.float32)
        self._used = 0

    def read(self, texts: Sequence[str], most: Sequence[int]) -> list[Reading]:
        """Return the first words of each text, `most` of them and the rest of a piece; valid until the next call.

        Of a text of which there are to be none, nothing is read and nothing called unseen.
        """
        assert sum(map(len, texts)) <= MOST_CHARACTERS
        cut = [
            [(match.start(1), match[1]) for match in islice(_PIECE.finditer(text), limit)]
            for text, limit in zip(texts, most, strict=True)
        ]
        self._learn({piece for pieces in cut for _, piece in pieces})
        return [
            self._reading(text, pieces, limit) for text, pieces, limit in zip(texts, cut, most, strict=True)
        ]

    def embedded(self, rows: Sequence[int]) -> Floats:
        """Return the embeddings at these places."""
        return self._rows[np.array(rows, dtype=np.intp)]

    def _reading(self, text: str, pieces: Sequence[tuple[int, str]], limit: int) -> Reading:
        reading = Reading(seen=len(text))
        known = self._known
        for at, piece in pieces:
            if len(reading.rows) >= limit:
                reading.seen = at
                return reading
            reading.add(at, known[piece], blank=piece[0].isspace())
        if pieces and len(reading.rows) >= limit:
            reading.seen = reading.ends[-1]
        return reading

    def _learn(self, pieces: set[str]) -> None:
        missing = pieces - self._known.keys()
        if not missing:
            return
        if self._used + sum(map(len, missing)) + len(missing) > _MOST_ROWS:
            self._known.clear()
            self._used = 0
            missing = pieces
        with self._model.memory_zone():
            for document, starts in self._documents(sorted(missing)):
                self._remember(document, starts)

    def _documents(self, pieces: Sequence[str]) -> Iterator[tuple[Doc, Sequence[int]]]:
        """Yield pieces tokenised, with the places where each begins; all words together, white space by itself.

        Lines stand apart, so that what a piece becomes does not depend on its neighbours, as in `:) )`.
        """
        tokenise = self._model.make_doc
        words = [piece for piece in pieces if not piece[0].isspace()]
        if words:
            starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
            yield tokenise("\n".join(words)), starts.tolist()
        for piece in pieces:
            if piece[0].isspace():
                yield tokenise(piece), [0]

    def _remember(self, document: Doc, starts: Sequence[int]) -> None:
        text = document.text
        features = document.to_array(list(self._network.attributes))
        first = self._used
        self._used += len(document)
        self._rows[first : self._used] = self._network.embed(features)
        begins = [token.idx for token in document]
        ends = [token.idx + len(token) for token in document]
        cuts = [*np.searchsorted(begins, starts).tolist(), len(begins) + 1]
        for start, left, after in zip(starts, cuts, cuts[1:], strict=False):
            right = after - 1  # the last is the line's end
            self._known[text[start : ends[right - 1]]] = _Piece(
                rows=tuple(range(first + left, first + right)),
                starts=tuple(begin - start for begin in begins[left:right]),
                ends=tuple(end - start for end in ends[left:right]),
            )
