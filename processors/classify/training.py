"""Trains the cheap tier from a task's examples, in seconds, always with the same result."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion

from processors.classify.classifier import Weights, save, softmax
from processors.classify.features import character_grams, word_grams
from processors.tasks.task import OUT_OF_SCOPE, TASK_FILE, Example, load_examples, read_spec

SEED = 20_261
FOLDS = 5
INVERSE_REGULARISATION = 10.0
MAX_ITERATIONS = 1_000
TOLERANCE = 1e-3
IN_SCOPE_KEPT = 0.98
"""Share of in-scope texts that the threshold on the greatest logit keeps, measured on held-out folds."""

Logits = NDArray[np.float64]


@dataclass(frozen=True)
class _Fitted:
    features: Any
    regression: Any

    def logits(self, texts: list[str]) -> Logits:
        scores: Logits = self.regression.decision_function(self.features.transform(texts))
        return scores


def train(task_folder: Path, out_folder: Path) -> str:
    """Train from the task's examples, save, and return the version. Raises Fatal `task_invalid`."""
    examples = load_examples(task_folder, read_spec(task_folder / TASK_FILE))
    return save(fit(examples), out_folder)


def fit(examples: list[Example]) -> Weights:
    """Return the weights learned from examples. Out of scope is a label, and whatever is like no example at all."""
    texts = [example.text for example in examples]
    labels = [example.label for example in examples]
    held_out, targets = _held_out_logits(texts, labels)
    in_scope = np.array([label != OUT_OF_SCOPE for label in labels])
    return _weights(
        _fit(texts, labels),
        temperature=_temperature(held_out, targets),
        threshold=float(np.quantile(held_out[in_scope].max(axis=1), 1 - IN_SCOPE_KEPT)),
    )


def _fit(texts: list[str], labels: list[str]) -> _Fitted:
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(analyzer=word_grams, sublinear_tf=True)),
            ("characters", TfidfVectorizer(analyzer=character_grams, sublinear_tf=True, min_df=2)),
        ]
    )
    regression = LogisticRegression(
        C=INVERSE_REGULARISATION, solver="saga", max_iter=MAX_ITERATIONS, tol=TOLERANCE, random_state=SEED
    )
    regression.fit(features.fit_transform(texts), labels)
    return _Fitted(features, regression)


def _held_out_logits(texts: list[str], labels: list[str]) -> tuple[Logits, NDArray[np.int64]]:
    """Score each text by a model that did not see it, so that calibration is not flattered."""
    names = sorted(set(labels))
    targets = np.array([names.index(label) for label in labels], dtype=np.int64)
    logits = np.zeros((len(texts), len(names)))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for seen, unseen in folds.split(np.zeros(len(texts)), targets):
        fitted = _fit([texts[i] for i in seen], [labels[i] for i in seen])
        logits[unseen] = fitted.logits([texts[i] for i in unseen])
    return logits, targets


def _temperature(logits: Logits, targets: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood (Guo et al., 2017)."""

    def loss(log_temperature: float) -> float:
        shares = softmax(logits / np.exp(log_temperature))
        return float(-np.log(shares[np.arange(len(targets)), targets] + 1e-12).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return round(float(np.exp(found.x)), 4)


def _weights(fitted: _Fitted, temperature: float, threshold: float) -> Weights:
    by_name = dict(fitted.features.transformer_list)
    return Weights(
        labels=tuple(str(label) for label in fitted.regression.classes_),
        word_grams=tuple(by_name["words"].get_feature_names_out()),
        character_grams=tuple(by_name["characters"].get_feature_names_out()),
        word_idf=by_name["words"].idf_.astype(np.float32),
        character_idf=by_name["characters"].idf_.astype(np.float32),
        coefficients=np.ascontiguousarray(fitted.regression.coef_.T, dtype=np.float32),
        intercepts=fitted.regression.intercept_.astype(np.float32),
        temperature=temperature,
        scope_threshold=round(threshold, 4),
    )
