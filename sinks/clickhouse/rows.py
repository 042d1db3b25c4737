"""From a decoded message and its place in the broker to rows: pure, and complete over every topic but `requests`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar, cast

from schemas.endings import (
    ActionPublished,
    Audited,
    Control,
    DeadLettered,
    OutcomeReported,
    PolicyPublished,
    Reserved,
    Settled,
    StatusChanged,
)
from schemas.envelope import Event, Message
from schemas.knowledge import Document
from schemas.proposals import Escalated, LookupRequested, Proposed, Validated
from schemas.requests import Admitted, Grounded, Redacted
from schemas.topics import Topic
from schemas.verdicts import Decision, Judged, ReviewOpened
from schemas.wire import Inbound
from sinks.clickhouse.record import Place, Record
from sinks.clickhouse.rows_decided import action_row, decision_row, review_row, verdict_row
from sinks.clickhouse.rows_ended import (
    audit_row,
    dead_letter_row,
    outcome_row,
    reservation_row,
    settlement_row,
    status_row,
)
from sinks.clickhouse.rows_line import request_row, work_rows
from sinks.clickhouse.rows_reference import control_row, document_row, policy_row
from sinks.clickhouse.tables import POISON, Row

__all__ = ["RECORDED", "Row", "map_message", "map_poison"]

M = TypeVar("M", bound=Message)
E = TypeVar("E", bound=Event)
Mapper = Callable[[Record, Message], list[Row]]


def map_message(inbound: Inbound, message: Message) -> list[Row]:
    """Return the rows of one message, the same for every delivery of the same record.

    Raises:
        KeyError: the class is not recorded (`Request`, which may hold personal data, never is).
    """
    return _MAPPERS[type(message)](Record.of(inbound), message)


def map_poison(place: Place, error: str, into: str = "") -> Row:
    """Return the row of a record that could not be decoded, or whose row could not be stored `into` a table.

    Args:
        error: a stable code; nothing of the record's key, value or headers is kept.
    """
    found = {"src_topic": place.topic, "src_partition": place.partition, "src_offset": place.offset}
    return POISON.row(found | {"at": place.at, "into": into, "error": error, "ver": place.offset})


def _only(row: Callable[[Record, M], Row]) -> Mapper:
    return lambda record, message: [row(record, cast("M", message))]


def _worked(row: Callable[[Record, E], Row] | None = None) -> Mapper:
    def rows(record: Record, message: Message) -> list[Row]:
        event = cast("E", message)
        own = [] if row is None else [row(record, event)]
        return own + work_rows(record, event.context, event, event.work)

    return rows


def _redacted(record: Record, message: Redacted) -> Row:
    return request_row(record, message, admitted=False)


def _admitted(record: Record, message: Admitted) -> Row:
    return request_row(record, message, admitted=True)


def _dead_letter(record: Record, message: Message) -> list[Row]:
    letter = cast("DeadLettered", message)
    own = [dead_letter_row(record, letter)]
    if letter.context is None:
        return own
    return own + work_rows(record, letter.context, letter, letter.work, letter.stage)


def _audit(record: Record, message: Message) -> list[Row]:
    audited = cast("Audited", message)
    return [
        audit_row(record, audited),
        *work_rows(record, audited.context, audited, audited.work, audited.stage),
    ]


_MAPPERS: dict[type[Message], Mapper] = {
    Redacted: _worked(_redacted),
    Admitted: _worked(_admitted),
    Grounded: _worked(),
    Proposed: _worked(),
    Escalated: _worked(),
    LookupRequested: _worked(),
    Validated: _worked(),
    Judged: _worked(verdict_row),
    ReviewOpened: _worked(review_row),
    Decision: _only(decision_row),
    ActionPublished: _worked(action_row),
    DeadLettered: _dead_letter,
    Audited: _audit,
    Reserved: _worked(reservation_row),
    Settled: _worked(settlement_row),
    StatusChanged: _only(status_row),
    OutcomeReported: _only(outcome_row),
    Document: _only(document_row),
    Control: _only(control_row),
    PolicyPublished: _only(policy_row),
}

RECORDED: Mapping[str, type[Message]] = MappingProxyType({Topic(each.topic).value: each for each in _MAPPERS})
"""The topics to record, and the class of each one's messages."""
