"""The shipped sample end to end: conservation, containment, privacy, effect once, budget and accountability."""

import json
import re
from typing import TypeVar
from uuid import UUID

import pytest

from processors.signing import Ed25519Signer, verify
from schemas.codec import decode
from schemas.endings import ActionPublished, DeadLettered, Reserved, Settled, State, StatusChanged
from schemas.envelope import Message
from schemas.requests import Redacted
from schemas.topics import TRAITS, Topic
from schemas.verdicts import Judged, ReviewOpened, Ruling
from sinks.clickhouse.story import story
from streams.conservation import Ending, Kind, final
from streams.keys import read_key
from streams.reading import open_reader
from tests.e2e.conftest import Lived

pytestmark = pytest.mark.timeout(420)

_EMAIL = re.compile(rb"[\w.+-]+@[\w-]+\.[a-z]{2,}")
_CARD = re.compile(rb"\b(?:\d[ -]?){15,16}\b")


def test_every_request_has_exactly_one_outcome(lived: Lived) -> None:
    seen = lived.result.conservation

    assert len(seen.published) >= 120
    assert seen.lost == []
    assert seen.doubled == []
    assert seen.foreign == []


def test_no_action_is_published_twice(lived: Lived) -> None:
    assert lived.result.conservation.duplicate_actions == 0


def test_requests_end_as_the_sample_says(lived: Lived) -> None:
    unexpected = [
        (message.note, str(ending.kind), ending.reason) for message, ending in lived.result.unexpected
    ]

    assert unexpected == []


def test_all_kinds_of_outcome_occur(lived: Lived) -> None:
    counts = lived.result.conservation.outcomes()

    assert all(counts[kind] > 0 for kind in Kind)


def test_actions_are_signed_permitted_and_judged_for_their_payload(lived: Lived) -> None:
    key = Ed25519Signer(read_key(lived.stack.settings.keys.signing, "signing")).public_key
    judged = [decode(Judged, message) for message in lived.topics[Topic.VERDICTS]]
    allowed = {
        event.context.action_id: event.verdict.payload_digest
        for event in judged
        if event.verdict.ruling is Ruling.ALLOW
    }

    for message in lived.topics[Topic.ACTIONS]:
        action = decode(ActionPublished, message)
        assert verify(action, key)
        assert action.payload_digest == allowed[action.id]
        assert action.rules


def test_reviews_and_denials_led_to_no_action(lived: Lived) -> None:
    acted = {decode(ActionPublished, message).context.request_id for message in lived.topics[Topic.ACTIONS]}
    stopped = {
        decode(ReviewOpened, message).context.request_id for message in lived.topics[Topic.REVIEWS]
    } | {
        event.context.request_id
        for event in (decode(DeadLettered, message) for message in lived.topics[Topic.DEAD_LETTERS])
        if event.context is not None
    }

    assert stopped
    assert not acted & stopped


def test_no_email_or_card_number_leaves_redact(lived: Lived) -> None:
    planted = {
        found
        for message in lived.topics[Topic.REQUESTS]
        for pattern in (_EMAIL, _CARD)
        for found in pattern.findall(message.value or b"")
    }
    clear = [topic for topic in Topic if not TRAITS[topic].personal]

    assert len(planted) >= 8
    for topic in clear:
        for message in lived.topics[topic]:
            assert not [1 for value in planted if value in (message.value or b"")], topic


def test_every_hop_carries_cloudevents_and_one_trace(lived: Lived) -> None:
    trace_of: dict[UUID, str] = {}
    for message in lived.topics[Topic.REDACTED]:
        event = decode(Redacted, message)
        trace_of.setdefault(event.context.request_id, event.context.trace_id)
    for topic in (
        Topic.ADMITTED,
        Topic.GROUNDED,
        Topic.PROPOSALS,
        Topic.VALID,
        Topic.VERDICTS,
        Topic.ACTIONS,
    ):
        for message in lived.topics[topic]:
            headers = dict(message.headers)
            assert {
                "ce_specversion",
                "ce_id",
                "ce_source",
                "ce_type",
                "content-type",
                "traceparent",
            } <= headers.keys()
            assert len(message.headers) == len(headers), "a header is repeated"
            trace = headers["traceparent"].decode().split("-")[1]
            request = UUID(headers["ce_subject"].decode())
            assert trace == trace_of[request]


def test_every_reservation_is_settled_within_it(lived: Lived) -> None:
    reserved = {event.reservation_id: event for event in _all(lived, Reserved, Topic.RESERVATIONS)}
    settled = {event.reservation_id: event for event in _all(lived, Settled, Topic.SETTLEMENTS)}

    assert reserved.keys() == settled.keys()
    for identity, event in settled.items():
        assert event.cost_usd <= reserved[identity].cost_usd
        assert event.tokens <= reserved[identity].tokens


def test_each_readable_request_has_a_status_for_its_source(lived: Lived) -> None:
    statuses = _all(lived, StatusChanged, Topic.STATUSES)
    known = {event.request_id for event in statuses}
    read = {decode(Redacted, message).context.request_id for message in lived.topics[Topic.REDACTED]}

    assert read <= known
    assert {event.state for event in statuses} == set(State)


def test_dead_letters_before_redaction_are_pointers(lived: Lived) -> None:
    letters = _all(lived, DeadLettered, Topic.DEAD_LETTERS)
    early = [letter for letter in letters if letter.stage == "redact"]

    assert early
    assert all(letter.body is None and letter.source.topic == Topic.REQUESTS for letter in early)


def test_dead_letters_carry_connect_headers(lived: Lived) -> None:
    for message in lived.topics[Topic.DEAD_LETTERS]:
        headers = dict(message.headers)
        assert headers["__connect.errors.topic"]
        assert headers["sluicegate-reason"]


def test_at_most_25_requests_need_the_model(lived: Lived) -> None:
    escalated = {dict(message.headers)["ce_subject"] for message in lived.topics[Topic.ESCALATIONS]}

    assert 0 < len(escalated) <= 25


def test_the_store_has_the_ending_of_every_request(lived: Lived) -> None:
    wanted = {Kind.ACTION: "acted", Kind.REVIEW: "in_review", Kind.DEAD_LETTER: "rejected"}
    with open_reader(lived.stack.settings) as reader:
        rows = reader.query("SELECT request_id, outcome FROM v_request_outcomes").rows

    found = {row[0]: row[1] for row in rows}
    for request, ending in _endings(lived).items():
        assert found[request] == wanted[ending.kind]


def test_a_request_of_each_kind_has_its_story(lived: Lived) -> None:
    one_of_each = {(ending.kind, ending.reason): request for request, ending in _endings(lived).items()}
    with open_reader(lived.stack.settings) as reader:
        for request in one_of_each.values():
            run = story(reader, request).runs[-1]
            assert run.asked is not None
            assert run.steps


def test_the_store_holds_no_email_or_card_number(lived: Lived) -> None:
    planted = {
        found.decode()
        for message in lived.topics[Topic.REQUESTS]
        for pattern in (_EMAIL, _CARD)
        for found in pattern.findall(message.value or b"")
    }
    with open_reader(lived.stack.settings) as reader:
        tables = [
            str(row[0])
            for row in reader.query("SHOW TABLES").rows
            if not str(row[0]).startswith(("v_", "request_story"))
        ]
        for table in tables:
            for row in reader.query(f"SELECT * FROM {table}").rows:
                text = json.dumps(row, default=str)
                assert not [1 for value in planted if value in text], table


def _endings(lived: Lived) -> dict[UUID, Ending]:
    lasts = map(final, lived.result.conservation.endings.values())
    return {
        last.request_id: last
        for last in lasts
        if last.request_id is not None and last.kind is not Kind.DUPLICATE
    }


M = TypeVar("M", bound=Message)


def _all(lived: Lived, model: type[M], topic: Topic) -> list[M]:
    return [decode(model, message) for message in lived.topics[topic]]
