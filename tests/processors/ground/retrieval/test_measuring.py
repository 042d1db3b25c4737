"""The measures, against figures worked out by hand."""

import pytest
from pydantic import ValidationError

from processors.ground.retrieval.measuring import Question, Wanted, measure, violations
from schemas.knowledge import Chunk


def chunk(document: str, text: str = "some text") -> Chunk:
    return Chunk(
        chunk_id=f"{document}@1#a", document_id=document, document_version=1, title="T", text=text, score=1
    )


def question(*wanted: str | Wanted, forbidden: tuple[str, ...] = ()) -> Question:
    things = tuple(Wanted(document_id=each) if isinstance(each, str) else each for each in wanted)
    return Question(id="q", tenant="acme", roles=(), text="what", wanted=things, forbidden=forbidden)


def test_a_perfect_answer_scores_one() -> None:
    found = measure([(question("a"), [chunk("a")])], 5)
    assert (found.recall, found.precision, found.reciprocal_rank, found.ndcg) == (1, 1, 1, 1)


def test_an_answer_in_third_place() -> None:
    found = measure([(question("a"), [chunk("x"), chunk("y"), chunk("a"), chunk("z")])], 5)
    assert (found.recall, found.precision) == (1, 0.25)
    assert [found.reciprocal_rank, found.ndcg] == pytest.approx([1 / 3, 0.5])


def test_beyond_k_only_the_reciprocal_rank_sees_it() -> None:
    found = measure([(question("a"), [chunk("x"), chunk("a")])], 1)
    assert (found.recall, found.precision, found.reciprocal_rank, found.ndcg) == (0, 0, 0.5, 0)


def test_half_of_what_was_wanted() -> None:
    found = measure([(question("a", "b"), [chunk("a"), chunk("x")])], 5)
    assert found.recall == 0.5
    assert found.ndcg == pytest.approx(1 / (1 + 1 / 1.584962500721156))


def test_a_second_passage_of_the_same_document_brings_nothing_new() -> None:
    assert measure([(question("a"), [chunk("a"), chunk("a")])], 5).precision == 0.5


def test_a_quotation_must_stand_in_the_passage_found() -> None:
    wanted = Wanted(document_id="a", quote="costs 4.90  EUR")
    assert measure([(question(wanted), [chunk("a", "Shipping is slow.")])], 5).recall == 0
    assert measure([(question(wanted), [chunk("a", "Shipping COSTS 4.90 EUR.")])], 5).recall == 1


def test_means_are_over_questions_with_an_answer() -> None:
    found = measure([(question("a"), [chunk("a")]), (question("b"), []), (question(), [chunk("a")])], 5)
    assert (found.questions, found.recall) == (2, 0.5)
    assert measure([(question(), [])], 5).questions == 0


def test_violations_are_passages_of_forbidden_documents() -> None:
    assert violations(question(forbidden=("s",)), [chunk("s"), chunk("a"), chunk("s")]) == 2


def test_what_is_wanted_cannot_be_forbidden() -> None:
    with pytest.raises(ValidationError):
        question("a", forbidden=("a",))
