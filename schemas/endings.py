"""How requests end, what they cost, and what came of it."""

from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from schemas.actions import Action, Source
from schemas.base import Code, Digest, Model, Moment, Opaque, Slug, SourceName
from schemas.envelope import Context, Event, Message, Origin, Tier, Usage, Usd, Work
from schemas.knowledge import Evidence
from schemas.topics import Topic


class Approval(Model):
    """Who confirmed an action, for which payload."""

    review_id: UUID
    decision_id: UUID
    reviewer_id: Opaque
    payload_digest: Digest
    decided_at: Moment


class Signature(Model):
    """Ed25519 (RFC 8032) over the message's canonical JSON (sorted keys, no spaces, UTF-8) with this field null and an empty `work`."""

    key_id: str
    value: str = Field(description="base64")


class ActionPublished(Event):
    """A verified action, to be executed once by its id.

    Attributes:
        action: what to do; declared fields carry restored personal data.
        twin: the same with placeholders, for the record.
        sources: exactly the passages it cites and the tools' records it uses, of all that is in `evidence`.
        rules, policy_version: which policy allowed it.
        signature: absent only before signing.
    """

    topic: ClassVar[Topic] = Topic.ACTIONS
    event_type: ClassVar[str] = "sluicegate.action.v1"

    id: UUID
    action: Action
    twin: Action
    tier: Tier
    evidence: Evidence
    sources: tuple[Source, ...] = ()
    rules: tuple[str, ...]
    policy_version: str
    payload_digest: Digest
    approval: Approval | None = None
    signature: Signature | None = None


class DeadLettered(Message):
    """A request ended without an action.

    Attributes:
        context: whose request it was, if that could be read.
        source: the record that could not be processed; before redaction this pointer is all there is.
        body: the redacted event, or None before redaction and where it would be too large.
        retryable: whether a replay could end otherwise.
        review_id: the review that this ending closed.
    """

    topic: ClassVar[Topic] = Topic.DEAD_LETTERS
    event_type: ClassVar[str] = "sluicegate.dead-letter.v1"

    context: Context | None = None
    usage: Usage = Usage()
    work: Work = Work()
    stage: Code
    reason: Code
    detail: str = Field(default="", max_length=300)
    error_class: str = Field(default="", max_length=100)
    retryable: bool = False
    attempts: int = Field(default=1, ge=1)
    source: Origin
    failed_at: Moment
    policy_version: str = ""
    rules: tuple[str, ...] = ()
    review_id: UUID | None = None
    body: dict[str, JsonValue] | None = None


def redacted_body(event: Event) -> dict[str, JsonValue]:
    """Return what a dead letter keeps of an event after redaction; sealed originals are not part of it."""
    return event.model_dump(mode="json", exclude={"context", "usage", "work", "vault"})


class Rejected(Model):
    """What a stage returns to end a request; the runtime adds where and when, and writes a `DeadLettered`.

    Attributes:
        retryable: whether a replay could end otherwise (a budget, a deadline).
    """

    topic: ClassVar[Topic] = Topic.DEAD_LETTERS

    reason: Code
    detail: str = Field(default="", max_length=300)
    retryable: bool = False
    rules: tuple[str, ...] = ()
    policy_version: str = ""


class Audited(Message):
    """Something a stage did not forward and that ends no request."""

    topic: ClassVar[Topic] = Topic.AUDIT
    event_type: ClassVar[str] = "sluicegate.audit.v1"

    context: Context
    work: Work = Work()
    stage: Code
    kind: Code
    source: Origin
    detail: str = Field(default="", max_length=300)


class Reserved(Event):
    """Budget was set aside, before any model call."""

    topic: ClassVar[Topic] = Topic.RESERVATIONS
    event_type: ClassVar[str] = "sluicegate.reserved.v1"

    reservation_id: UUID
    cost_usd: Usd
    tokens: int = Field(ge=0)
    day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    expires_at: Moment


class Settled(Event):
    """A reservation was replaced by what was really spent."""

    topic: ClassVar[Topic] = Topic.SETTLEMENTS
    event_type: ClassVar[str] = "sluicegate.settled.v1"

    reservation_id: UUID
    cost_usd: Usd
    tokens: int = Field(ge=0)
    day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class State(StrEnum):
    """What a publisher learns of its request."""

    ACTED = "acted"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class StatusChanged(Message):
    """The fate of a request, for its publisher only."""

    topic: ClassVar[Topic] = Topic.STATUSES
    event_type: ClassVar[str] = "sluicegate.status.v1"

    source: SourceName
    source_id: Opaque
    request_id: UUID
    generation: int = Field(ge=0)
    tenant: Slug
    state: State
    reason: Code
    action_id: UUID | None = None
    action_type: Code | None = None

    @classmethod
    def of(
        cls, context: Context, state: State, reason: str, action_type: str | None = None
    ) -> "StatusChanged":
        """Return what the publisher of this request learns."""
        return cls(
            source=context.source,
            source_id=context.source_id,
            request_id=context.request_id,
            generation=context.generation,
            tenant=context.tenant,
            state=state,
            reason=reason,
            action_id=context.action_id if state is State.ACTED else None,
            action_type=action_type,
        )


class OutcomeReported(Message):
    """What came of an action, as the system that executed it saw it."""

    topic: ClassVar[Topic] = Topic.OUTCOMES
    event_type: ClassVar[str] = "sluicegate.outcome.v1"

    action_id: UUID
    tenant: Slug
    system: SourceName
    outcome: Literal["accepted", "edited", "undone", "resolved", "handed_to_human", "rated"]
    at: Moment
    satisfaction: int | None = Field(default=None, ge=1, le=5)


class Control(Message):
    """An operator's command to the stages: a kill switch for one action type."""

    topic: ClassVar[Topic] = Topic.CONTROL
    event_type: ClassVar[str] = "sluicegate.control.v1"

    action_type: Code
    tenant: Slug | None = None
    engaged: bool
    by: Opaque


class PolicyPublished(Message):
    """A policy set put in force for a tenant's task."""

    topic: ClassVar[Topic] = Topic.POLICIES
    event_type: ClassVar[str] = "sluicegate.policy.v1"

    tenant: Slug | None = None
    task: Slug
    version: Digest
    cedar: str = Field(max_length=500_000)
