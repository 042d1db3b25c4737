"""Retrieval measured on a set: what the figures are made of, and what a set must be."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.ground.retrieval.measuring import Question
from processors.tasks.documents import load_documents
from schemas.errors import Unprocessable
from schemas.knowledge import AccessList, Document
from schemas.ports import FixedClock, Profile, Span
from schemas.tasks import KnowledgeSpec, Registry
from streams.embedded.session import effective
from streams.evaluating import METHODS, as_document, evaluation, read_questions

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHOP = effective().task_dirs[0]


class Blind:
    """A detector that sees nothing: what is measured here is retrieval."""

    version = "blind"

    async def detect(
        self,
        texts: Sequence[str],
        language: str,
        profile: Profile = Profile.STRICT,
    ) -> list[list[Span]]:
        return [[] for _ in texts]


def document(name: str, text: str, *roles: str) -> Document:
    return Document(
        tenant="acme",
        document_id=name,
        version=1,
        title=name,
        text=text,
        access=AccessList(roles=roles or ("guest",)),
    )


def question(name: str, text: str, wanted: str = "", **changes: object) -> Question:
    given = {"id": name, "tenant": "acme", "roles": ["guest"], "text": text, **changes}
    return Question.model_validate({**given, "wanted": [{"document_id": wanted}] if wanted else []})


async def test_each_way_of_searching_is_measured_and_nothing_forbidden_is_returned() -> None:
    documents = [
        document("ships", "Parcels are sent within two days by ship."),
        document("pays", "Invoices are paid by card. Code E-77 is for refused cards."),
        document("secret", "Margins on parcels sent by ship are two percent.", "agent"),
    ]
    made = await evaluation(
        documents, Blind(), Registry(sources=(), tenants=()), FixedClock(NOW), KnowledgeSpec()
    )
    asked = [
        question("a", "When are parcels sent?", "ships"),
        question("b", "E-77", "pays", kind="code"),
        question("c", "margins on parcels", forbidden=["secret"], kind="withheld"),
    ]
    trials = made.run(asked, 2)
    assert [trial.method for trial in trials] == list(METHODS)
    assert trials[0].overall.recall == trials[0].overall.reciprocal_rank == 1
    assert [trial.violations for trial in trials] == [0, 0, 0]
    assert set(trials[0].by_kind) == {"paraphrase", "code"}
    assert len(trials[0].seconds) == len(asked)
    assert 0 < trials[0].percentile(0.5) <= trials[0].percentile(0.95)
    assert json.dumps(as_document(trials, 2))


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("not json", "set.jsonl:1"),
        ('\n{"id": "a", "tenant": "t", "roles": [], "text": ""}', "set.jsonl:2: text"),
        ('{"id": "a", "tenant": "t", "roles": [], "text": "x", "kindness": 1}', "set.jsonl:1: kindness"),
    ],
)
def test_a_set_that_cannot_be_read_is_refused_by_place_and_never_by_its_words(
    tmp_path: Path, lines: str, place: str
) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(lines)
    with pytest.raises(Unprocessable) as refused:
        read_questions(file)
    assert place in str(refused.value)
    assert "not json" not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "set.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Unprocessable, match="questions_unreadable"):
        read_questions(file)


def test_the_shops_questions_name_documents_that_exist_and_cover_what_they_must() -> None:
    questions = read_questions(SHOP / "retrieval.jsonl")
    known = {(each.tenant, each.document_id) for each in load_documents(SHOP / "knowledge")}
    tenants = {tenant for tenant, _ in known}
    named = {(each.tenant, wanted.document_id) for each in questions for wanted in each.wanted}
    assert len(questions) >= 100
    assert named <= known
    assert all(
        any((tenant, name) in known for tenant in tenants) for each in questions for name in each.forbidden
    )
    kinds = {each.kind for each in questions}
    assert {"code", "withheld", "unanswerable"} <= kinds
    assert len({each.id for each in questions}) == len(questions)
