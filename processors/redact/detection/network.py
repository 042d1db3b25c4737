"""The entity network of a spaCy model, computed without spaCy's own loop: same weights, same entities, several times faster.

spaCy spends a third of its time in a matrix product slower than numpy's and another third in taking Python's lock for
every step of its transition system. Neither is needed: while no entity is open, that system looks at one word's vector
only, so the next move of all words can be told at once, and only words inside entities are gone through one by one.
What depends on a word alone, its embedding, is computed once by the caller and remembered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from schemas.errors import Fatal

Floats = NDArray[np.float32]
Features = NDArray[np.uint64]
Places = NDArray[np.intp]

_TINY = 1e-8
_STEP = (3, 2)
"""Words that a step looks at, and pieces of which it takes the larger."""

_OUTSIDE = "O"
_BEGIN, _INSIDE, _LAST, _UNIT = "B-", "I-", "L-", "U-"


@dataclass(frozen=True, slots=True)
class Entity:
    """Words `start` to `end` (exclusive) of one sequence and the model's label for them."""

    start: int
    end: int
    label: str


class _Layer(Protocol):
    """What is used of a layer of thinc."""

    name: str
    attrs: dict[str, Any]
    layers: Sequence["_Layer"]
    ops: Any

    def walk(self) -> Iterator["_Layer"]:
        """Yield the layer and those in it."""

    def get_dim(self, name: str) -> int:
        """Return one of its sizes."""

    def get_param(self, name: str) -> Any:
        """Return an array of weights."""


class _Maxout:
    """A layer that takes the largest of several pieces and normalises them."""

    def __init__(self, maxout: _Layer, normalise: _Layer) -> None:
        self._pieces, self._width = maxout.get_dim("nP"), maxout.get_dim("nO")
        weights, bias = _weights(maxout, "W"), _weights(maxout, "b")
        by_piece = weights.reshape(self._width, self._pieces, -1).transpose(1, 0, 2)
        self._weights = np.ascontiguousarray(by_piece.reshape(self._pieces * self._width, -1).T)
        self._bias = bias.reshape(self._width, self._pieces).T.ravel().copy()
        self._gain, self._shift = _weights(normalise, "G"), _weights(normalise, "b")

    def __call__(self, inputs: Floats) -> Floats:
        best = _largest(inputs @ self._weights + self._bias, self._pieces)
        best -= best.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", best, best) / self._width + _TINY
        best *= (variance**-0.5)[:, None]
        best *= self._gain
        best += self._shift
        return best


class EntityNetwork:
    """The weights of one model's entity recogniser.

    Raises:
        Fatal: `model_unsuitable`, if the model is built in another way than this computation knows.
    """

    def __init__(self, model: Language) -> None:
        try:
            recogniser = model.get_pipe("ner")
            self._read(
                recogniser.model, [recogniser.moves.get_class_name(i) for i in range(_moves(recogniser))]
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise Fatal(
                "model_unsuitable", "the model's entity recogniser has an unknown structure"
            ) from None

    def _read(self, network: _Layer, moves: Sequence[str]) -> None:
        chain, lower, upper = network.layers
        embedding, encoding = chain.layers[0].layers
        extraction, _, tables, mixing, _ = embedding.layers
        self.attributes = tuple(extraction.attrs["columns"])
        self._tables = [_Table(layer) for layer in tables.layers[0].layers]
        self._mixing = _mixed(mixing.layers[0])
        self._convolutions = [_mixed(layer.layers[0]) for layer in encoding.layers[0].layers]
        self.padding = encoding.attrs["pad"]
        self.width = embedding.get_dim("nO")
        self._read_steps(chain.layers[2], lower, upper, moves)

    def _read_steps(self, linear: _Layer, lower: _Layer, upper: _Layer, moves: Sequence[str]) -> None:
        features, pieces, hidden = (lower.get_dim(name) for name in ("nF", "nP", "nO"))
        if (features, pieces) != _STEP:
            raise ValueError
        weights = _weights(lower, "W").transpose(0, 2, 1, 3).reshape(features * pieces * hidden, -1)
        self._folded = np.ascontiguousarray((weights @ _weights(linear, "W")).T)
        self._folded_bias = weights @ _weights(linear, "b")
        self._absent = _weights(lower, "pad")[0].transpose(0, 2, 1).reshape(features, pieces * hidden).copy()
        self._bias = _weights(lower, "b").T.ravel().copy()
        self._read_moves(_weights(upper, "W"), _weights(upper, "b"), moves)

    def _read_moves(self, weights: Floats, bias: Floats, moves: Sequence[str]) -> None:
        opening = [
            place for place, move in enumerate(moves) if move == _OUTSIDE or move[:2] in (_BEGIN, _UNIT)
        ]
        opening = [place for place in opening if moves[place] != _UNIT]
        self._opening = [moves[place] for place in opening]
        self._begins = np.array([move[:2] == _BEGIN for move in self._opening])
        self._names = np.array([move != _OUTSIDE for move in self._opening])
        self._opening_weights = np.ascontiguousarray(weights[opening].T)
        self._opening_bias = bias[opening]
        self._closing = {
            move[2:]: (
                weights[moves.index(_LAST + move[2:])] - weights[place],
                bias[moves.index(_LAST + move[2:])] - bias[place],
            )
            for place, move in enumerate(moves)
            if move[:2] == _INSIDE
        }

    def embed(self, words: Features) -> Floats:
        """Return a row for each row of words; their columns are `attributes`."""
        rows = [table(words[:, column]) for column, table in enumerate(self._tables)]
        return self._mixing(np.concatenate(rows, axis=1))

    def entities(self, embedded: Floats, lengths: Sequence[int], blank: Places) -> list[list[Entity]]:
        """Return the entities of sequences of words.

        Args:
            embedded: what `embed` says of the words of all sequences, one after the other.
            lengths: of the sequences, in words.
            blank: places of the words made of white space; no entity begins there.
        """
        if not len(embedded):
            return [[] for _ in lengths]
        ends = list(accumulate(lengths))
        vectors = self._encode(embedded, lengths) @ self._folded + self._folded_bias
        moves = self._opened(vectors, ends, blank)
        starts = [end - length for end, length in zip(ends, lengths, strict=True)]
        steps = _Steps(vectors, self._bias)
        return [[*self._walked(steps, moves, start, end)] for start, end in zip(starts, ends, strict=True)]

    def _encode(self, embedded: Floats, lengths: Sequence[int]) -> Floats:
        """Around sequences are rows of nothing, as in training; they belong to the computation."""
        places = np.arange(len(embedded)) + self.padding * np.repeat(np.arange(1, len(lengths) + 1), lengths)
        rows = np.zeros((int(places[-1]) + 1 + self.padding, embedded.shape[1]), dtype=np.float32)
        rows[places] = embedded
        for layer in self._convolutions:
            rows += layer(_with_neighbours(rows))
        encoded: Floats = rows[places]
        return encoded

    def _opened(self, vectors: Floats, ends: Sequence[int], blank: Places) -> Places:
        """Return the move for each word, were no entity open there."""
        size = len(self._bias)
        hidden = _largest(vectors[:, :size] + (self._absent[1] + self._absent[2] + self._bias), 2)
        scores = hidden @ self._opening_weights + self._opening_bias
        scores[np.ix_(blank, self._names)] = -np.inf
        scores[np.ix_(np.array([end - 1 for end in ends if end]), self._begins)] = -np.inf
        return np.asarray(scores.argmax(axis=1), dtype=np.intp)

    def _walked(self, steps: "_Steps", moves: Places, start: int, end: int) -> Iterator[Entity]:
        at = start
        for place in (np.flatnonzero(self._names[moves[start:end]]) + start).tolist():
            if place < at:
                continue
            move = self._opening[moves[place]]
            at = place + 1 if move[:2] == _UNIT else self._closed(steps, place, end, move[2:])
            yield Entity(place - start, at - start, move[2:])

    def _closed(self, steps: "_Steps", start: int, end: int, label: str) -> int:
        weights, bias = self._closing[label]
        for place in range(start + 1, end - 1):
            if steps.hidden(place, start) @ weights + bias > 0:
                return place + 1
        return end


class _Table:
    """A hash embedding."""

    def __init__(self, layer: _Layer) -> None:
        hashing = layer.layers[-1]
        self._vectors = _weights(hashing, "E")
        self._seed: int = hashing.attrs["seed"]
        self._hash = hashing.ops.hash

    def __call__(self, words: Features) -> Floats:
        keys = self._hash(np.ascontiguousarray(words), self._seed) % len(self._vectors)
        return np.asarray(self._vectors[keys].sum(axis=1), dtype=np.float32)


class _Steps:
    """What the network sees at one word while an entity is open: the word, the entity's first, and the one before."""

    def __init__(self, vectors: Floats, bias: Floats) -> None:
        size = len(bias)
        self._now, self._first, self._before = (vectors[:, at : at + size] for at in (0, size, 2 * size))
        self._bias = bias
        self._half = size // 2

    def hidden(self, place: int, start: int) -> Floats:
        summed = self._now[place] + self._first[start] + self._before[place - 1] + self._bias
        hidden: Floats = np.maximum(summed[: self._half], summed[self._half :])
        return hidden


def _moves(recogniser: object) -> int:
    moves: int = recogniser.moves.n_moves  # type: ignore[attr-defined]
    return moves


def _mixed(layer: _Layer) -> _Maxout:
    """Read a layer that is `[expand_window >>] maxout >> layernorm >> dropout`."""
    maxout, normalise = (inner for inner in layer.walk() if inner.name in {"maxout", "layernorm"})
    return _Maxout(maxout, normalise)


def _weights(layer: _Layer, name: str) -> Floats:
    return np.asarray(layer.get_param(name), dtype=np.float32)


def _largest(values: Floats, pieces: int) -> Floats:
    width = values.shape[1] // pieces
    best = values[:, :width]
    for piece in range(1, pieces):
        best = np.maximum(best, values[:, piece * width : (piece + 1) * width])
    return best


def _with_neighbours(rows: Floats) -> Floats:
    width = rows.shape[1]
    wide = np.empty((len(rows), 3 * width), dtype=np.float32)
    wide[0, :width] = 0
    wide[1:, :width] = rows[:-1]
    wide[:, width : 2 * width] = rows
    wide[:-1, 2 * width :] = rows[1:]
    wide[-1, 2 * width :] = 0
    return wide
