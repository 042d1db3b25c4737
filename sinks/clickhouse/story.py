"""One request's whole way as a typed structure: what was asked, done, seen, decided and spent, and how it ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from schemas.errors import Unprocessable
from sinks.clickhouse.answer import Reads

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """The request as it was redacted."""

    tenant: str
    source: str
    source_id: str
    principal_id: str
    roles: Sequence[str]
    task: str
    conversation_id: str
    language: str
    received_at: datetime
    deadline: datetime
    trace_id: str
    text: str
    identifiers: Mapping[str, str]
    findings: Mapping[str, int]
    signals: Sequence[str]


@dataclass(frozen=True, slots=True)
class Step:
    """A stage's work, and the topic it wrote to.

    Attributes:
        notes: what the stage noted. facts: what the event itself says.
    """

    stage: str
    topic: str
    started_at: datetime
    emitted_at: datetime
    wall_us: int
    cpu_us: int
    attempt: int
    notes: Mapping[str, str]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """An attempt at a model; prompt and response are empty once their retention is over."""

    stage: str
    call_id: UUID
    called_at: datetime
    tier: str
    provider: str
    model: str
    purpose: str
    attempt: int
    status: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    latency_ms: int
    prompt: str
    response: str


@dataclass(frozen=True, slots=True)
class Use:
    """A piece of evidence considered, and what allowed or withheld it."""

    stage: str
    chunk_id: str
    document_id: str
    rank: int
    score: float
    permitted: int
    permitted_by: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """A verdict of policy."""

    judged_at: datetime
    tier: str
    action_type: str
    risk: str
    label: str
    confidence: float
    ruling: str
    rules: Sequence[str]
    policy_version: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review that was opened."""

    review_id: UUID
    action_type: str
    rules: Sequence[str]
    opened_at: datetime
    expires_at: datetime
    action: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What a reviewer said to a review."""

    review_id: UUID
    decided_at: datetime
    reviewer_id: str
    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Published:
    """The action, with placeholders."""

    action_id: UUID
    published_at: datetime
    action_type: str
    tier: str
    rules: Sequence[str]
    policy_version: str
    approved_by: str
    action: str


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter."""

    stage: str
    reason: str
    detail: str
    retryable: int
    attempts: int
    failed_at: datetime
    rules: Sequence[str]


@dataclass(frozen=True, slots=True)
class Noted:
    """Something a stage did not forward, a repeated publication for instance."""

    stage: str
    kind: str
    detail: str
    audited_at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """How a generation stands: see the view `v_request_outcomes`."""

    generation: int
    outcome: str
    reason: str
    ended_in: str
    ended_at: datetime
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Run:
    """One generation of a request, each part in the order of its time."""

    ending: Ending
    asked: Asked | None
    steps: tuple[Step, ...]
    calls: tuple[Call, ...]
    uses: tuple[Use, ...]
    verdicts: tuple[Ruled, ...]
    reviews: tuple[Reviewed, ...]
    decisions: tuple[Decided, ...]
    actions: tuple[Published, ...]
    dead_letters: tuple[Buried, ...]
    audits: tuple[Noted, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A request in all its generations, the first run first."""

    request_id: UUID
    runs: tuple[Run, ...]


_BY_REQUEST = "WHERE request_id = {rid:UUID}"
_WITH_PAYLOAD = (
    "(SELECT c.*, p.prompt AS prompt, p.response AS response FROM (SELECT * FROM model_calls FINAL "
    "WHERE request_id = {rid:UUID}) AS c LEFT JOIN (SELECT generation, call_id, prompt, response FROM model_payloads FINAL "
    "WHERE request_id = {rid:UUID}) AS p ON p.generation = c.generation AND p.call_id = c.call_id)"
)
_WITH_GENERATION = (
    "(SELECT d.*, r.generation AS generation FROM (SELECT * FROM decisions FINAL) AS d INNER JOIN "
    "(SELECT tenant, review_id, generation FROM reviews FINAL WHERE request_id = {rid:UUID}) AS r "
    "ON r.tenant = d.tenant AND r.review_id = d.review_id)"
)


def story(reads: Reads, request_id: UUID) -> Story:
    """Return what the store knows of a request.

    Raises:
        Unprocessable: `request_unknown`.
        QueryFailed, Retryable: as `Reads.query`.
    """
    endings = _found(reads, Ending, f"v_request_outcomes {_BY_REQUEST}", request_id, "generation")
    if not endings:
        raise Unprocessable("request_unknown", "the trace store has nothing under this id")
    parts = _Parts(reads, request_id)
    return Story(request_id, tuple(parts.run(ending) for _, ending in endings))


def find(reads: Reads, text: str) -> tuple[UUID, ...]:
    """Return the requests that an id may mean: the request's own, its publisher's, or its action's; latest first."""
    try:
        named = UUID(text)
    except ValueError:
        named = UUID(int=0)
    found = reads.query(
        "SELECT request_id FROM v_request_outcomes WHERE request_id = {rid:UUID} OR source_id = {text:String}"
        " OR request_id IN (SELECT request_id FROM actions FINAL WHERE action_id = {rid:UUID})"
        " GROUP BY request_id ORDER BY max(received_at) DESC, request_id LIMIT 100",
        {"rid": named, "text": text},
    )
    return tuple(row[0] for row in found.rows if isinstance(row[0], UUID))


class _Parts:
    """All rows of a request, by part and generation."""

    def __init__(self, reads: Reads, request_id: UUID) -> None:
        def part(cls: Callable[..., T], table: str, order: str) -> list[tuple[int, T]]:
            return _found(reads, cls, f"{table} FINAL {_BY_REQUEST}", request_id, order)

        self.asked = part(Asked, "requests", "received_at")
        self.steps = part(Step, "stage_events", "started_at, emitted_at, topic")
        self.uses = part(Use, "chunk_uses", "used_at, ordinal")
        self.verdicts = part(Ruled, "verdicts", "judged_at")
        self.reviews = part(Reviewed, "reviews", "opened_at")
        self.actions = part(Published, "actions", "published_at")
        self.dead_letters = part(Buried, "dead_letters", "failed_at")
        self.audits = part(Noted, "audits", "audited_at")
        self.calls = _found(reads, Call, _WITH_PAYLOAD, request_id, "called_at, attempt")
        self.decisions = _found(reads, Decided, _WITH_GENERATION, request_id, "decided_at")

    def run(self, ending: Ending) -> Run:
        number = ending.generation
        asked = _of(self.asked, number)
        return Run(
            ending=ending,
            asked=asked[0] if asked else None,
            steps=_of(self.steps, number),
            calls=_of(self.calls, number),
            uses=_of(self.uses, number),
            verdicts=_of(self.verdicts, number),
            reviews=_of(self.reviews, number),
            decisions=_of(self.decisions, number),
            actions=_of(self.actions, number),
            dead_letters=_of(self.dead_letters, number),
            audits=_of(self.audits, number),
        )


def _of(part: Sequence[tuple[int, T]], generation: int) -> tuple[T, ...]:
    return tuple(item for number, item in part if number == generation)


def _found(
    reads: Reads, cls: Callable[..., T], source: str, request_id: UUID, order: str
) -> list[tuple[int, T]]:
    wanted = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    sql = f"SELECT generation AS of_generation, {', '.join(wanted)} FROM {source} ORDER BY of_generation, {order}"  # noqa: S608
    answer = reads.query(sql, {"rid": request_id})
    return [(int(str(row[0])), cls(*row[1:])) for row in answer.rows]
