"""Settle: each verdict becomes one ending, each action one message, of the payload judged (invariants 1, 2, 4)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import processors.tasks.shop_support as shop
from processors.policy import CedarEngine, load_engine
from processors.settle import Docket, Settle
from processors.signing import Ed25519Signer, verify
from schemas.actions import PassageSource, RecordSource, SendReply
from schemas.base import derive_id
from schemas.endings import ActionPublished, Audited, DeadLettered, State, StatusChanged
from schemas.envelope import Message, Origin, Usage
from schemas.errors import Unprocessable
from schemas.verdicts import Decision, Judged, ReviewOpened, Ruling
from tests.events import (
    MOMENT,
    REGISTRY,
    TASK,
    VAULT,
    context,
    decision,
    evidence,
    judged,
    order_found,
    refund,
    reply,
    review_opened,
)

SIGNER = Ed25519Signer(bytes(32))
POLICY = load_engine(Path(shop.__path__[0]) / "policy.cedar", ("orders.read",))
DESK_ONLY = CedarEngine(
    '@id("desk") permit (principal in Role::"refund-desk", action == Action::"review.decide", resource);'
)
SETTLE = Settle({TASK.name: TASK}, REGISTRY, POLICY, VAULT, SIGNER)
ORIGIN = Origin(topic="verdicts", partition=0, offset=5)
EXPIRY = MOMENT + timedelta(seconds=TASK.review_seconds)


def run(
    event: Judged | Decision, docket: Docket, at: datetime = MOMENT, settle: Settle = SETTLE
) -> list[Message]:
    written: list[Message] = list(settle(event, docket, ORIGIN, at))
    for ending in written:
        docket.add(ending)
    return written


def opened(docket: Docket, event: Judged | None = None) -> ReviewOpened:
    review = run(event or judged(ruling=Ruling.REVIEW), docket)[0]
    assert isinstance(review, ReviewOpened)
    return review


def summary(messages: Iterable[Message]) -> list[str]:
    """Return what happened, short enough for a table."""
    return [_named(message) for message in messages]


def _named(message: Message) -> str:
    if isinstance(message, StatusChanged):
        return message.state
    if isinstance(message, Audited):
        return f"audit {message.kind}"
    return f"dead {message.reason}" if isinstance(message, DeadLettered) else type(message).__name__


def test_what_policy_allows_is_published_signed_with_its_twin_and_reported() -> None:
    action, status = run(judged(), Docket())
    assert isinstance(action, ActionPublished)
    assert isinstance(status, StatusChanged)
    assert (action.id, action.action, action.twin) == (context().action_id, refund(), refund())
    assert (action.rules, action.policy_version, action.approval) == (("some-rule",), "v1", None)
    assert verify(action, SIGNER.public_key)
    assert (status.state, status.action_id, status.action_type) == (State.ACTED, action.id, "issue_refund")


def test_what_policy_denies_is_a_dead_letter_with_rule_and_version() -> None:
    usage = Usage(calls=1, cost_usd=Decimal("0.001"))
    letter, status = run(judged(ruling=Ruling.DENY, usage=usage), Docket(), MOMENT)
    assert isinstance(letter, DeadLettered)
    assert isinstance(status, StatusChanged)
    assert (letter.reason, letter.rules, letter.policy_version) == ("policy_denied", ("some-rule",), "v1")
    assert (letter.source, letter.failed_at, letter.usage) == (ORIGIN, MOMENT, usage)
    assert letter.body is not None
    assert letter.body.keys().isdisjoint({"vault", "context", "usage", "work"})
    assert (status.state, status.reason, status.action_id) == (State.REJECTED, "policy_denied", None)


def test_what_needs_a_person_waits_as_long_as_the_task_says() -> None:
    docket = Docket()
    review = opened(docket)
    assert (review.opened_at, review.expires_at) == (MOMENT, EXPIRY)
    assert list(docket.waiting) == [review.review_id]


@pytest.mark.parametrize("ruling", Ruling)
@pytest.mark.parametrize("second", Ruling)
def test_a_generation_ends_once(ruling: Ruling, second: Ruling) -> None:
    docket = Docket()
    run(judged(ruling=ruling), docket)
    assert summary(run(judged(refund("1.00"), second), docket)) == ["audit repeated_verdict"]


@pytest.mark.parametrize("ruling", Ruling)
def test_a_replay_never_publishes_a_second_time(ruling: Ruling) -> None:
    docket = Docket()
    run(judged(), docket)
    again = judged(ruling=ruling, of=context(generation=1))
    assert summary(run(again, docket)) == ["dead action_already_published", "rejected"]


def test_a_replay_of_what_was_denied_may_publish() -> None:
    docket = Docket()
    run(judged(ruling=Ruling.DENY), docket)
    assert summary(run(judged(of=context(generation=1)), docket)) == ["ActionPublished", "acted"]


def test_an_approval_publishes_the_payload_that_was_shown() -> None:
    docket = Docket()
    review = opened(docket)
    approval = decision(review)
    action, status = run(approval, docket, EXPIRY)
    assert isinstance(action, ActionPublished)
    assert action.approval is not None
    assert action.approval.reviewer_id == "anna"
    assert (action.approval.decision_id, action.approval.decided_at) == (approval.decision_id, EXPIRY)
    assert action.approval.payload_digest == action.payload_digest == review.verdict.payload_digest
    assert (action.action, verify(action, SIGNER.public_key)) == (refund(), True)
    assert isinstance(status, StatusChanged)
    assert status.state is State.ACTED
    assert docket.waiting == {}


SOURCES = (
    PassageSource(chunk_id="returns#1", document_id="returns", version=1, title="Returns"),
    RecordSource(tool="get_order", read_at=MOMENT),
)


def test_an_action_carries_its_sources_under_its_signature() -> None:
    action = run(judged(sources=SOURCES), Docket())[0]
    assert isinstance(action, ActionPublished)
    assert action.sources == SOURCES
    assert verify(action, SIGNER.public_key)
    assert not verify(action.model_copy(update={"sources": SOURCES[:1]}), SIGNER.public_key)


def test_an_approved_action_carries_the_sources_that_the_reviewer_was_shown() -> None:
    docket = Docket()
    review = opened(docket, judged(ruling=Ruling.REVIEW, sources=SOURCES))
    assert review.sources == SOURCES
    action = run(decision(review), docket)[0]
    assert isinstance(action, ActionPublished)
    assert action.sources == SOURCES


def test_a_refusal_closes_the_review() -> None:
    docket = Docket()
    review = opened(docket)
    letter, status = run(decision(review, decision="refuse"), docket)
    assert isinstance(letter, DeadLettered)
    assert (letter.reason, letter.review_id, letter.retryable) == ("review_refused", review.review_id, False)
    assert summary([status]) == ["rejected"]
    assert docket.waiting == {}


@pytest.mark.parametrize(
    ("changes", "at", "expected"),
    [
        ({"reviewer_id": "nobody"}, MOMENT, "audit decision_by_unknown_reviewer"),
        ({"reviewer_id": "bo"}, MOMENT, "audit decision_by_unknown_reviewer"),
        ({"tenant": "nordwind"}, MOMENT, "audit decision_by_unknown_reviewer"),
        ({"reviewer_id": "cleo"}, MOMENT, "audit decision_without_permission"),
        ({"reviewer_id": "cust-1"}, MOMENT, "audit decision_by_requester"),
        ({"payload_digest": "0" * 64}, MOMENT, "audit decision_on_other_payload"),
        ({}, EXPIRY + timedelta(milliseconds=1), "audit decision_too_late"),
        ({"review_id": derive_id("another")}, MOMENT, "dead decision_on_unknown_review"),
    ],
)
@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_a_decision_that_does_not_count_leaves_the_review_waiting(
    changes: dict[str, object], at: datetime, expected: str, verb: str
) -> None:
    docket = Docket()
    review = opened(docket)
    wrong = decision(review, **{"decision": verb, **changes})
    assert summary(run(wrong, docket, at)) == [expected]
    assert summary(run(decision(review), docket)) == ["ActionPublished", "acted"]


@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_a_decision_on_a_settled_review_is_recorded_and_changes_nothing(verb: str) -> None:
    docket = Docket()
    review = opened(docket)
    run(decision(review, decision=verb), docket)
    assert summary(run(decision(review), docket)) == ["audit decision_on_settled_review"]


def test_an_approval_is_evaluated_again() -> None:
    docket = Docket()
    review = opened(docket)
    stricter = replace(SETTLE, policy=DESK_ONLY)
    letter, _ = run(decision(review), docket, settle=stricter)
    assert isinstance(letter, DeadLettered)
    assert (letter.reason, letter.review_id) == ("policy_denied_at_approval", review.review_id)
    assert docket.waiting == {}


def test_an_approval_does_not_lift_what_no_person_may_lift() -> None:
    docket = Docket()
    stranger = evidence(order_found(owner_id="cust-2"))
    review = review_opened(refund(), evidence=stranger)
    docket.add(review)
    assert summary(run(decision(review), docket)) == ["dead policy_denied_at_approval", "rejected"]


def test_two_reviews_of_one_request_publish_one_action() -> None:
    docket = Docket()
    first = opened(docket)
    second = opened(docket, judged(ruling=Ruling.REVIEW, of=context(generation=1)))
    assert first.review_id != second.review_id
    assert summary(run(decision(first), docket)) == ["ActionPublished", "acted"]
    letter, _ = run(decision(second), docket)
    assert isinstance(letter, DeadLettered)
    assert (letter.reason, letter.review_id) == ("action_already_published", second.review_id)


def test_a_review_of_what_a_replay_has_published_publishes_nothing() -> None:
    docket = Docket()
    review = opened(docket)
    run(judged(of=context(generation=1)), docket)
    assert summary(run(decision(review), docket)) == ["dead action_already_published", "rejected"]


def test_a_review_expires_only_past_its_time() -> None:
    docket = Docket()
    review = opened(docket)
    assert list(SETTLE.expire(docket, EXPIRY)) == []
    late = EXPIRY + timedelta(milliseconds=1)
    letter, status = SETTLE.expire(docket, late)
    assert isinstance(letter, DeadLettered)
    docket.add(letter)
    assert (letter.reason, letter.review_id, letter.retryable) == ("review_expired", review.review_id, True)
    assert summary([status]) == ["rejected"]
    assert list(SETTLE.expire(docket, late)) == []


NAME = "Ada Lovelace"
PLACEHOLDER = VAULT.placeholder(context(), "PERSON", NAME)
SEALED = VAULT.seal(context(), {PLACEHOLDER: NAME})


def test_only_the_published_action_carries_restored_values() -> None:
    event = judged(reply(f"Dear {PLACEHOLDER}", subject=f"For {PLACEHOLDER}"), vault=SEALED)
    action, status = run(event, Docket())
    assert isinstance(action, ActionPublished)
    assert isinstance(action.action, SendReply)
    assert (action.action.body, action.action.subject) == (f"Dear {NAME}", "For [withheld]")
    assert action.twin == event.action
    assert NAME not in action.model_copy(update={"action": action.twin}).model_dump_json()
    assert NAME not in status.model_dump_json()


@pytest.mark.parametrize(
    "changes",
    [
        {"action": reply(f"Dear {PLACEHOLDER}!")},
        {"vault": VAULT.seal(context(), {PLACEHOLDER: "Mallory"})},
        {"context": context(conversation_id="conv-2")},
    ],
    ids=["words", "sealed value", "conversation"],
)
def test_a_payload_other_than_the_judged_one_is_not_published(changes: dict[str, object]) -> None:
    changed = judged(reply(f"Dear {PLACEHOLDER}"), vault=SEALED).model_copy(update=changes)
    docket = Docket()
    with pytest.raises(Unprocessable):
        run(changed, docket)
    assert docket == Docket()


def test_an_approved_payload_other_than_the_one_shown_is_not_published_and_ends_its_review() -> None:
    docket = Docket()
    review = opened(docket)
    docket.waiting[review.review_id] = review.model_copy(update={"action": refund("39.00")})
    assert summary(run(decision(review), docket)) == ["dead payload_changed", "rejected"]
    assert docket.waiting == {}


def test_only_settles_own_dead_letters_end_a_request_here() -> None:
    letter = run(judged(ruling=Ruling.DENY), Docket())[0]
    assert isinstance(letter, DeadLettered)
    other = letter.model_copy(update={"stage": "classify"})
    stray = letter.model_copy(update={"context": None})
    assert SETTLE.build([other, stray]) == Docket()
    assert SETTLE.build([letter]) != Docket()


def test_a_ruling_that_settle_s_own_policy_does_not_give_is_not_followed() -> None:
    docket = Docket()
    forged = judged(refund("90.00"), ruling=Ruling.ALLOW, evidence=evidence(order_found(amount="90.00")))
    assert summary(run(forged, docket)) == ["ReviewOpened", "in_review"]


def test_a_stricter_ruling_than_settle_s_own_stands() -> None:
    assert summary(run(judged(reply(), ruling=Ruling.DENY), Docket())) == ["dead policy_denied", "rejected"]
