"""Typed messages to the wire: keys, deterministic ids, CloudEvents and trace headers, dead-letter headers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.base import derive_id
from schemas.cloudevents import headers
from schemas.codec import encode
from schemas.endings import Control, DeadLettered, OutcomeReported, PolicyPublished, StatusChanged
from schemas.envelope import Context, Message
from schemas.knowledge import Document
from schemas.topics import TRAITS, Key, Topic
from schemas.wire import Headers, Inbound, Outbound

MAX_VALUE_BYTES = 900_000

_FROM_OUTSIDE = frozenset({Topic.REQUESTS, Topic.DECISIONS})

CONNECT = "__connect.errors."
OURS = "sluicegate-"


@dataclass(frozen=True, slots=True)
class Cause:
    """The record that led to what a stage writes.

    Attributes:
        event_id: its CloudEvents id; for a publisher's record an id derived from its coordinates, so that a
            redelivery has the same and another record, even with the same body, has not.
    """

    event_id: UUID
    partition: int
    at: datetime

    @classmethod
    def of(cls, inbound: Inbound) -> "Cause":
        return cls(_event_id(inbound), inbound.partition, inbound.timestamp)


def outbound(
    message: Message, stage: str, cause: Cause, ordinal: int, *, co_partitioned: Iterable[Topic] = ()
) -> Outbound:
    """Return a message as a record, with an id that only depends on cause, stage, ordinal and generation.

    Args:
        co_partitioned: topics that keep the partition of the cause, because their writer reads them back by it.
    """
    context: Context | None = getattr(message, "context", None)
    generation = context.generation if context else 0
    event_id = derive_id(cause.event_id, stage, ordinal, generation)
    trace = context.trace_id if context else event_id.hex
    subject = str(context.request_id) if context else ""
    extra = dead_letter_headers(message) if isinstance(message, DeadLettered) else ()
    return Outbound(
        topic=message.topic,
        key=key_of(message),
        value=_value(message),
        headers=headers(message, event_id, cause.at, trace, subject) + extra,
        partition=cause.partition if message.topic in co_partitioned else None,
    )


def key_of(message: Message) -> bytes:
    """Return a message's key, as its topic's traits say."""
    context: Context | None = getattr(message, "context", None)
    if TRAITS[message.topic].key is Key.CONVERSATION and context is not None:
        return context.conversation_key
    return _subject(message, context).encode()


def _subject(message: Message, context: Context | None) -> str:
    match message:
        case StatusChanged():
            return message.source
        case OutcomeReported():
            return str(message.action_id)
        case Document():
            return f"{message.tenant}/{message.document_id}"
        case Control():
            return f"{message.tenant or '*'}/{message.action_type}"
        case PolicyPublished():
            return f"{message.tenant or '*'}/{message.task}"
    return context.tenant if context is not None else str(getattr(message, "tenant", None) or "unknown")


def dead_letter_headers(letter: DeadLettered) -> Headers:
    """Return Kafka Connect's error headers, which most tools know, and ours. None carries a value from a request."""
    connect = {
        "topic": letter.source.topic,
        "partition": str(letter.source.partition),
        "offset": str(letter.source.offset),
        "connector.name": "sluicegate",
        "task.id": "0",
        "stage": letter.stage,
        "exception.class.name": letter.error_class,
        "exception.message": letter.detail or letter.reason,
    }
    ours = {
        "reason": letter.reason,
        "attempts": str(letter.attempts),
        "retryable": str(letter.retryable).lower(),
        "policy-version": letter.policy_version,
    }
    named = {CONNECT + name: value for name, value in connect.items()} | {
        OURS + name: value for name, value in ours.items()
    }
    return tuple((name, value.encode()) for name, value in named.items())


def _value(message: Message) -> bytes:
    """Return a message's JSON; a dead letter too large to send becomes a pointer."""
    value = encode(message)
    if len(value) > MAX_VALUE_BYTES and isinstance(message, DeadLettered):
        return encode(message.model_copy(update={"body": None}))
    return value


def _event_id(inbound: Inbound) -> UUID:
    raw = inbound.header("ce_id") if inbound.topic not in _FROM_OUTSIDE else None
    try:
        return (
            UUID(raw.decode())
            if raw
            else derive_id("record", inbound.topic, inbound.partition, inbound.offset)
        )
    except ValueError:
        return derive_id("record", inbound.topic, inbound.partition, inbound.offset)
