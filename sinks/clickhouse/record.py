"""What all rows of one message share: its coordinates in the broker, its event id, and its request."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self
from uuid import UUID

from schemas.base import derive_id
from schemas.envelope import Context, Usage
from schemas.wire import Inbound
from sinks.clickhouse.tables import Row, Table

NO_ID = UUID(int=0)
MONEY_STEP = Decimal("1E-12")

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when the broker keeps a record."""

    topic: str
    partition: int
    offset: int
    at: datetime

    @classmethod
    def of(cls, inbound: Inbound) -> Self:
        return cls(inbound.topic, inbound.partition, inbound.offset, inbound.timestamp)


@dataclass(frozen=True, slots=True)
class Record:
    """A message's place and time in the broker, and the rows made of it.

    Attributes:
        event_id: the producer's id of the event, the same in every delivery; derived from the place if absent.
        at: the broker's timestamp of the record.
        caused_at: the broker's timestamp of the record that led to this one (CloudEvents `time`), else `at`.
    """

    event_id: UUID
    topic: str
    partition: int
    offset: int
    at: datetime
    caused_at: datetime

    @classmethod
    def of(cls, inbound: Inbound) -> Self:
        place = (inbound.topic, inbound.partition, inbound.offset)
        return cls(event_id(inbound), *place, inbound.timestamp, caused_at(inbound))

    def row(self, table: Table, *groups: Values, ver: int | None = None) -> Row:
        """Return a row of this record; of two rows with equal keys the one with the greater `ver` stays."""
        tail: Values = {
            "event_id": self.event_id,
            "src_topic": self.topic,
            "src_partition": self.partition,
            "src_offset": self.offset,
            "ver": self.offset if ver is None else ver,
        }
        return table.row({name: value for group in (*groups, tail) for name, value in group.items()})


def event_id(inbound: Inbound) -> UUID:
    """Return the CloudEvents id of a record, or one derived from its coordinates."""
    raw = inbound.header("ce_id") or b""
    try:
        return UUID(raw.decode("ascii"))
    except ValueError:
        return derive_id("record", inbound.topic, inbound.partition, inbound.offset)


def caused_at(inbound: Inbound) -> datetime:
    """Return the CloudEvents time of a record, UTC, or the record's own."""
    raw = inbound.header("ce_time") or b""
    try:
        moment = datetime.fromisoformat(raw.decode("ascii"))
    except ValueError:
        return inbound.timestamp
    return moment.astimezone(UTC) if moment.tzinfo else inbound.timestamp


def head(context: Context) -> Values:
    """Return the columns that every row of a request begins with."""
    return {
        "tenant": context.tenant,
        "received_at": context.received_at,
        "request_id": context.request_id,
        "generation": context.generation,
    }


def spent(usage: Usage) -> Values:
    """Return what a request's generation has spent so far."""
    return {
        "calls": usage.calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": money(usage.cost_usd),
    }


def money(amount: Decimal) -> Decimal:
    """Round to the store's step of 1E-12 US dollars, half to even."""
    return amount.quantize(MONEY_STEP, ROUND_HALF_EVEN)


def day(text: str) -> date:
    """Return a UTC day written as YYYY-MM-DD."""
    return date.fromisoformat(text)
