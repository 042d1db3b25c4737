"""The cheap tier: a linear model over n-grams, with a calibrated confidence. In use it needs numpy only."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.classify.features import Vocabulary, character_grams, word_grams
from processors.tasks.task import OUT_OF_SCOPE
from schemas.errors import Fatal
from schemas.proposals import Classification

FORMAT = 1
ARRAYS_FILE = "classifier.npz"
DESCRIPTION_FILE = "classifier.json"

_ARRAYS = ("word_idf", "character_idf", "coefficients", "intercepts")
_DESCRIBED = ("labels", "word_grams", "character_grams", "temperature", "scope_threshold")


@dataclass(frozen=True)
class Weights:
    """What training learned.

    Attributes:
        word_grams, character_grams: n-grams by column.
        coefficients: one row for each n-gram, words first, one column for each label.
        temperature: divides the logits, so that the softmax is a calibrated probability.
        scope_threshold: a text whose greatest logit is below it is like nothing in the examples.
    """

    labels: tuple[str, ...]
    word_grams: tuple[str, ...]
    character_grams: tuple[str, ...]
    word_idf: NDArray[np.float32]
    character_idf: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    temperature: float
    scope_threshold: float


class LinearClassifier:
    """Implements `IntentClassifier`. Two with the same weights have the same version."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.version = _digest(weights)
        self._words = _vocabulary(weights.word_grams, weights.word_idf, 0)
        self._characters = _vocabulary(
            weights.character_grams, weights.character_idf, len(weights.word_grams)
        )

    def classify(self, text: str) -> Classification:
        """Label a text; `confidence` is the calibrated probability that the label is right."""
        logits = self.logits(text)
        best = int(logits.argmax())
        label = self.weights.labels[best]
        return Classification(
            label=label,
            confidence=float(softmax(logits / self.weights.temperature)[best]),
            out_of_scope=label == OUT_OF_SCOPE or bool(logits[best] < self.weights.scope_threshold),
            model_version=self.version,
        )

    def logits(self, text: str) -> NDArray[np.float64]:
        """Return the uncalibrated score of each label."""
        word_columns, word_weights = self._words.weigh(word_grams(text))
        columns, weights = self._characters.weigh(character_grams(text))
        rows = self.weights.coefficients[word_columns + columns].astype(np.float64)
        scores: NDArray[np.float64] = np.array(word_weights + weights, dtype=np.float64) @ rows
        return scores + self.weights.intercepts


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def save(weights: Weights, folder: Path) -> str:
    """Write the weights as arrays and JSON (never pickle) and return their version."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / ARRAYS_FILE, allow_pickle=False, **_arrays(weights))
    description = {**_description(weights), "format": FORMAT, "version": _digest(weights)}
    (folder / DESCRIPTION_FILE).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    return _digest(weights)


def load(folder: Path) -> LinearClassifier:
    """Return the saved classifier.

    Raises:
        Fatal: `classifier_missing`, or `classifier_corrupt` when what is read is not what was saved.
    """
    try:
        description = json.loads((folder / DESCRIPTION_FILE).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS_FILE, allow_pickle=False) as arrays:
            classifier = LinearClassifier(_weights(description, dict(arrays)))
    except FileNotFoundError:
        raise Fatal("classifier_missing", "train it first") from None
    except (ValueError, KeyError, TypeError, OSError):
        raise Fatal("classifier_corrupt", "it cannot be read; train it again") from None
    if description.get("format") != FORMAT or description.get("version") != classifier.version:
        raise Fatal("classifier_corrupt", "format or version differ; train it again")
    return classifier


def _vocabulary(grams: tuple[str, ...], idf: NDArray[np.float32], first: int) -> Vocabulary:
    return Vocabulary({gram: column for column, gram in enumerate(grams)}, idf, first)


def _arrays(weights: Weights) -> dict[str, NDArray[np.float32]]:
    return {name: getattr(weights, name) for name in _ARRAYS}


def _description(weights: Weights) -> dict[str, object]:
    return {name: getattr(weights, name) for name in _DESCRIBED}


def _weights(description: dict[str, object], arrays: dict[str, NDArray[np.float32]]) -> Weights:
    listed = {name: description[name] for name in _DESCRIBED}
    return Weights(**{k: tuple(v) if isinstance(v, list) else v for k, v in listed.items()}, **arrays)  # type: ignore[arg-type]


def _digest(weights: Weights) -> str:
    digest = hashlib.sha256(json.dumps(_description(weights), sort_keys=True).encode())
    for _, array in sorted(_arrays(weights).items()):
        digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return digest.hexdigest()[:16]
