"""Candidate actions before anything has been verified, and requests for more: a larger model or another lookup."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.actions import Action, Source
from schemas.base import Code, Model
from schemas.envelope import Tier
from schemas.requests import Grounded
from schemas.topics import Topic

MAX_CANDIDATE_CHARACTERS = 20_000


class Classification(Model):
    """What the cheap tier made of the request.

    Attributes:
        confidence: calibrated probability that the label is right.
    """

    label: Code
    confidence: float = Field(ge=0, le=1)
    out_of_scope: bool = False
    model_version: str


class Proposal(Model):
    """A candidate, exactly as untrusted as the request itself.

    Attributes:
        candidate: JSON text that claims to be an action; nobody has parsed it yet.
        chosen_type: the action type that rules or the classifier chose; the candidate may be of no other.
        shown: ids of the passages that the model was shown and may cite; None where no model was asked.
    """

    proposal_id: UUID
    tier: Tier
    candidate: str
    chosen_type: Code
    shown: tuple[str, ...] | None = None


class Lookup(Model):
    """A candidate of another kind: a model asks for a tool's record before it answers."""

    type: Literal["look_up"] = "look_up"
    tool: Code
    arguments: dict[Code, Annotated[str, StringConstraints(max_length=200)]] = Field(max_length=8)


class Violation(Model):
    """Why a candidate was refused, fit to be shown to a model: a type of error and an allow-listed field."""

    error: Code
    field: str = Field(default="", max_length=80)


class Proposed(Grounded):
    """A candidate action was put forward."""

    topic: ClassVar[Topic] = Topic.PROPOSALS
    event_type: ClassVar[str] = "sluicegate.proposed.v1"

    classification: Classification
    proposal: Proposal
    repairs: int = Field(default=0, ge=0)


class Escalated(Grounded):
    """The larger model is asked to fill an action, for the first time or with feedback on its last candidate.

    Attributes:
        reason: why the cheap tier did not decide.
        violations: what was wrong with the last candidate; empty on the first call.
    """

    topic: ClassVar[Topic] = Topic.ESCALATIONS
    event_type: ClassVar[str] = "sluicegate.escalated.v1"

    classification: Classification
    chosen_type: Code
    reason: Code
    repairs: int = Field(default=0, ge=0)
    violations: tuple[Violation, ...] = ()


class LookupRequested(Grounded):
    """More evidence is asked for, by a tool the task allows."""

    topic: ClassVar[Topic] = Topic.LOOKUPS
    event_type: ClassVar[str] = "sluicegate.lookup.v1"

    classification: Classification
    tool: Code
    arguments: dict[str, str] = Field(max_length=8)


class Validated(Grounded):
    """The candidate is an action of the chosen type and rests on the evidence it cites.

    Attributes:
        sources: what of the evidence it cites or uses.
    """

    topic: ClassVar[Topic] = Topic.VALID
    event_type: ClassVar[str] = "sluicegate.validated.v1"

    classification: Classification
    proposal_id: UUID
    tier: Tier
    action: Action
    sources: tuple[Source, ...] = ()
