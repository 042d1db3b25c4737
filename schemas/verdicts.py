"""What policy and people decided."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from schemas.base import Code, Digest, Model, Moment, Opaque, Slug
from schemas.envelope import Message
from schemas.proposals import Validated
from schemas.topics import Topic

OTHER_REASON = "other"

REASONS = (
    "unstated", "checked", "within_goodwill", "not_our_order", "not_our_customer", "not_entitled", "wrong_action",
    "wrong_amount", "wrong_item", "wrong_recipient", "wrong_wording", "already_done", "duplicate_request", "withdrawn",
    "no_evidence", "contradicting_evidence", "suspected_fraud", "suspected_injection", "against_policy", "needs_expert",
    OTHER_REASON,
)  # fmt: skip
"""Why reviewers decide as they do. In words of their own they might name somebody, on their way to the trace store."""


def _listed(reason: str) -> str:
    return reason if reason in REASONS else OTHER_REASON


Reason = Annotated[
    Code,
    AfterValidator(_listed),
    Field(description=f"{', '.join(REASONS)}; any further code is read as {OTHER_REASON}"),
]
"""A reviewer's reason. Whoever decodes it gets one of `REASONS`: what else was written is nowhere but in the record."""


class Ruling(StrEnum):
    """The three things policy can say."""

    ALLOW = "allow"
    REVIEW = "review"
    DENY = "deny"


class Verdict(Model):
    """A recorded policy decision.

    Attributes:
        rules: ids of the policies that determined it.
        policy_version: SHA-256 of the policy set that was evaluated.
        payload_digest: keyed digest of the action, sealed values included; a verdict holds for no other payload.
    """

    ruling: Ruling
    rules: tuple[str, ...]
    policy_version: str
    payload_digest: Digest


class Judged(Validated):
    """Policy has spoken."""

    topic: ClassVar[Topic] = Topic.VERDICTS
    event_type: ClassVar[str] = "sluicegate.judged.v1"

    verdict: Verdict


class ReviewOpened(Judged):
    """A proposal waits for a person; an approval names `review_id` and the verdict's `payload_digest`."""

    topic: ClassVar[Topic] = Topic.REVIEWS
    event_type: ClassVar[str] = "sluicegate.review-opened.v1"

    review_id: UUID
    opened_at: Moment
    expires_at: Moment


class Decision(Message):
    """What a reviewer decided about a review.

    Attributes:
        reviewer_id: as the registry knows the reviewer; roles come from there, never from the message.
        payload_digest: copied from the review that was shown.
    """

    topic: ClassVar[Topic] = Topic.DECISIONS
    event_type: ClassVar[str] = "sluicegate.decision.v1"

    decision_id: UUID
    review_id: UUID
    tenant: Slug
    reviewer_id: Opaque
    decision: Literal["approve", "refuse"]
    payload_digest: Digest
    reason: Reason = "unstated"
