"""Default-deny: what is not surely an ordinary word goes, and the words of a request stay."""

import gzip
from pathlib import Path

import pytest

from processors.redact.rules import capitals
from processors.redact.rules.growing import grow
from processors.redact.rules.spans import merge
from processors.redact.vocabulary import lexicon
from processors.redact.vocabulary.standing import Standing, is_common, is_frequent, standing
from schemas.errors import Fatal
from schemas.ports import Span


def covered(text: str, language: str = "en") -> list[str]:
    return [text[span.start : span.end] for span in merge(text, capitals.find(text, language))]


def grown(text: str, *found: tuple[str, str]) -> list[str]:
    spans = [Span(text.index(value), text.index(value) + len(value), entity, 0.8) for value, entity in found]
    return [text[span.start : span.end] for span in merge(text, [*spans, *grow(text, spans, "en")])]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("refund", Standing.ORDINARY),
        ("Refund", Standing.ORDINARY),
        ("recieve", Standing.ORDINARY),
        ("couldn't", Standing.ORDINARY),
        ("customers'", Standing.ORDINARY),
        ("NullPointerException", Standing.ORDINARY),
        ("Hill", Standing.ORDINARY),
        ("Grant", Standing.EITHER),
        ("Baker", Standing.LIKELY),
        ("Anna", Standing.NAME),
        ("leipzig", Standing.NAME),
        ("Okonkwo", Standing.NAME),
        ("check-Okonkwo", Standing.NAME),
        ("x" * 61, Standing.NAME),
    ],
)
def test_the_way_people_write_a_word_tells_whether_it_is_a_name(word: str, expected: Standing) -> None:
    assert standing(word, "en") is expected


def test_a_word_of_another_language_is_ordinary_in_that_language_alone() -> None:
    assert is_common("Regenschirm", "de")
    assert not is_common("Regenschirm", "en")


@pytest.mark.parametrize(("word", "frequent"), [("Order", True), ("Jane", False), ("Young", False)])
def test_frequent_words_are_no_surnames(word: str, *, frequent: bool) -> None:
    assert is_frequent(word, "en") is frequent


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ask Okonkwo", ["Okonkwo"]),
        ("ask okonkwo", ["okonkwo"]),
        ("did natasha call", ["natasha"]),
        ("flights to leipzig", ["leipzig"]),
        ("I met Grant there", ["Grant"]),
        ("Grant me a refund", []),
        ("they said: Grant", ["Grant"]),
        ("the King Size bed", []),
        ("seen at St. Grant", ["St. Grant"]),
        ("It works. Wood said so", []),
        ("OKONKWO AND SONS IN LEIPZIG", ["OKONKWO", "LEIPZIG"]),
        ("A.W. and J.-P. Okonkwo", ["A.W.", "J.-P. Okonkwo"]),
        ("D. Okonkwo signed", ["D. Okonkwo"]),
        ("It is plan B. Then we stop", []),
        ("at 9 A.M. in the U.S. or the U.K.", []),
        ("Louis XIV and Part IV", ["Louis"]),
        ("love #leipzig and # leipzig", ["#leipzig", "# leipzig"]),
        ("see \u674e\u660e", ["\u674e\u660e"]),
        ("Okonkwo's and Okonkwo\u2019s", ["Okonkwo", "Okonkwo"]),
        ("dont we? cant, wont, cannot", []),
        ("meanwhile we wait on saturdays", []),
        ("h264 and mp3 and usb3", []),
        ("hi its mark here, my husband bill said so", ["mark", "bill"]),
        ("mark it as paid, the phone bill is wrong", []),
        ("a jacket in Green, Colour: Black", []),
        ("I asked Green about it", ["Green"]),
        ("Hallo", []),
        ("Merci", []),
        ("Gracias", []),
    ],
)
def test_what_may_be_a_name_goes(text: str, names: list[str]) -> None:
    assert covered(text) == names


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("de", "Die Bestellung von Okonkwo und der regenschirmständer", ["Okonkwo"]),
        ("fr", "la commande de Okonkwo est urgente", ["Okonkwo"]),
        ("de", "Bitte an \u674e\u5c0f\u9f99 senden", ["\u674e\u5c0f\u9f99"]),
        ("zh", "\u674e\u5c0f\u9f99", []),
    ],
)
def test_elsewhere_only_capitals_and_foreign_scripts_tell(language: str, text: str, names: list[str]) -> None:
    assert covered(text, language) == names


@pytest.mark.parametrize(
    ("text", "value", "entity", "kept"),
    [
        ("Hi Okonkwo, thanks", "Hi Okonkwo", "PERSON", "Okonkwo"),
        ("I'm Okonkwo now", "I'm Okonkwo", "PERSON", "Okonkwo"),
        ("with Jane Price today", "Jane Price", "PERSON", "Jane Price"),
        ("in South Africa now", "South Africa", "LOCATION", "South Africa"),
        ("to the Supreme Court today", "the Supreme Court", "ORGANIZATION", None),
        ("to the Okonkwo Court today", "the Okonkwo Court", "ORGANIZATION", "Okonkwo"),
        ("During March it broke", "During March", "LOCATION", None),
    ],
)
def test_a_model_is_believed_but_for_ordinary_words(
    text: str, value: str, entity: str, kept: str | None
) -> None:
    start = text.index(value)
    span = capitals.tightened(text, Span(start, start + len(value), entity, 0.85), "en")

    assert (span and text[span.start : span.end]) == kept


def test_what_begins_with_a_first_name_is_a_person_whatever_the_model_says() -> None:
    span = capitals.tightened("Sabine Krzeszowski", Span(0, 18, "LOCATION", 0.85), "de")

    assert span == Span(0, 18, "PERSON", 0.85)


@pytest.mark.parametrize(
    ("text", "value", "entity", "whole"),
    [
        ("Jane Price called", "Jane", "PERSON", "Jane Price"),
        ("J.-P. Okonkwo called", "Okonkwo", "NAME", "J.-P. Okonkwo"),
        ("Okonkwo Price called", "Okonkwo", "NAME", "Okonkwo"),
        ("JANE AND BOB", "JANE", "PERSON", "JANE"),
    ],
)
def test_a_name_takes_in_what_belongs_to_it(text: str, value: str, entity: str, whole: str) -> None:
    assert grown(text, (value, entity)) == [whole]


def test_a_surname_that_is_a_word_is_found_again_by_itself() -> None:
    text = "Mr Price came. Later Price left; the price was high, said the Court."

    assert grown(text, ("Mr Price", "PERSON")) == ["Mr Price", "Price"]


def test_a_missing_table_is_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "_TABLE", ("no_such_package", "data/no.json.gz"))

    with pytest.raises(Fatal, match="vocabulary_missing"):
        lexicon.english.__wrapped__()


def test_a_word_seen_in_one_form_alone_leans_that_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entries = ('"both"', -3.0), ('"Both"', -4.0), ('"Alone"', -9.0), ('"small"', -9.5), ('"x1"', -9.9)
    table = tmp_path / "table.json.gz"
    table.write_bytes(gzip.compress(("{\n" + "".join(f"  {k}:{v},\n" for k, v in entries) + "}").encode()))
    monkeypatch.setattr(lexicon, "files", lambda _: tmp_path)
    monkeypatch.setattr(lexicon, "_TABLE", ("any", table.name))

    made = lexicon.english.__wrapped__()

    assert made.leaning("both") == 1.0
    assert (made.leaning("alone") or 0) < -10
    assert (made.leaning("small") or 0) > 10
    assert made.leaning("x1") is None
    assert made.frequent == {"both", "small"}
