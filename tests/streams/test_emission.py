"""Typed messages to the wire: keys, deterministic ids, headers, and what is too large."""

from collections import Counter
from uuid import UUID

import pytest

from schemas.base import derive_id
from schemas.codec import encode
from schemas.endings import Audited, OutcomeReported, State, StatusChanged
from schemas.envelope import Message, Origin
from schemas.topics import Topic
from schemas.wire import Inbound
from streams.emission import CONNECT, MAX_VALUE_BYTES, OURS, Cause, key_of, outbound
from tests.events import (
    MOMENT,
    admitted,
    context,
    dead_letter,
    decision,
    grounded,
    judged,
    proposed,
    published,
    redacted,
    reserved,
    review_opened,
    settled,
    validated,
)

CAUSE = Cause(UUID(int=1), 3, MOMENT)
CONVERSATION, TENANT = b"acme-shop/conv-1", b"acme-shop"
AUDITED = Audited(context=context(), stage="admit", kind="duplicate", source=context().origin)
OUTCOME = OutcomeReported(
    action_id=UUID(int=5), tenant="acme-shop", system="shop", outcome="accepted", at=MOMENT
)
STATUS = StatusChanged.of(context(), State.REJECTED, "some_reason")


@pytest.mark.parametrize(
    ("message", "key"),
    [
        (redacted(), TENANT),
        (admitted(), CONVERSATION),
        (grounded(), CONVERSATION),
        (proposed(), CONVERSATION),
        (validated(), TENANT),
        (judged(), TENANT),
        (review_opened(), TENANT),
        (decision(review_opened()), TENANT),
        (published(), TENANT),
        (reserved(), TENANT),
        (settled(), TENANT),
        (AUDITED, TENANT),
        (dead_letter(), TENANT),
        (dead_letter().model_copy(update={"context": None}), b"unknown"),
        (STATUS, b"web-chat"),
        (OUTCOME, b"00000000-0000-0000-0000-000000000005"),
    ],
    ids=lambda value: value.topic if isinstance(value, Message) else "",
)
def test_keys_are_what_the_topic_declares(message: Message, key: bytes) -> None:
    assert key_of(message) == key


def test_a_record_has_the_headers_of_a_cloud_event_and_a_trace_once_each() -> None:
    record = outbound(judged(), "enforce", CAUSE, 0)
    assert set(Counter(name for name, _ in record.headers).values()) == {1}
    headers = {name: value.decode() for name, value in record.headers}
    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": headers["ce_id"],
        "ce_source": "sluicegate",
        "ce_type": "sluicegate.judged.v1",
        "ce_time": "2025-03-03T12:00:00Z",
        "ce_dataschema": "urn:sluicegate:schema:sluicegate.judged.v1",
        "ce_subject": str(context().request_id),
        "content-type": "application/json",
        "traceparent": f"00-{context().trace_id}-{UUID(headers['ce_id']).hex[:16]}-01",
    }
    assert (record.topic, record.value) == ("verdicts", encode(judged()))


def ids(*, stage: str = "enforce", cause: Cause = CAUSE, ordinal: int = 0, generation: int = 0) -> bytes:
    message = judged(of=context(generation=generation))
    return dict(outbound(message, stage, cause, ordinal).headers)["ce_id"]


def test_an_id_is_repeated_by_a_redelivery_and_by_nothing_else() -> None:
    others = [
        ids(stage="settle"),
        ids(cause=Cause(UUID(int=2), 3, MOMENT)),
        ids(ordinal=1),
        ids(generation=1),
    ]
    assert ids() == ids(cause=Cause(UUID(int=1), 0, MOMENT))
    assert len({ids(), *others}) == 5


def test_a_message_without_context_has_a_trace_of_its_own() -> None:
    headers = dict(outbound(STATUS, "settle", CAUSE, 1).headers)
    assert "ce_subject" not in headers
    assert headers["traceparent"].split(b"-")[1] == UUID(headers["ce_id"].decode()).hex.encode()


@pytest.mark.parametrize(
    ("topics", "partition"), [((Topic.VERDICTS,), 3), ((Topic.ACTIONS,), None), ((), None)]
)
def test_what_is_read_back_keeps_its_partition(topics: tuple[Topic, ...], partition: int | None) -> None:
    assert outbound(judged(), "enforce", CAUSE, 0, co_partitioned=topics).partition == partition


def record(topic: str, offset: int, *, ce_id: bytes | None = None) -> Inbound:
    headers = () if ce_id is None else (("ce_id", ce_id),)
    return Inbound(topic, 2, offset, None, b"{}", headers, MOMENT)


def test_the_cause_of_our_own_record_is_its_id() -> None:
    of = record("verdicts", 9, ce_id=str(UUID(int=7)).encode())
    assert Cause.of(of) == Cause(UUID(int=7), 2, MOMENT)


@pytest.mark.parametrize("topic", ["requests", "decisions"])
def test_the_cause_from_outside_is_its_place_whatever_id_it_claims(topic: str) -> None:
    claimed = str(UUID(int=7)).encode()
    causes = [Cause.of(record(topic, offset, ce_id=claimed)).event_id for offset in (1, 2)]
    assert causes == [derive_id("record", topic, 2, offset) for offset in (1, 2)]


@pytest.mark.parametrize("ce_id", [None, b"", b"not a uuid", b"\xff\xfe"])
def test_a_record_without_a_usable_id_is_known_by_its_place(ce_id: bytes | None) -> None:
    assert Cause.of(record("verdicts", 9, ce_id=ce_id)).event_id == derive_id("record", "verdicts", 2, 9)


def test_a_dead_letter_tells_tools_where_it_failed() -> None:
    letter = dead_letter(
        source=Origin(topic="requests.grounded", partition=1, offset=42),
        error_class="Unprocessable",
        retryable=True,
        attempts=3,
        policy_version="v1",
    )
    headers = {name: value.decode() for name, value in outbound(letter, "classify", CAUSE, 0).headers}
    connect = {
        name.removeprefix(CONNECT): value for name, value in headers.items() if name.startswith(CONNECT)
    }
    ours = {name.removeprefix(OURS): value for name, value in headers.items() if name.startswith(OURS)}
    assert connect == {
        "topic": "requests.grounded",
        "partition": "1",
        "offset": "42",
        "connector.name": "sluicegate",
        "task.id": "0",
        "stage": "classify",
        "exception.class.name": "Unprocessable",
        "exception.message": "some_reason",
    }
    assert ours == {"reason": "some_reason", "attempts": "3", "retryable": "true", "policy-version": "v1"}


@pytest.mark.parametrize(("size", "kept"), [(1000, True), (MAX_VALUE_BYTES, False)])
def test_a_dead_letter_that_is_too_large_becomes_a_pointer(size: int, kept: bool) -> None:
    letter = dead_letter(body={"text": "x" * size})
    value = outbound(letter, "classify", CAUSE, 0).value
    expected = letter if kept else letter.model_copy(update={"body": None})
    assert value == encode(expected)
    assert len(value) <= MAX_VALUE_BYTES
