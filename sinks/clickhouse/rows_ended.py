"""Rows of endings other than actions, of money, and of what came of actions."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from schemas.base import derive_id
from schemas.endings import Audited, DeadLettered, OutcomeReported, Reserved, Settled, StatusChanged
from schemas.envelope import Origin
from sinks.clickhouse.record import NO_ID, Record, Values, day, head, money, spent
from sinks.clickhouse.tables import AUDITS, DEAD_LETTERS, OUTCOMES, RESERVATIONS, SETTLEMENTS, STATUSES, Row


def dead_letter_row(record: Record, message: DeadLettered) -> Row:
    return record.row(
        DEAD_LETTERS,
        _whose(record, message),
        {
            "stage": message.stage,
            "reason": message.reason,
            "detail": message.detail,
            "error_class": message.error_class,
            "retryable": int(message.retryable),
            "attempts": message.attempts,
            "failed_at": message.failed_at,
            "policy_version": message.policy_version,
            "rules": list(message.rules),
            "review_id": message.review_id or NO_ID,
            "body": json.dumps(_without_secrets(message.body), ensure_ascii=False) if message.body else "",
        },
        _source(message.source),
        spent(message.usage),
    )


def unread_request_id(source: Origin, at: datetime) -> UUID:
    """Return the id under which a request that could not be read is counted: its place and append time in the broker.

    The time tells apart what a broker that keeps its data in memory calls by the same offset after a restart.
    """
    return derive_id("unread", source.topic, source.partition, source.offset, at.isoformat())


def _whose(record: Record, message: DeadLettered) -> Values:
    context = message.context
    if context is not None:
        known = {"known": 1, "source": context.source, "source_id": context.source_id, "task": context.task}
        return head(context) | known
    request_id = unread_request_id(message.source, record.caused_at)
    nobody: Values = {
        "tenant": "",
        "received_at": record.caused_at,
        "request_id": request_id,
        "generation": 0,
    }
    return nobody | {"known": 0, "source": "", "source_id": "", "task": ""}


def _without_secrets(body: JsonValue) -> JsonValue:
    """Drop sealed originals and restored actions wherever they stand: the store keeps neither, encrypted or not."""
    if isinstance(body, list):
        return [_without_secrets(item) for item in body]
    if not isinstance(body, Mapping):
        return body
    dropped = {"vault", "action"} if "twin" in body else {"vault"}
    return {name: _without_secrets(value) for name, value in body.items() if name not in dropped}


def _source(source: Origin) -> Values:
    return {
        "source_topic": source.topic,
        "source_partition": source.partition,
        "source_offset": source.offset,
    }


def audit_row(record: Record, message: Audited) -> Row:
    context = message.context
    return record.row(
        AUDITS,
        head(context),
        {
            "task": context.task,
            "source": context.source,
            "source_id": context.source_id,
            "stage": message.stage,
            "kind": message.kind,
            "detail": message.detail,
            "audited_at": record.at,
        },
        _source(message.source),
    )


def reservation_row(record: Record, message: Reserved) -> Row:
    return record.row(
        RESERVATIONS, head(message.context), _booked(message), {"expires_at": message.expires_at}
    )


def settlement_row(record: Record, message: Settled) -> Row:
    return record.row(SETTLEMENTS, head(message.context), _booked(message))


def _booked(message: Reserved | Settled) -> Values:
    return {
        "reservation_id": message.reservation_id,
        "cost_usd": money(message.cost_usd),
        "tokens": message.tokens,
        "day": day(message.day),
    }


def status_row(record: Record, message: StatusChanged) -> Row:
    return record.row(
        STATUSES,
        {
            "tenant": message.tenant,
            "changed_at": record.at,
            "request_id": message.request_id,
            "generation": message.generation,
            "source": message.source,
            "source_id": message.source_id,
            "state": message.state,
            "reason": message.reason,
            "action_id": message.action_id or NO_ID,
            "action_type": message.action_type or "",
        },
    )


def outcome_row(record: Record, message: OutcomeReported) -> Row:
    return record.row(
        OUTCOMES,
        {
            "tenant": message.tenant,
            "action_id": message.action_id,
            "system": message.system,
            "outcome": message.outcome,
            "at": message.at,
            "satisfaction": message.satisfaction or 0,
            "reported_at": record.at,
        },
    )
