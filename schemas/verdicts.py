"""What policy and people decided."""

from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from schemas.base import Code, Digest, Model, Moment, Opaque, Slug
from schemas.envelope import Message
from schemas.proposals import Validated
from schemas.topics import Topic


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
    reason: Code = "unstated"
