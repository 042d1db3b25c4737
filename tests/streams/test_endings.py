"""What becomes of what fails: a delayed copy in time, else a dead letter that leaks nothing (invariants 1, 3, 4, 8)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from processors.signing import Ed25519Signer, signed
from schemas.endings import ActionPublished, DeadLettered, Settled, State, StatusChanged
from schemas.envelope import Message, Usage
from schemas.ports import FixedClock
from schemas.requests import Grounded, Request
from schemas.topics import DELAYS
from schemas.verdicts import Decision, ReviewOpened
from schemas.wire import Headers, Inbound, Outbound
from streams.endings import ATTEMPTS, MAX_DELAYS, Endings, delayable
from streams.runtime.contracts import Failure
from streams.runtime.delay_loop import DUE, FORWARD_TO
from streams.runtime.lane import LARGEST_MESSAGE_BYTES, refuse_oversized
from tests.events import (
    DEADLINE,
    MOMENT,
    VAULT,
    context,
    dead_letter,
    decision,
    grounded,
    inbound,
    published,
    reply,
    review_opened,
    settled,
)

CANARY = "Q7zXcanaryW9k"
AWAY = Failure("model_away", "", "Retryable", retryable=True, attempts=3)
BROKEN = Failure("internal_error", "", "ValueError", retryable=False, attempts=1)


def endings(model: type[Message] = Grounded, now: datetime = MOMENT) -> Endings:
    return Endings("classify", {str(model.topic): model}, FixedClock(now))


def letter(record: Outbound) -> DeadLettered:
    assert record.topic == "dead-letters"
    return DeadLettered.model_validate_json(record.value or b"")


def decoded(headers: Headers) -> Mapping[str, str]:
    assert len({name for name, _ in headers}) == len(headers)
    return {name: value.decode() for name, value in headers}


def test_what_cannot_pass_is_a_dead_letter_with_its_status() -> None:
    of = inbound(grounded(usage=Usage(calls=1)))
    first, second = endings().bury(of, BROKEN)
    found = letter(first)
    assert (found.stage, found.reason, found.error_class) == ("classify", "internal_error", "ValueError")
    assert (found.context, found.usage, found.failed_at) == (context(), Usage(calls=1), MOMENT)
    assert (found.source.topic, found.source.offset, found.retryable) == ("requests.grounded", 7, False)
    assert found.body is not None
    assert found.body.keys() >= {"content", "evidence"}
    assert found.body.keys().isdisjoint({"vault", "context", "usage", "work"})
    status = StatusChanged.model_validate_json(second.value or b"")
    assert (status.state, status.reason) == (State.REJECTED, "internal_error")
    assert endings().bury(of, BROKEN) == [first, second]


def raw_request(value: bytes | None) -> Inbound:
    headers = (("ce_id", CANARY.encode()), (CANARY, CANARY.encode()), (ATTEMPTS, b"9" * 5000))
    return Inbound("requests", 1, 4, CANARY.encode(), value, headers, MOMENT)


@pytest.mark.parametrize("value", [None, CANARY.encode(), f'{{"text": "{CANARY}"}}'.encode(), b"\xff"])
@pytest.mark.parametrize("failure", [AWAY, BROKEN])
def test_before_redaction_a_dead_letter_only_points(value: bytes | None, failure: Failure) -> None:
    (record,) = endings(Request).bury(raw_request(value), failure)
    found = letter(record)
    assert (found.context, found.body, found.retryable) == (None, None, failure.retryable)
    assert (found.source.partition, found.source.offset) == (1, 4)
    assert (record.key, found.attempts) == (b"unknown", failure.attempts)
    assert CANARY not in repr(record)


@pytest.mark.parametrize("value", [None, b"", CANARY.encode(), f'{{"context": "{CANARY}"}}'.encode()])
def test_an_unreadable_event_only_points(value: bytes | None) -> None:
    of = replace(inbound(grounded()), value=value, key=CANARY.encode())
    (record,) = endings().bury(of, AWAY)
    assert (letter(record).context, letter(record).body) == (None, None)
    assert CANARY not in repr(record)


def test_a_decision_that_failed_only_points() -> None:
    (record,) = endings(Decision).bury(inbound(decision(review_opened())), AWAY)
    assert (letter(record).context, letter(record).retryable) == (None, True)


def test_a_copy_waits_and_comes_back_unchanged() -> None:
    of = inbound(grounded(), headers=(("traceparent", b"00-x"),))
    (copy,) = endings().bury(of, AWAY)
    assert (copy.topic, copy.key, copy.value) == ("delay.2", of.key, of.value)
    due = round((MOMENT + timedelta(seconds=2)).timestamp() * 1000)
    expected = {ATTEMPTS: "1", FORWARD_TO: "requests.grounded", DUE: str(due)}
    assert decoded(copy.headers) == {**decoded(of.headers), **expected}


@pytest.mark.parametrize(
    ("made", "retry_after", "topic"),
    [
        (0, None, "delay.2"),
        (1, None, "delay.15"),
        (2, None, "delay.60"),
        (MAX_DELAYS - 1, None, "delay.60"),
        (0, 2.0, "delay.2"),
        (0, 2.1, "delay.15"),
        (0, 3600.0, "delay.60"),
        (2, 0.0, "delay.60"),
    ],
)
def test_waits_grow_and_heed_what_was_asked(made: int, retry_after: float | None, topic: str) -> None:
    of = inbound(grounded(), headers=((ATTEMPTS, str(made).encode()), (DUE, b"1"), (FORWARD_TO, b"x")))
    (copy,) = endings().bury(of, replace(AWAY, retry_after_seconds=retry_after))
    headers = decoded(copy.headers)
    due = MOMENT + DELAYS[topic]
    assert (copy.topic, headers[ATTEMPTS]) == (topic, str(made + 1))
    assert (headers[DUE], headers[FORWARD_TO]) == (str(round(due.timestamp() * 1000)), "requests.grounded")


@pytest.mark.parametrize(
    ("now", "made", "attempts"),
    [(DEADLINE, 0, 3), (DEADLINE + timedelta(hours=1), 4, 7), (MOMENT, MAX_DELAYS, MAX_DELAYS + 3)],
    ids=["deadline", "past it", "delays used up"],
)
def test_waiting_ends_in_a_retryable_dead_letter(now: datetime, made: int, attempts: int) -> None:
    of = inbound(grounded(), headers=((ATTEMPTS, str(made).encode()),))
    first, second = endings(now=now).bury(of, AWAY)
    assert (letter(first).retryable, letter(first).reason, letter(first).attempts) == (
        True,
        "model_away",
        attempts,
    )
    assert second.topic == "statuses"


def test_an_event_that_just_fits_has_no_copy_that_does_not() -> None:
    """The marks of a copy make it longer. One that cannot be written would end the worker at every try."""
    of = inbound(grounded())
    room = (
        LARGEST_MESSAGE_BYTES - sum(len(name) + len(value) for name, value in of.headers) - len(of.key or b"")
    )
    of = replace(of, value=(of.value or b"").ljust(room))
    refuse_oversized([Outbound(of.topic, of.key, of.value, of.headers)])

    records = endings().bury(of, AWAY)

    refuse_oversized(records)
    assert (letter(records[0]).reason, letter(records[0]).retryable) == ("model_away", True)


def test_a_failure_with_long_texts_can_be_buried() -> None:
    long = replace(BROKEN, detail="x" * 5000, error_class="E" * 500)
    found = letter(endings().bury(inbound(grounded()), long)[0])
    assert (len(found.detail), len(found.error_class)) == (300, 100)


ADA = "Ada Lovelace"
PLACEHOLDER = VAULT.placeholder(context(), "PERSON", ADA)
RESTORED = signed(
    published(reply(f"Dear {ADA}"), twin=reply(f"Dear {PLACEHOLDER}")), Ed25519Signer(bytes(32))
)
AFTER_THE_END: tuple[ActionPublished | ReviewOpened | DeadLettered | Settled, ...] = (
    RESTORED,
    review_opened(),
    dead_letter(),
    settled(),
)


@pytest.mark.parametrize("event", AFTER_THE_END, ids=lambda event: event.topic)
@pytest.mark.parametrize("failure", [AWAY, BROKEN])
def test_what_fails_after_the_end_of_a_request_only_points(
    event: ActionPublished | ReviewOpened | DeadLettered | Settled, failure: Failure
) -> None:
    """No second ending, no second action by way of a delay topic, no restored value, no status taken back."""
    (record,) = endings(type(event)).bury(inbound(event), failure)
    assert (letter(record).context, letter(record).body) == (None, None)
    assert ADA not in repr(record)


def test_nothing_that_has_ended_and_nothing_in_clear_is_delayable() -> None:
    found = delayable([Request, Grounded, ActionPublished, ReviewOpened, DeadLettered, Settled, Decision])
    assert found == {"requests.grounded"}
