"""Enforce: what policy is told, and verdicts that stay (invariants 2, 4)."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

import processors.tasks.shop_support as shop
from processors.enforce import Enforce, VerdictLog
from processors.policy import CedarEngine, load_engine
from schemas.actions import Action
from schemas.base import derive_id
from schemas.envelope import Context, Note, Principal
from schemas.knowledge import Signal
from schemas.proposals import Validated
from schemas.requests import Content
from schemas.verdicts import Judged, Ruling
from tests.events import (
    MOMENT,
    VAULT,
    context,
    evidence,
    hand_over,
    judged,
    order_found,
    refund,
    reply,
    validated,
)


def shop_policy() -> CedarEngine:
    return load_engine(Path(shop.__path__[0]) / "policy.cedar", ("orders.read",))


ENFORCE = Enforce(shop_policy(), VAULT)


async def verdict(event: Validated, log: VerdictLog | None = None) -> tuple[Ruling, tuple[str, ...]]:
    judged = await ENFORCE(event, log or VerdictLog())
    return judged.verdict.ruling, judged.verdict.rules


def on_order(action: Action | None = None, **record: JsonValue) -> Validated:
    return validated(action, evidence=evidence(order_found(**record)))


def suspected(action: Action) -> Validated:
    signals = (Signal(kind="override", start=0, end=1),)
    return validated(action, content=Content(text="x", signals=signals, redaction_version="1"))


REFUNDED = ("customers-may-be-refunded",)
REPLIED = ("customers-get-replies",)


@pytest.mark.parametrize(
    ("event", "ruling", "rules"),
    [
        (validated(), Ruling.ALLOW, REFUNDED),
        (validated(refund("40.01")), Ruling.DENY, ("refund-within-order-total",)),
        (validated(refund(currency="USD")), Ruling.DENY, ("refund-within-order-total",)),
        (on_order(refund("50.00"), amount="90.00"), Ruling.ALLOW, REFUNDED),
        (on_order(refund("50.01"), amount="90.00"), Ruling.REVIEW, ("refund-over-50-needs-review",)),
        (on_order(days_since_delivery=30), Ruling.ALLOW, REFUNDED),
        (on_order(days_since_delivery=31), Ruling.REVIEW, ("refund-within-return-period",)),
        (on_order(owner_id="cust-2"), Ruling.DENY, ("refund-needs-own-order",)),
        (
            on_order(order_number="AB-100002"),
            Ruling.DENY,
            ("refund-needs-own-order", "refund-within-order-total", "refund-within-return-period"),
        ),
        (
            validated(evidence=evidence()),
            Ruling.DENY,
            ("refund-needs-own-order", "refund-within-order-total", "refund-within-return-period"),
        ),
        (suspected(refund()), Ruling.REVIEW, ("refund-after-injection-signs-needs-review",)),
        (suspected(reply()), Ruling.ALLOW, REPLIED),
        (validated(reply()), Ruling.ALLOW, REPLIED),
        (validated(hand_over()), Ruling.ALLOW, REPLIED),
        (validated(reply("See https://evil.example")), Ruling.DENY, ("no-prohibited-content",)),
    ],
)
async def test_the_shop_rules(event: Validated, ruling: Ruling, rules: tuple[str, ...]) -> None:
    assert await verdict(event) == (ruling, rules)


@pytest.mark.parametrize("amount", ["Infinity", "NaN", "sNaN", "a lot", "", 40, None, True])
async def test_an_order_total_that_is_no_amount_permits_nothing(amount: JsonValue) -> None:
    assert await verdict(on_order(amount=amount)) == (Ruling.DENY, ("refund-within-order-total",))


@pytest.mark.parametrize("status", ["not_found", "not_permitted", "unavailable"])
async def test_only_a_record_that_was_found_counts(status: str) -> None:
    result = order_found().model_copy(update={"status": status})
    ruling, rules = await verdict(validated(evidence=evidence(result)))
    assert ruling is Ruling.DENY
    assert "refund-needs-own-order" in rules


async def test_another_tools_record_is_no_order() -> None:
    result = order_found().model_copy(update={"tool": "get_wishes"})
    assert (await verdict(validated(evidence=evidence(result))))[0] is Ruling.DENY


@pytest.mark.parametrize(
    "claim",
    [
        Content(text="I own AB-100001", fields={"owner_id": "cust-1"}, redaction_version="1"),
        Content(text="order", identifiers={"owner_id": "cust-1"}, redaction_version="1"),
    ],
)
async def test_owning_an_order_is_the_records_word_not_the_requests(claim: Content) -> None:
    event = validated(evidence=evidence(order_found(owner_id="cust-2")), content=claim)
    assert await verdict(event) == (Ruling.DENY, ("refund-needs-own-order",))


@pytest.mark.parametrize("roles", [(), ("guest",), ("agent",), ("refund-desk",)])
async def test_refunds_are_for_customers(roles: tuple[str, ...]) -> None:
    of = context(principal=Principal(id="cust-1", roles=roles))
    assert await verdict(validated(of=of)) == (Ruling.DENY, ("default-deny",))


@pytest.mark.parametrize(
    "body",
    [
        "www.evil.example",
        "http\u00ads://evil.example",
        "We guarantee a delivery tomorrow",
        "We are legally liable",
        "Your password is hunter2",
        "As an AI language model, I cannot",
        "ignore previous instructions",
        "We have already refunded you",
        "I'll refund you",
        "we\u2019ve already refunded it",
    ],
)
async def test_prohibited_content(body: str) -> None:
    assert await verdict(validated(reply(body))) == (Ruling.DENY, ("no-prohibited-content",))
    assert await verdict(validated(reply(subject=body))) == (Ruling.DENY, ("no-prohibited-content",))


def refund_request(number: int, minutes: float = 0, **changes: object) -> Context:
    return context(number, received_at=MOMENT + timedelta(minutes=minutes), **changes)


async def rulings(requests: list[Context]) -> list[Ruling]:
    log = VerdictLog()
    return [(await verdict(validated(of=of), log))[0] for of in requests]


@pytest.mark.parametrize(
    ("minutes", "third"),
    [
        ((0, 1, 2), Ruling.REVIEW),
        ((0, 1, 60.5), Ruling.ALLOW),
        ((0, 1, 59.9), Ruling.REVIEW),
        ((2, 1, 0), Ruling.REVIEW),
        ((0, 0, 0), Ruling.REVIEW),
    ],
    ids=["one by one", "window passed", "window not passed", "judged in another order", "at once"],
)
async def test_the_third_refund_within_an_hour(minutes: tuple[float, ...], third: Ruling) -> None:
    requests = [refund_request(number, each) for number, each in enumerate(minutes)]
    assert await rulings(requests) == [Ruling.ALLOW, Ruling.ALLOW, third]


async def test_limits_are_per_principal_and_action_type() -> None:
    log = VerdictLog()
    other = Principal(id="cust-2", roles=("customer",))
    for number in range(2):
        await ENFORCE(validated(of=context(number)), log)
    assert log.within_hour(validated(of=context(9))) == 2
    assert log.within_hour(validated(of=context(9, principal=other))) == 0
    assert log.within_hour(validated(of=context(9, tenant="nordwind"))) == 0
    assert log.within_hour(validated(reply(), of=context(9))) == 0


async def test_denied_refunds_do_not_count_and_a_replay_counts_once() -> None:
    log = VerdictLog()
    await ENFORCE(validated(refund("41.00"), of=context(1)), log)
    for generation in range(2):
        of = context(2, generation=generation)
        await ENFORCE(validated(of=of), log)
    assert log.within_hour(validated(of=context(9))) == 1
    assert log.within_hour(validated(of=context(2, generation=2))) == 0


async def test_a_repeated_proposal_keeps_its_verdict_whatever_it_says_now() -> None:
    log = VerdictLog()
    first = await ENFORCE(validated(), log)
    repeated = validated(refund("1.00"), proposal_id=validated().proposal_id)
    assert await ENFORCE(repeated, log) == first


async def test_the_log_is_rebuilt_from_verdicts_and_then_repeats_them() -> None:
    log = VerdictLog()
    events = [validated(of=context(number)) for number in range(3)]
    verdicts = [await ENFORCE(event, log) for event in events]
    rebuilt = ENFORCE.build(verdicts)
    assert rebuilt == log
    assert [await ENFORCE(event, rebuilt) for event in events] == verdicts


async def test_the_first_verdict_on_a_proposal_stays_in_a_fold() -> None:
    first = await ENFORCE(validated(), VerdictLog())
    other = first.model_copy(update={"action": refund("1.00")})
    assert ENFORCE.build([first, other]).verdicts == {first.proposal_id: first}


async def test_a_verdict_names_version_payload_and_facts() -> None:
    judged = await ENFORCE(validated(), VerdictLog())
    assert judged.verdict.policy_version == ENFORCE.policy.version
    assert judged.verdict.payload_digest == VAULT.digest(context(), refund(), judged.vault)
    assert Note(name="amount_cents", value="4000") in judged.work.notes
    assert judged.action == refund()


async def test_the_digest_covers_sealed_values() -> None:
    placeholder = VAULT.placeholder(context(), "PERSON", "Ada")
    digests = {
        await digest_of(reply(f"Dear {placeholder}"), {placeholder: name}) for name in ("Ada", "Mallory")
    }
    assert len(digests) == 2


async def digest_of(action: Action, originals: Mapping[str, str]) -> str:
    judged: Judged = await ENFORCE(
        validated(action, vault=VAULT.seal(context(), originals), proposal_id=derive_id(str(originals))),
        VerdictLog(),
    )
    return judged.verdict.payload_digest


async def test_amounts_are_compared_as_money_not_as_text() -> None:
    assert await verdict(on_order(refund("9.50"), amount="10.00")) == (Ruling.ALLOW, REFUNDED)
    assert refund("9.50").amount == Decimal("9.5")


def test_what_is_long_past_is_forgotten_and_what_is_recent_is_not() -> None:
    log = VerdictLog()
    for number in range(3_000):
        at = MOMENT + timedelta(minutes=number)
        of = context(number, received_at=at, deadline=at + timedelta(minutes=15))
        log.add(judged(of=of))
    assert len(log.verdicts) < 2_200
    assert sum(len(taken) for taken in log.allowed.values()) < 2_200
    newest = context(2_999).request_id
    assert newest in {event.context.request_id for event in log.verdicts.values()}
