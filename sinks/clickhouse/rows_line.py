"""Rows of the line itself: requests, the work of stages, model calls and the evidence they used."""

import json

from schemas.envelope import Context, Message, ModelCall, Work
from schemas.proposals import Escalated, LookupRequested, Proposed, Validated
from schemas.requests import Admitted, Content, Grounded, Redacted
from sinks.clickhouse.record import Record, Values, head, money
from sinks.clickhouse.tables import CHUNK_USES, MODEL_CALLS, MODEL_PAYLOADS, REQUESTS, STAGE_EVENTS, Row

_RANK = 1 << 62
"""Weight of an admission in a request's version; the remainder counts milliseconds down, so the first publication stays."""


def request_row(record: Record, message: Redacted, *, admitted: bool) -> Row:
    """Return the request; an admitted publication outranks a repeated one, and an earlier one a later."""
    context = message.context
    ver = _RANK * admitted + _RANK - 1 - int(context.received_at.timestamp() * 1000)
    return record.row(
        REQUESTS,
        head(context),
        _asker(context),
        _content(message.content),
        {"admitted": int(admitted)},
        ver=ver,
    )


def _asker(context: Context) -> Values:
    return {
        "source": context.source,
        "source_id": context.source_id,
        "principal_id": context.principal.id,
        "roles": list(context.principal.roles),
        "task": context.task,
        "conversation_id": context.conversation_id,
        "language": context.language or "",
        "deadline": context.deadline,
        "priority": context.priority,
        "max_cost_usd": money(context.budget.max_cost_usd),
        "max_tokens": context.budget.max_tokens,
        "trace_id": context.trace_id,
        "origin_topic": context.origin.topic,
        "origin_partition": context.origin.partition,
        "origin_offset": context.origin.offset,
    }


def _content(content: Content) -> Values:
    return {
        "text": content.text,
        "fields": json.dumps(content.fields, ensure_ascii=False),
        "turns": json.dumps([turn.model_dump() for turn in content.turns], ensure_ascii=False),
        "identifiers": dict(content.identifiers),
        "findings": {finding.entity: finding.count for finding in content.findings},
        "signals": [signal.kind for signal in content.signals],
        "redaction_version": content.redaction_version,
    }


def work_rows(record: Record, context: Context, message: Message, work: Work, stage: str = "") -> list[Row]:
    """Return the stage event that a message is, its model calls and its evidence."""
    name = work.stage or stage
    return [
        _stage_event(record, context, message, work, name),
        *(row for call in work.model_calls for row in _call(record, context, work, name, call)),
        *_chunk_uses(record, context, work, name),
    ]


def _stage_event(record: Record, context: Context, message: Message, work: Work, stage: str) -> Row:
    return record.row(
        STAGE_EVENTS,
        head(context),
        {
            "stage": stage,
            "topic": record.topic,
            "event_type": message.event_type,
            "trace_id": context.trace_id,
            "span_id": record.event_id.hex[:16],
            "started_at": work.started_at or record.at,
            "emitted_at": record.at,
            "wall_us": work.wall_us,
            "cpu_us": work.cpu_us,
            "attempt": work.attempt,
            "model_calls": len(work.model_calls),
            "notes": {note.name: note.value for note in work.notes},
            "facts": facts(message),
        },
    )


def _call(record: Record, context: Context, work: Work, stage: str, call: ModelCall) -> tuple[Row, Row]:
    payload = {"call_id": call.call_id, "prompt": call.prompt, "response": call.response}
    return (
        record.row(MODEL_CALLS, head(context), _measured(record, context, work, stage, call), _charged(call)),
        record.row(MODEL_PAYLOADS, head(context), payload),
    )


def _measured(record: Record, context: Context, work: Work, stage: str, call: ModelCall) -> Values:
    return {
        "task": context.task,
        "stage": stage,
        "call_id": call.call_id,
        "called_at": work.started_at or record.at,
        "tier": call.tier,
        "provider": call.provider,
        "model": call.model,
        "purpose": call.purpose,
        "prompt_version": call.prompt_version,
        "attempt": call.attempt,
        "status": call.status,
        "finish_reason": call.finish_reason,
        "latency_ms": call.latency_ms,
        "temporary_failure": int(call.temporary_failure),
        "prompt_chars": len(call.prompt),
        "response_chars": len(call.response),
    }


def _charged(call: ModelCall) -> Values:
    return {
        "input_tokens": call.input_tokens,
        "cached_tokens": call.cached_tokens,
        "output_tokens": call.output_tokens,
        "reasoning_tokens": call.reasoning_tokens,
        "estimated": int(call.estimated),
        "cost_usd": money(call.cost_usd),
        "price_version": call.price_version,
    }


def _chunk_uses(record: Record, context: Context, work: Work, stage: str) -> list[Row]:
    shared: Values = {"task": context.task, "stage": stage, "used_at": work.started_at or record.at}
    return [
        record.row(
            CHUNK_USES,
            head(context),
            shared,
            {
                "ordinal": ordinal,
                "chunk_id": use.chunk_id,
                "document_id": use.document_id,
                "rank": use.rank,
                "score": use.score,
                "permitted": int(use.permitted),
                "permitted_by": use.permitted_by,
            },
        )
        for ordinal, use in enumerate(work.chunk_uses)
    ]


def facts(message: Message) -> dict[str, str]:
    """Return what an event itself says, as codes and numbers: never a word of the request or of a model."""
    found: dict[str, str] = {}
    if isinstance(message, Proposed | Escalated | LookupRequested | Validated):
        found |= _classified(message)
    if isinstance(message, Proposed):
        found |= {"tier": message.proposal.tier, "chosen_type": message.proposal.chosen_type}
    if isinstance(message, Escalated):
        found |= {"chosen_type": message.chosen_type, "reason": message.reason}
        found |= {"violations": " ".join(f"{each.field}:{each.error}" for each in message.violations)}
    if isinstance(message, LookupRequested):
        found |= {"tool": message.tool}
    if isinstance(message, Grounded):
        found |= _grounded(message)
    if isinstance(message, Admitted):
        found |= {"hold_usd": str(message.hold.cost_usd)}
    return found


def _classified(message: Proposed | Escalated | LookupRequested | Validated) -> dict[str, str]:
    made = message.classification
    found = {"label": made.label, "confidence": f"{made.confidence:.4f}", "classifier": made.model_version}
    repairs = {} if isinstance(message, LookupRequested | Validated) else {"repairs": str(message.repairs)}
    return found | repairs | ({"out_of_scope": "1"} if made.out_of_scope else {})


def _grounded(message: Grounded) -> dict[str, str]:
    evidence = message.evidence
    tools = " ".join(f"{result.tool}:{result.status}" for result in evidence.tool_results)
    found = {"chunks": str(len(evidence.chunks)), "lookup_rounds": str(message.lookup_rounds)}
    return found | ({"tools": tools} if tools else {})
