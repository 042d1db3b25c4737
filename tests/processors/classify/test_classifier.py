"""The cheap tier: accurate enough, calibrated, the same every time, and stored as plain numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from processors.classify import training
from processors.classify.classifier import (
    ARRAYS_FILE,
    DESCRIPTION_FILE,
    LinearClassifier,
    load,
    save,
    softmax,
)
from processors.tasks.shop_support import FOLDER
from processors.tasks.task import OUT_OF_SCOPE, Example, load_examples, read_spec
from schemas.errors import Fatal

FEW = {"order_status", "complaint", "invoice", OUT_OF_SCOPE}
SPLIT_SEED = 1


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return load_examples(FOLDER, read_spec(FOLDER / "task.yaml"))


@pytest.fixture(scope="module")
def few(examples: list[Example]) -> list[Example]:
    return [example for example in examples if example.label in FEW]


@pytest.fixture(scope="module")
def small(few: list[Example]) -> LinearClassifier:
    return LinearClassifier(training.fit(few))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> LinearClassifier:
    folder = tmp_path_factory.mktemp("classifier")
    version = training.train(FOLDER, folder)
    classifier = load(folder)
    assert classifier.version == version
    return classifier


def test_held_out_accuracy_and_calibration(examples: list[Example]) -> None:
    labels = [example.label for example in examples]
    seen, unseen = train_test_split(examples, test_size=0.2, random_state=SPLIT_SEED, stratify=labels)
    fitted = training._fit([e.text for e in seen], [e.label for e in seen])
    logits = fitted.logits([e.text for e in unseen])
    names = list(fitted.regression.classes_)
    targets = np.array([names.index(e.label) for e in unseen])
    right = logits.argmax(axis=1) == targets
    in_scope = targets != names.index(OUT_OF_SCOPE)
    assert right[in_scope].mean() >= 0.8
    shares = softmax(logits / training._temperature(logits, targets)).max(axis=1)
    assert abs(shares.mean() - right.mean()) <= 0.08


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Hey, could you look up where my parcel AC-100234 has got to?", "order_status"),
        ("Guten Morgen, wo ist denn mein Paket geblieben? <PERSON_1a2b3c4d>", "order_status"),
        ("I sent the lamp back, please refund order NW-200311", "refund_request"),
        ("Combien coûte la livraison en Belgique ?", "shipping_cost"),
        ("He perdido mi contraseña y no puedo entrar", "account_access"),
        ("Could someone please ring me on <PHONE_NUMBER_0a1b2c3d>? I want a human", "speak_to_human"),
        ("please cancel order AC-100777, changed my mind", "cancel_order"),
        ("Bitte löschen Sie alle Daten, die Sie von mir haben", "privacy_request"),
    ],
)
def test_shipped_classifier_knows_texts_it_has_not_seen(
    shipped: LinearClassifier, text: str, label: str
) -> None:
    found = shipped.classify(text)
    assert (found.label, found.out_of_scope) == (label, False)
    assert found.confidence >= 0.5
    assert found.model_version == shipped.version


@pytest.mark.parametrize(
    "text", ["Will it snow in the mountains on Sunday?", "Write me a poem about the sea", "", "zxqj wvkp"]
)
def test_shipped_classifier_knows_what_is_not_its_business(shipped: LinearClassifier, text: str) -> None:
    assert shipped.classify(text).out_of_scope


def test_training_repeats_itself(few: list[Example], small: LinearClassifier) -> None:
    assert LinearClassifier(training.fit(few)).version == small.version


def test_other_examples_give_another_version(few: list[Example], small: LinearClassifier) -> None:
    assert LinearClassifier(training.fit(few[1:])).version != small.version


def test_use_computes_what_training_computed(few: list[Example], small: LinearClassifier) -> None:
    texts = [example.text for example in few]
    fitted = training._fit(texts, [example.label for example in few])
    expected = fitted.logits(texts)
    computed = np.array([small.logits(text) for text in texts])
    np.testing.assert_allclose(computed, expected, atol=1e-4)


def test_stored_as_plain_numbers(tmp_path: Path, small: LinearClassifier) -> None:
    version = save(small.weights, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted((ARRAYS_FILE, DESCRIPTION_FILE))
    assert load(tmp_path).version == version == small.version
    assert load(tmp_path).classify("Where is my order?") == small.classify("Where is my order?")


def test_pickled_objects_are_refused(tmp_path: Path, small: LinearClassifier) -> None:
    save(small.weights, tmp_path)
    np.savez(tmp_path / ARRAYS_FILE, word_idf=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(Fatal, match="classifier_corrupt"):
        load(tmp_path)


def test_changed_weights_are_refused(tmp_path: Path, small: LinearClassifier) -> None:
    save(small.weights, tmp_path)
    description = json.loads((tmp_path / DESCRIPTION_FILE).read_text(encoding="utf-8"))
    description["temperature"] *= 2
    (tmp_path / DESCRIPTION_FILE).write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(Fatal, match="classifier_corrupt"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}"])
def test_unreadable_description_is_refused(tmp_path: Path, small: LinearClassifier, text: str) -> None:
    save(small.weights, tmp_path)
    (tmp_path / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Fatal, match="classifier_corrupt"):
        load(tmp_path)


def test_missing_classifier_says_so(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="classifier_missing"):
        load(tmp_path)
