"""Retrieval tried on questions with known answers, beside what simpler ways of searching make of them."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from processors.ground.access import access, grants
from processors.ground.preparing import prepare
from processors.ground.retrieval import HybridRetriever, reader_of
from processors.ground.retrieval.measuring import Measures, Question, measure, violations
from processors.ground.retrieval.retriever import LEXICAL, SEMANTIC, WEIGHTS
from processors.ground.sanitising import Sanitiser
from schemas.base import Clock
from schemas.envelope import Principal
from schemas.errors import Unprocessable
from schemas.knowledge import Chunk, Document, DocumentHead
from schemas.ports import Detector
from schemas.retrieval import KnowledgeQuery, PassageIndex, Reader
from schemas.tasks import KnowledgeSpec, Registry
from sinks.knowledge.aligning import WordAligner
from sinks.knowledge.batch import Batch, Place, Upsert
from sinks.knowledge.memory import MemoryPassageIndex

METHODS: Mapping[str, Mapping[str, float]] = {
    "hybrid": WEIGHTS,
    "BM25 alone": {LEXICAL: 1.0},
    "embeddings alone": {SEMANTIC: 1.0},
}
"""Ways of searching by what they are made of; only the first takes a closer look."""


@dataclass(frozen=True)
class Trial:
    """What one way of searching found.

    Attributes:
        violations: passages returned that the asker may not read; none is tolerable.
        by_kind: measures of each kind of question that has an answer.
        seconds: of each retrieval, in the order of the questions.
    """

    method: str
    overall: Measures
    by_kind: Mapping[str, Measures]
    violations: int
    seconds: Sequence[float]

    def percentile(self, share: float) -> float:
        """Return the time, in seconds, within which that share of the retrievals was done."""
        ranked = sorted(self.seconds)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


@dataclass(frozen=True)
class Evaluation:
    """Questions asked of an index, by each way of searching.

    Attributes:
        heads: of all documents, whoever may read them, by tenant and id.
    """

    index: PassageIndex
    heads: Mapping[tuple[str, str], DocumentHead]
    registry: Registry
    clock: Clock
    spec: KnowledgeSpec = field(default_factory=KnowledgeSpec)

    def run(self, questions: Sequence[Question], k: int) -> list[Trial]:
        """Return what each way of searching found among its first `k`."""
        return [self._trial(method, questions, k) for method in METHODS]

    def _trial(self, method: str, questions: Sequence[Question], k: int) -> Trial:
        retriever = HybridRetriever(
            self.index,
            self.registry,
            self.clock,
            reranker=WordAligner() if method == next(iter(METHODS)) else None,
            weights=tuple(METHODS[method].items()),
        )
        asked: list[tuple[Question, Sequence[Chunk]]] = []
        seconds: list[float] = []
        for question in questions:
            started = time.perf_counter()
            found = retriever.find(self._reader(question), self._query(question, k))
            seconds.append(time.perf_counter() - started)
            asked.append((question, found.chunks))
        kinds = sorted({question.kind for question in questions if question.wanted})
        return Trial(
            method,
            measure(asked, k),
            {kind: measure([each for each in asked if each[0].kind == kind], k) for kind in kinds},
            sum(violations(question, found) + self._unreadable(question, found) for question, found in asked),
            seconds,
        )

    def _reader(self, question: Question) -> Reader:
        principal = Principal(id=question.principal, roles=question.roles)
        return reader_of(question.tenant, principal, self.registry)

    def _query(self, question: Question, k: int) -> KnowledgeQuery:
        return KnowledgeQuery(
            question.text,
            k,
            language=question.language,
            max_tokens=self.spec.max_tokens,
            half_life_days=self.spec.half_life_days,
        )

    def _unreadable(self, question: Question, found: Iterable[Chunk]) -> int:
        """Count what was returned against the access lists, whether the set names it as forbidden or not."""
        reader, now = self._reader(question), self.clock.now()
        heads = (self.heads[chunk.owner, chunk.document_id] for chunk in found)
        return sum(
            head.document_id not in question.forbidden and not access(head, reader, now).permitted
            for head in heads
        )


async def evaluation(
    documents: Sequence[Document], detector: Detector, registry: Registry, clock: Clock, spec: KnowledgeSpec
) -> Evaluation:
    """Return an evaluation over documents, prepared as a line would. Raises Unprocessable for one that cannot be."""
    sanitiser, index = Sanitiser(detector), MemoryPassageIndex(grants)
    upserts = [
        Upsert(document.head, await prepare(document, sanitiser), clock.now(), Place(0, offset))
        for offset, document in enumerate(documents)
    ]
    index.apply(Batch(upserts, next_offsets={0: len(upserts)}))
    heads = {(document.tenant, document.document_id): document.head for document in documents}
    return Evaluation(index, heads, registry, clock, spec)


def read_questions(file: Path) -> list[Question]:
    """Return the questions of a file of JSON lines.

    Raises:
        Unprocessable: `questions_unreadable`, naming the line and the field, never what stands there.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Unprocessable("questions_unreadable", f"{file.name}: cannot be read as UTF-8") from None
    return [_question(file, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _question(file: Path, number: int, line: str) -> Question:
    try:
        return Question.model_validate_json(line)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"]) or "line"
        raise Unprocessable("questions_unreadable", f"{file.name}:{number}: {place}") from None


def as_document(trials: Sequence[Trial], k: int) -> dict[str, object]:
    """Return the figures as JSON has them; times in milliseconds."""
    return {
        "k": k,
        "trials": [
            {
                "method": trial.method,
                **json.loads(trial.overall.model_dump_json()),
                "violations": trial.violations,
                "p50_ms": round(1000 * trial.percentile(0.5), 3),
                "p95_ms": round(1000 * trial.percentile(0.95), 3),
                "by_kind": {kind: json.loads(each.model_dump_json()) for kind, each in trial.by_kind.items()},
            }
            for trial in trials
        ],
    }
