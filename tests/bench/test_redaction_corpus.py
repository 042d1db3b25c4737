"""The made-up texts of the redaction benchmark: repeatable, labelled rightly, with numbers that pass for real."""

import random
import re
from collections.abc import Sequence
from string import Formatter

import pytest

from tests.bench import redaction_templates as templates
from tests.bench.redaction_corpus import LONG, long_texts, short_texts
from tests.bench.redaction_score import Labelled
from tests.bench.redaction_values import LABELS, Values

STYLES: dict[str, Sequence[str]] = {
    name: getattr(templates, name) for name in dir(templates) if name.isupper()
}
TEXTS = short_texts(1500, seed=1)


def _gold(label: str) -> list[str]:
    return [
        document.text[gold.start : gold.end]
        for document in TEXTS
        for gold in document.gold
        if gold.label == label
    ]


def test_a_seed_decides_the_texts() -> None:
    assert short_texts(40, seed=7) == short_texts(40, seed=7)
    assert long_texts(2, seed=7) == long_texts(2, seed=7)
    assert {each.text for each in short_texts(40, 7)}.isdisjoint(
        each.text for each in short_texts(40, 8) if each.gold
    )


def test_there_are_many_templates_in_every_style_and_some_of_nothing_personal() -> None:
    assert sum(map(len, STYLES.values())) >= 60
    assert min(map(len, STYLES.values())) >= 8
    named = {slot for text in templates.NOTHING for _, slot, _, _ in Formatter().parse(text) if slot}
    assert named.isdisjoint(LABELS)
    assert any(not document.gold for document in TEXTS)


def test_every_label_occurs_and_few_texts_repeat() -> None:
    assert {gold.label for document in TEXTS for gold in document.gold} == set(LABELS.values())
    assert len({document.text for document in TEXTS if document.gold}) > 0.99 * sum(
        bool(document.gold) for document in TEXTS
    )


@pytest.mark.parametrize("documents", [TEXTS, long_texts(10, seed=2)], ids=["short", "long"])
def test_gold_lies_inside_the_text_in_order_and_covers_whole_values(documents: Sequence[Labelled]) -> None:
    for document in documents:
        ends = [0, *(gold.end for gold in document.gold)]
        assert all(end <= gold.start < gold.end for end, gold in zip(ends, document.gold, strict=False))
        assert ends[-1] <= len(document.text)
        values = [document.text[gold.start : gold.end] for gold in document.gold]
        assert all(value == value.strip() and "{" not in value for value in values)


def test_long_texts_are_about_as_long_as_asked() -> None:
    assert all(LONG <= len(document.text) < LONG * 1.2 for document in long_texts(5, seed=3))
    assert all(200 <= len(document.text) < 800 for document in long_texts(5, seed=3, length=200))


def test_one_text_keeps_its_values() -> None:
    values = Values(random.Random(4))
    assert values.value("person") == values.value("person")
    assert values.value("person") != values.value("person2")
    assert values.value("given") in values.value("person")
    assert values.value("family2") in values.value("person2")


def test_cards_pass_the_luhn_check() -> None:
    cards = [re.sub(r"\D", "", each) for each in _gold("CREDIT_CARD")]
    assert len(cards) > 20
    for card in cards:
        odd, even = card[-1::-2], card[-2::-2]
        total = sum(map(int, odd)) + sum(sum(map(int, str(2 * int(each)))) for each in even)
        assert total % 10 == 0
    assert {len(card) for card in cards} == {14, 15, 16}


def test_accounts_pass_the_check_of_their_two_digits() -> None:
    accounts = [each.replace(" ", "").upper() for each in _gold("IBAN_CODE")]
    assert len(accounts) > 20
    for account in accounts:
        turned = account[4:] + account[:4]
        assert int("".join(str(int(symbol, 36)) for symbol in turned)) % 97 == 1


def test_security_numbers_are_of_ranges_that_are_given_out() -> None:
    for number in _gold("US_SSN"):
        area, group, serial = map(int, re.split("[- ]", number))
        assert 0 < area < 900
        assert area != 666
        assert group * serial > 0


def test_some_texts_are_written_in_one_case_only() -> None:
    lower = [document for document in TEXTS if document.gold and document.text.islower()]
    upper = [document for document in TEXTS if document.gold and document.text.isupper()]
    assert lower
    assert upper
    assert all(
        document.text[gold.start : gold.end].islower()
        for document in lower
        for gold in document.gold
        if gold.label == "PERSON"
    )
