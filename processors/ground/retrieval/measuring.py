"""How good retrieval is: questions with what they should find, and the usual measures of what was found.

Sources: Voorhees, "The TREC-8 Question Answering Track Report", 1999 (reciprocal rank); Järvelin and Kekäläinen,
"Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002 (nDCG, here with gain 1 for each thing found).
"""

import math
import unicodedata
from collections.abc import Sequence
from statistics import fmean

from pydantic import Field, model_validator

from schemas.base import Code, LanguageTag, Model, Opaque, Slug
from schemas.knowledge import Chunk


class Wanted(Model):
    """Something a question should find: a document, and a passage of it that holds a quotation, if one is named."""

    document_id: Opaque
    quote: str = ""


class Question(Model):
    """A question somebody asks, and what should be found for them.

    Attributes:
        kind: of question, to tell the figures apart (`paraphrase`, `code`, `withheld`, `unanswerable`).
        wanted: what answers it; nothing where nothing the asker may read does.
        forbidden: documents that would answer it, and that the asker may not read.
    """

    id: Opaque
    tenant: Slug
    principal: Opaque = "evaluation"
    roles: tuple[Slug, ...]
    language: LanguageTag = "en"
    text: str = Field(min_length=1, max_length=2_000)
    kind: Code = "paraphrase"
    wanted: tuple[Wanted, ...] = ()
    forbidden: tuple[Opaque, ...] = ()

    @model_validator(mode="after")
    def _either(self) -> "Question":
        if {each.document_id for each in self.wanted} & set(self.forbidden):
            raise ValueError("wanted and forbidden")
        return self


class Measures(Model):
    """Means over the questions that have an answer; all are between 0 and 1, and 1 is best.

    Attributes:
        recall: share of what was wanted that is among the first k.
        precision: share of the first k, or of those that were returned, that was wanted.
        reciprocal_rank: 1 over the place of the first that was wanted.
        ndcg: discounted gain over the best possible, within the first k.
    """

    questions: int
    recall: float
    precision: float
    reciprocal_rank: float
    ndcg: float


def measure(asked: Sequence[tuple[Question, Sequence[Chunk]]], k: int) -> Measures:
    """Measure what was found for each question, best first. Questions without an answer do not count."""
    judged = [(question, _gains(question, found)) for question, found in asked if question.wanted]
    if not judged:
        return Measures(questions=0, recall=0, precision=0, reciprocal_rank=0, ndcg=0)
    return Measures(
        questions=len(judged),
        recall=fmean(sum(gains[:k]) / len(question.wanted) for question, gains in judged),
        precision=fmean(_share(gains[:k]) for _, gains in judged),
        reciprocal_rank=fmean(_reciprocal_rank(gains) for _, gains in judged),
        ndcg=fmean(_ndcg(gains, len(question.wanted), k) for question, gains in judged),
    )


def violations(question: Question, found: Sequence[Chunk]) -> int:
    """Count passages of documents that the asker may not read."""
    return sum(chunk.document_id in question.forbidden for chunk in found)


def _gains(question: Question, found: Sequence[Chunk]) -> list[int]:
    """Return for each passage how many wanted things it is the first to bring."""
    missing = list(question.wanted)
    gains: list[int] = []
    for chunk in found:
        brought = [each for each in missing if _brings(chunk, each)]
        missing = [each for each in missing if each not in brought]
        gains.append(len(brought))
    return gains


def _brings(chunk: Chunk, wanted: Wanted) -> bool:
    return chunk.document_id == wanted.document_id and _plain(wanted.quote) in _plain(chunk.text)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _share(gains: Sequence[int]) -> float:
    return sum(gain > 0 for gain in gains) / len(gains) if gains else 0.0


def _reciprocal_rank(gains: Sequence[int]) -> float:
    return next((1 / place for place, gain in enumerate(gains, start=1) if gain), 0.0)


def _ndcg(gains: Sequence[int], wanted: int, k: int) -> float:
    found = sum(gain / math.log2(place + 1) for place, gain in enumerate(gains[:k], start=1))
    best = sum(1 / math.log2(place + 1) for place in range(1, min(wanted, k) + 1))
    return min(1.0, found / best)
