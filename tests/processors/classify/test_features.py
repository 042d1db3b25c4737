"""Texts become n-grams without case, accents, numbers and whatever a placeholder stands for."""

import numpy as np
import pytest

from processors.classify.features import MAX_CHARACTERS, Vocabulary, character_grams, word_grams, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my Order?", ["where", "is", "my", "order"]),
        ("AC-100234", ["ac", "0"]),
        ("Größe, déçu, ¿contraseña?", ["grosse", "decu", "contrasena"]),
        ("Hi <PERSON_1a2b3c4d>!", ["hi", "person_"]),
        ("to <PHONE_NUMBER_0a1b2c3d> or <IP_ADDRESS_00000000>", ["to", "phone_number_", "or", "ip_address_"]),
        ("<PERSON_xyz>", ["person_xyz"]),
        ("  \n\t", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_two_people_are_alike() -> None:
    assert words("<PERSON_1a2b3c4d>") == words("<PERSON_ffffffff>")


def test_work_is_bounded() -> None:
    assert len(words("a " * 10_000)) == MAX_CHARACTERS // 2


def test_grams() -> None:
    assert word_grams("my parcel") == ["my", "parcel", "my parcel"]
    assert character_grams("hi") == [" h", "hi", "i ", " hi", "hi ", " hi "]


def test_weights_have_unit_length_and_dampen_repetition() -> None:
    vocabulary = Vocabulary({"a": 0, "b": 1}, np.array([1.0, 1.0], dtype=np.float32), first=10)
    columns, weights = vocabulary.weigh(["a", "a", "b", "unknown"])
    assert columns == [10, 11]
    assert sum(weight**2 for weight in weights) == pytest.approx(1)
    assert 1 < weights[0] / weights[1] < 2


def test_text_without_known_grams_weighs_nothing() -> None:
    assert Vocabulary({}, np.zeros(0, dtype=np.float32), first=0).weigh(["x"]) == ([], [])
