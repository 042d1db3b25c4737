"""What of a decision reaches the trace store: a listed reason, and the names that the registry knows."""

import json

import pytest

from schemas.codec import decode, encode
from schemas.endings import DeadLettered
from schemas.envelope import Message
from schemas.verdicts import REASONS, Decision
from schemas.wire import Inbound
from sinks.clickhouse.rows import map_message
from streams.recording import STRANGER, Registered
from tests.events import MOMENT, REGISTRY, dead_letter, decision, inbound, review_opened

CANARY = "anna_schmidt_0170_1234567"


class Store:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[Inbound, Message]] = []
        self.refused: list[str] = []
        self.flushed = 0

    @property
    def backlog(self) -> int:
        return len(self.taken)

    def take(self, inbound: Inbound, message: Message) -> None:
        self.taken.append((inbound, message))

    def refuse(self, _: Inbound, error: str) -> None:
        self.refused.append(error)

    def flush(self) -> None:
        self.flushed += 1


def recorded(**changes: object) -> Decision:
    """Return a decision as record's store is given it, from a record that says these things."""
    document = json.loads(encode(decision(review_opened()))) | changes
    record = Inbound("decisions", 0, 3, b"key", json.dumps(document).encode(), (), MOMENT)
    store = Store()
    Registered(store, REGISTRY).take(record, decode(Decision, record))
    ((_, message),) = store.taken
    assert isinstance(message, Decision)
    assert CANARY not in repr(map_message(record, message))
    return message


@pytest.mark.parametrize("reason", REASONS)
def test_a_listed_reason_is_recorded_as_it_is(reason: str) -> None:
    assert recorded(reason=reason).reason == reason


def test_words_of_a_reviewers_own_are_nowhere_but_in_the_record() -> None:
    assert recorded(reason=CANARY).reason == "other"


def test_a_reviewer_or_tenant_that_nobody_knows_is_recorded_without_a_name() -> None:
    assert recorded().reviewer_id == "anna"
    assert recorded(reviewer_id=CANARY).reviewer_id == STRANGER
    assert recorded(tenant=CANARY).tenant == STRANGER


def test_everything_else_is_recorded_as_it_comes() -> None:
    letter, store = dead_letter(), Store()
    sink = Registered(store, REGISTRY)

    sink.take(inbound(letter), letter)
    sink.refuse(inbound(letter), "not_json")
    sink.flush()

    assert [message for _, message in store.taken] == [letter]
    assert isinstance(letter, DeadLettered)
    assert (sink.backlog, store.refused, store.flushed) == (1, ["not_json"], 1)
