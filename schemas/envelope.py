"""What every event carries besides its own meaning: whose request it is, what was spent, what the last stage did."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from schemas.base import Code, LanguageTag, Model, Moment, Opaque, Slug, SourceName, derive_id
from schemas.topics import Topic
from schemas.wire import Inbound

Usd = Decimal
Priority = Literal["low", "normal", "high"]


class Message(Model):
    """Base of everything that is a topic's value.

    Class attributes:
        topic: the topic whose records have this shape.
        event_type: CloudEvents `type`.
    """

    topic: ClassVar[Topic]
    event_type: ClassVar[str]


class Principal(Model):
    """Who asks. Roles are asserted by the source and bounded by the registry; policy turns them into permissions."""

    id: Opaque
    roles: tuple[Slug, ...] = Field(default=(), max_length=16)


class Budget(Model):
    """The most a request may spend on models."""

    max_cost_usd: Usd = Field(ge=0, le=100, max_digits=12, decimal_places=6)
    max_tokens: int = Field(ge=0, le=1_000_000)


class Origin(Model):
    """Where in the broker a record stands."""

    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)

    @classmethod
    def of(cls, inbound: Inbound) -> "Origin":
        """Return where a record was read from."""
        return cls(topic=inbound.topic, partition=inbound.partition, offset=inbound.offset)


class Context(Model):
    """Whose request this is; the same in all events of a request's generation.

    Attributes:
        request_id: derived from source and publisher's id, so that a repeated publication has the same.
        generation: 0 for the first run, raised by every deliberate replay.
        received_at: append time of the request, the event time of all that follows.
        deadline: when an answer stops being of use.
        origin: the record in `requests`.
        trace_id: W3C trace id, 32 hexadecimal digits.
    """

    request_id: UUID
    source: SourceName
    source_id: Opaque
    generation: int = Field(default=0, ge=0)
    tenant: Slug
    principal: Principal
    task: Slug
    conversation_id: Opaque
    language: LanguageTag | None = None
    received_at: Moment
    deadline: Moment
    priority: Priority = "normal"
    budget: Budget
    origin: Origin
    trace_id: str = Field(pattern=r"^[0-9a-f]{32}$")

    @property
    def action_id(self) -> UUID:
        """Id of the request's action; equal in every generation (invariant 4)."""
        return derive_id(self.request_id, "action", 0)

    @property
    def day(self) -> str:
        """The day (UTC, YYYY-MM-DD) on whose budget the request is booked."""
        return self.received_at.date().isoformat()

    @property
    def conversation_key(self) -> bytes:
        """Key of topics ordered by conversation."""
        return f"{self.tenant}/{self.conversation_id}".encode()


def request_id(source: str, tenant: str, source_id: str) -> UUID:
    """Return the id of a request, the same for every publication of it; no two tenants share one."""
    return derive_id("request", source, tenant, source_id)


class Tier(StrEnum):
    """Who produced a proposal, cheapest first."""

    RULES = "rules"
    CHEAP = "cheap"
    LARGE = "large"


class ModelCall(Model):
    """One attempt at one model.

    Attributes:
        purpose: why it was called: `classify`, `draft` or `repair`.
        status: `ok`, or a stable code for what went wrong.
        estimated: the tokens were counted here because the provider reported none.
        prompt, response: redacted text as sent and received.
        temporary_failure: whether the same call may be tried again.
    """

    call_id: UUID
    tier: Tier
    provider: str
    model: str
    purpose: Code
    prompt_version: str
    attempt: int = Field(ge=1)
    status: Code
    finish_reason: str = ""
    input_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    reasoning_tokens: int = Field(default=0, ge=0)
    estimated: bool = False
    cost_usd: Usd = Decimal(0)
    price_version: str = ""
    latency_ms: int = Field(default=0, ge=0)
    prompt: str = ""
    response: str = ""
    temporary_failure: bool = False


class Usage(Model):
    """What a request's generation has spent so far."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Usd = Decimal(0)

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def plus(self, calls: tuple[ModelCall, ...]) -> "Usage":
        """Return the sum with these calls, failed ones included."""
        return Usage(
            calls=self.calls + len(calls),
            input_tokens=self.input_tokens + sum(call.input_tokens for call in calls),
            output_tokens=self.output_tokens + sum(call.output_tokens for call in calls),
            cost_usd=self.cost_usd + sum((call.cost_usd for call in calls), Decimal(0)),
        )


class ChunkUse(Model):
    """A piece of evidence a stage considered, and why it was or was not allowed.

    Attributes:
        rank: place in the result, 1 is best; 0 for what was not used.
        score: by which it was ranked, after fusion.
        permitted_by: the entry of the access list that let the requester read it, or the reason it did not.
        access_version: of the access list that decided.
        lexical_score: of its words (BM25); 0 where it was not found by them.
        semantic_score: of its meaning (cosine); 0 where it was not found by it.
        age_days: since the document became valid, or was published.
    """

    chunk_id: str
    document_id: str
    rank: int = Field(ge=0)
    score: float
    permitted: bool
    permitted_by: str
    access_version: str = Field(default="", max_length=64)
    lexical_score: float = 0.0
    semantic_score: float = 0.0
    age_days: float = Field(default=0.0, ge=0)


class Note(Model):
    """A fact about a stage's decision: both sides are codes or numbers, never text from a request."""

    name: Code
    value: str = Field(max_length=200)


class Work(Model):
    """What the stage that emitted an event did to get there. Times are filled in by the runtime.

    Attributes:
        wall_us, cpu_us: microseconds of wall-clock and of processor time.
    """

    stage: str = ""
    started_at: Moment | None = None
    wall_us: int = Field(default=0, ge=0)
    cpu_us: int = Field(default=0, ge=0)
    attempt: int = Field(default=1, ge=1)
    model_calls: tuple[ModelCall, ...] = ()
    chunk_uses: tuple[ChunkUse, ...] = ()
    notes: tuple[Note, ...] = ()


class Event(Message):
    """A message that belongs to one request's way down the line."""

    context: Context
    usage: Usage = Usage()
    work: Work = Work()


E = TypeVar("E", bound=Event)

_OF_ONE_STAGE = frozenset({"work"})


def advance(to: type[E], event: Event, **changes: object) -> E:
    """Return the next event of a request: what both classes have is carried over, `changes` are added.

    What a stage did (`work`) is not carried: it belongs to the event that the stage emitted.
    """
    shared = (type(event).model_fields.keys() & to.model_fields.keys()) - _OF_ONE_STAGE - changes.keys()
    return to.model_validate({**{name: getattr(event, name) for name in shared}, **changes})
