"""The definitions of the redaction benchmark, against cases counted by hand."""

import math

import pytest

from tests.bench.redaction_score import Gold, Labelled, Score, Share, Stretch, score, score_one

ANNA = Labelled("Anna Li of Bonn", (Gold(0, 7, "PERSON"), Gold(11, 15, "GPE")))


@pytest.mark.parametrize(
    ("found", "leak", "core", "document", "over"),
    [
        ([], (10, 10), (6, 6), (1, 1), (0, 2)),
        ([(0, 7), (11, 15)], (0, 10), (0, 6), (0, 1), (0, 2)),
        ([(0, 4)], (6, 10), (2, 6), (1, 1), (0, 2)),
        ([(0, 4), (2, 7), (0, 7)], (4, 10), (0, 6), (0, 1), (0, 2)),
        ([(0, 15)], (0, 10), (0, 6), (0, 1), (2, 2)),
        ([(9, 12)], (9, 10), (6, 6), (1, 1), (1, 2)),
        ([(4, 5), (7, 8)], (10, 10), (6, 6), (1, 1), (0, 2)),
        ([(6, 99)], (5, 10), (5, 6), (1, 1), (2, 2)),
    ],
    ids=["nothing", "exact", "part", "overlapping", "everything", "beside", "white space", "past the end"],
)
def test_characters_are_counted(
    found: list[Stretch],
    leak: tuple[int, int],
    core: tuple[int, int],
    document: tuple[int, int],
    over: tuple[int, int],
) -> None:
    result = score_one(ANNA, found)

    assert result.leak == Share(*leak)
    assert result.core_leak == Share(*core)
    assert result.document_leak == Share(*document)
    assert result.over == Share(*over)


def test_a_document_without_personal_data_has_no_leak_to_divide_by() -> None:
    result = score_one(Labelled("all is well"), [(0, 3)])

    assert result == Score(over=Share(3, 9))
    assert math.isnan(result.leak.value)
    assert result.over.value == pytest.approx(1 / 3)


def test_a_document_without_core_labels_is_not_one_that_can_leak() -> None:
    result = score_one(Labelled("in Bonn", (Gold(3, 7, "GPE"),)), [])

    assert result.leak == Share(4, 4)
    assert result.core_leak == result.document_leak == Share()


def test_what_is_gold_twice_counts_once_but_for_each_of_its_labels() -> None:
    document = Labelled("mail a@b.io", (Gold(5, 11, "EMAIL_ADDRESS"), Gold(7, 11, "DOMAIN_NAME")))
    result = score_one(document, [(5, 9)])

    assert result.leak == result.core_leak == Share(2, 6)
    assert result.labels == {"EMAIL_ADDRESS": Share(2, 6), "DOMAIN_NAME": Share(2, 4)}
    assert result.over == Share(0, 4)


def test_documents_add_up() -> None:
    clean, leaking = Labelled("so what"), Labelled("Bo", (Gold(0, 2, "PERSON"),))
    result = score([ANNA, clean, leaking], [[(0, 7)], [(0, 2)], []])

    assert result.leak == Share(4 + 2, 10 + 2)
    assert result.core_leak == Share(2, 8)
    assert result.document_leak == Share(1, 2)
    assert result.over == Share(2, 2 + 6)
    assert result.labels == {"PERSON": Share(2, 8), "GPE": Share(4, 4)}


def test_each_document_needs_its_findings() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score([ANNA, ANNA], [[]])
