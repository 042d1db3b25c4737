"""Settle: the only writer of actions and reviews, and the place where every verdict becomes exactly one ending."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from processors.policy.facts import facts
from processors.policy.schema import REVIEW_PERMISSION
from processors.redact.restoring import restore
from processors.signing import signed
from schemas.base import derive_id
from schemas.endings import (
    ActionPublished,
    Approval,
    Audited,
    DeadLettered,
    State,
    StatusChanged,
    redacted_body,
)
from schemas.envelope import Context, Message, Origin, Principal, advance
from schemas.errors import Unprocessable
from schemas.ports import PolicyEngine, Signer, Vault
from schemas.tasks import Registry, TaskSpec
from schemas.verdicts import Decision, Judged, ReviewOpened, Ruling

STAGE = "settle"

_STRICTNESS = (Ruling.ALLOW, Ruling.REVIEW, Ruling.DENY)

Ending = ActionPublished | ReviewOpened | DeadLettered


@dataclass
class Docket:
    """What a partition's endings say: which requests have ended, which actions exist, which reviews wait."""

    ended: set[tuple[UUID, int]] = field(default_factory=set)
    published: set[UUID] = field(default_factory=set)
    waiting: dict[UUID, ReviewOpened] = field(default_factory=dict)
    closed: dict[UUID, Context] = field(default_factory=dict)

    def add(self, event: Message) -> None:
        """Take one of settle's own endings into account; the order of topics does not matter."""
        if isinstance(event, ActionPublished):
            self._end(event.context)
            self.published.add(event.id)
            self._close(event.approval.review_id if event.approval else None, event.context)
        elif isinstance(event, ReviewOpened):
            self._end(event.context)
            if event.review_id not in self.closed:
                self.waiting[event.review_id] = event
        elif isinstance(event, DeadLettered) and event.stage == STAGE and event.context is not None:
            self._end(event.context)
            self._close(event.review_id, event.context)

    def has_ended(self, context: Context) -> bool:
        """Whether this generation of the request has its ending."""
        return (context.request_id, context.generation) in self.ended

    def _end(self, context: Context) -> None:
        self.ended.add((context.request_id, context.generation))

    def _close(self, review_id: UUID | None, context: Context) -> None:
        if review_id is not None:
            self.closed[review_id] = context
            self.waiting.pop(review_id, None)


@dataclass(frozen=True)
class Settle:
    """Publishes what was allowed, opens reviews, applies decisions bound to the payload shown, expires what waited.

    Its caller adds whatever it writes to the docket, so that a request's generation has one ending and an action id
    one message, whatever is redelivered.
    """

    tasks: Mapping[str, TaskSpec]
    registry: Registry
    policy: PolicyEngine
    vault: Vault
    signer: Signer

    def build(self, events: Iterable[Ending]) -> Docket:
        """Fold what was emitted before."""
        docket = Docket()
        for event in events:
            docket.add(event)
        return docket

    def __call__(
        self, event: Judged | Decision, docket: Docket, origin: Origin, at: datetime
    ) -> Iterable[Ending | Audited | StatusChanged]:
        """Return the messages that settle this verdict or decision.

        Args:
            event: a verdict, or a reviewer's decision.
            docket: the partition's state.
            origin: the record that `event` was read from.
            at: that record's broker timestamp.
        """
        if isinstance(event, Decision):
            return _with_status(self._decide(event, docket, origin, at))
        return _with_status(self._rule(event, docket, origin, at))

    def expire(self, docket: Docket, now: datetime) -> Iterator[Ending | Audited | StatusChanged]:
        """Yield the endings of reviews that waited too long.

        Args:
            docket: the partition's state.
            now: a moment up to which all decisions have been read, so that none in time is missed.
        """
        due = [review for review in docket.waiting.values() if review.expires_at < now]
        for review in due:
            yield from _with_status(
                _dead_letter(review, "review_expired", review.context.origin, now, retryable=True)
            )

    def _rule(self, event: Judged, docket: Docket, origin: Origin, at: datetime) -> Ending | Audited:
        context = event.context
        if docket.has_ended(context):
            return _audit(event, "repeated_verdict", origin)
        if context.action_id in docket.published:
            return _dead_letter(event, "action_already_published", origin, at)
        ruling = self._strictest(event)
        if ruling is Ruling.ALLOW:
            return self._publish(event, None)
        if ruling is Ruling.REVIEW:
            return self._open(event, at)
        return _dead_letter(event, "policy_denied", origin, at)

    def _strictest(self, event: Judged) -> Ruling:
        """Return the stricter of the recorded ruling and this stage's own: what is read from a topic is no permission.

        Limits an hour are enforce's to count; for all else the same policy is asked again.
        """
        digest = event.verdict.payload_digest
        own = self.policy.judge(event.context, event.action, facts(event, 0), digest).ruling
        return max(event.verdict.ruling, own, key=_STRICTNESS.index)

    def _publish(self, event: Judged, approval: Approval | None) -> ActionPublished:
        digest = self.vault.digest(event.context, event.action, event.vault)
        if digest != event.verdict.payload_digest:
            raise Unprocessable("payload_changed", "the action is not the one that was judged")
        restored = restore(self.vault, event.context, event.vault, event.action)
        published = advance(
            ActionPublished,
            event,
            id=event.context.action_id,
            action=restored,
            twin=event.action,
            rules=event.verdict.rules,
            policy_version=event.verdict.policy_version,
            payload_digest=digest,
            approval=approval,
        )
        return signed(published, self.signer)

    def _open(self, event: Judged, at: datetime) -> ReviewOpened:
        wait = timedelta(seconds=self.tasks[event.context.task].review_seconds)
        review_id = derive_id(
            event.context.action_id, "review", event.verdict.payload_digest, event.context.generation
        )
        return advance(ReviewOpened, event, review_id=review_id, opened_at=at, expires_at=at + wait)

    def _decide(self, decision: Decision, docket: Docket, origin: Origin, at: datetime) -> Ending | Audited:
        review = docket.waiting.get(decision.review_id)
        if review is None:
            return _stray(docket.closed.get(decision.review_id), origin, at)
        refusal = self._refusal(decision, review, at)
        if refusal:
            return _audit(review, refusal, origin)
        if decision.decision == "refuse":
            return _dead_letter(review, "review_refused", origin, at)
        if review.context.action_id in docket.published:  # by another generation, while this review waited
            return _dead_letter(review, "action_already_published", origin, at)
        return self._confirm(review, _approval(decision, at), origin)

    def _refusal(self, decision: Decision, review: ReviewOpened, at: datetime) -> str:
        grant = self.registry.reviewer(decision.reviewer_id)
        context = review.context
        if grant is None or decision.tenant != context.tenant or context.tenant not in grant.tenants:
            return "decision_by_unknown_reviewer"
        reviewer = Principal(id=grant.id, roles=grant.roles)
        if not self.policy.permits(context.tenant, context.task, reviewer, REVIEW_PERMISSION):
            return "decision_without_permission"
        if grant.id == context.principal.id:
            return "decision_by_requester"
        if decision.payload_digest != review.verdict.payload_digest:
            return "decision_on_other_payload"
        return "decision_too_late" if at > review.expires_at else ""

    def _confirm(self, review: ReviewOpened, approval: Approval, origin: Origin) -> Ending:
        """Publish if the policy in force now still allows the action once reviewed; its version goes on the action.

        What can never be published ends with its review, at once.
        """
        digest = review.verdict.payload_digest
        verdict = self.policy.judge(review.context, review.action, facts(review, 0), digest)
        if verdict.ruling is Ruling.DENY:
            return _dead_letter(review, "policy_denied_at_approval", origin, approval.decided_at)
        try:
            return self._publish(review.model_copy(update={"verdict": verdict}), approval)
        except Unprocessable as error:  # for good: its values were erased, or it is not what was shown
            reason, detail = error.reason, error.detail
        return _dead_letter(review, reason, origin, approval.decided_at, detail=detail)


def _approval(decision: Decision, at: datetime) -> Approval:
    return Approval(
        review_id=decision.review_id,
        decision_id=decision.decision_id,
        reviewer_id=decision.reviewer_id,
        payload_digest=decision.payload_digest,
        decided_at=at,
    )


def _dead_letter(
    event: Judged, reason: str, origin: Origin, at: datetime, *, retryable: bool = False, detail: str = ""
) -> DeadLettered:
    return DeadLettered(
        context=event.context,
        usage=event.usage,
        stage=STAGE,
        reason=reason,
        detail=detail,
        retryable=retryable,
        source=origin,
        failed_at=at,
        policy_version=event.verdict.policy_version,
        rules=event.verdict.rules,
        review_id=event.review_id if isinstance(event, ReviewOpened) else None,
        body=redacted_body(event),
    )


def _stray(settled: Context | None, origin: Origin, at: datetime) -> DeadLettered | Audited:
    """Return what becomes of a decision that no waiting review belongs to."""
    if settled is None:
        return DeadLettered(stage=STAGE, reason="decision_on_unknown_review", source=origin, failed_at=at)
    return Audited(context=settled, stage=STAGE, kind="decision_on_settled_review", source=origin)


def _audit(event: Judged, kind: str, origin: Origin) -> Audited:
    return Audited(context=event.context, stage=STAGE, kind=kind, source=origin)


def _with_status(ending: Ending | Audited) -> Iterator[Ending | Audited | StatusChanged]:
    yield ending
    if isinstance(ending, Audited) or ending.context is None:
        return
    if isinstance(ending, DeadLettered):
        yield StatusChanged.of(ending.context, State.REJECTED, ending.reason)
    else:
        state = State.ACTED if isinstance(ending, ActionPublished) else State.IN_REVIEW
        yield StatusChanged.of(ending.context, state, "policy", ending.action.type)
