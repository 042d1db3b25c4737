"""Rows of what policy and people decided, and of published actions: always the redacted twin, never the action."""

from schemas.actions import Action
from schemas.endings import ActionPublished
from schemas.verdicts import Decision, Judged, ReviewOpened
from sinks.clickhouse.record import NO_ID, Record, Values, head, spent
from sinks.clickhouse.tables import ACTIONS, DECISIONS, REVIEWS, VERDICTS, Row


def verdict_row(record: Record, message: Judged) -> Row:
    verdict = message.verdict
    return record.row(
        VERDICTS,
        head(message.context),
        {
            "task": message.context.task,
            "judged_at": record.at,
            "proposal_id": message.proposal_id,
            "tier": message.tier,
            "risk": message.action.risk,
            "label": message.classification.label,
            "confidence": message.classification.confidence,
            "ruling": verdict.ruling,
            "rules": list(verdict.rules),
            "policy_version": verdict.policy_version,
            "payload_digest": verdict.payload_digest,
        },
        _redacted(message.action),
    )


def review_row(record: Record, message: ReviewOpened) -> Row:
    return record.row(
        REVIEWS,
        head(message.context),
        {
            "task": message.context.task,
            "review_id": message.review_id,
            "tier": message.tier,
            "rules": list(message.verdict.rules),
            "policy_version": message.verdict.policy_version,
            "payload_digest": message.verdict.payload_digest,
            "opened_at": message.opened_at,
            "expires_at": message.expires_at,
        },
        _redacted(message.action),
    )


def decision_row(record: Record, message: Decision) -> Row:
    return record.row(
        DECISIONS,
        {
            "tenant": message.tenant,
            "decided_at": record.at,
            "review_id": message.review_id,
            "decision_id": message.decision_id,
            "reviewer_id": message.reviewer_id,
            "decision": message.decision,
            "payload_digest": message.payload_digest,
            "reason": message.reason,
        },
    )


def action_row(record: Record, message: ActionPublished) -> Row:
    """Return the action with placeholders; the restored one is in nobody's store."""
    return record.row(
        ACTIONS,
        head(message.context),
        {
            "task": message.context.task,
            "action_id": message.id,
            "published_at": record.at,
            "risk": message.twin.risk,
            "tier": message.tier,
            "rules": list(message.rules),
            "policy_version": message.policy_version,
            "payload_digest": message.payload_digest,
            "key_id": message.signature.key_id if message.signature else "",
            "evidence_chunks": [chunk.chunk_id for chunk in message.evidence.chunks],
        },
        _approval(message),
        _redacted(message.twin),
        spent(message.usage),
    )


def _approval(message: ActionPublished) -> Values:
    given = message.approval
    return {
        "review_id": given.review_id if given else NO_ID,
        "decision_id": given.decision_id if given else NO_ID,
        "approved_by": given.reviewer_id if given else "",
    }


def _redacted(action: Action) -> Values:
    return {"action_type": action.type, "action": action.model_dump_json()}
