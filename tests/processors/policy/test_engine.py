"""Cedar in process: denied by default, checked before use, an error is a denial (invariants 2, 6)."""

import hashlib
from pathlib import Path

import pytest
from pydantic import JsonValue

from processors.policy import CedarEngine, load_engine
from processors.policy.engine import DEFAULT_DENY
from schemas.actions import ACTION_TYPES
from schemas.envelope import Principal
from schemas.errors import Fatal
from schemas.verdicts import Ruling
from tests.events import context, refund

FACTS: dict[str, JsonValue] = {
    "risk": "high",
    "tier": "rules",
    "amount_cents": 4000,
    "currency": "EUR",
    "order_found": True,
    "owns_order": True,
    "within_order_total": True,
    "days_since_delivery": 10,
    "prohibited_content": False,
    "injection_suspected": False,
    "same_actions_last_hour": 0,
}
REFUND = 'action == Action::"issue_refund"'
CUSTOMERS = f'@id("customers") permit (principal in Role::"customer", {REFUND}, resource);'
ANYONE = '@id("anyone") permit (principal, action, resource);'


def forbid(condition: str, name: str = "no") -> str:
    return f'@id("{name}") forbid (principal, {REFUND}, resource) {condition};'


def judge(policies: str, **facts: JsonValue) -> tuple[Ruling, tuple[str, ...]]:
    verdict = CedarEngine(policies).judge(context(), refund(), {**FACTS, **facts}, "0" * 64)
    return verdict.ruling, verdict.rules


LIFTABLE = "when { context.amount_cents > 100 } unless { context.reviewed }"


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ("", (Ruling.DENY, (DEFAULT_DENY,))),
        (CUSTOMERS, (Ruling.ALLOW, ("customers",))),
        (CUSTOMERS.replace("customer", "agent"), (Ruling.DENY, (DEFAULT_DENY,))),
        (CUSTOMERS.replace("issue_refund", "send_reply"), (Ruling.DENY, (DEFAULT_DENY,))),
        (CUSTOMERS + forbid(""), (Ruling.DENY, ("no",))),
        (CUSTOMERS + forbid(LIFTABLE), (Ruling.REVIEW, ("no",))),
        (forbid(LIFTABLE), (Ruling.DENY, ("no",))),
        (CUSTOMERS + forbid(LIFTABLE, "a") + forbid("", "b"), (Ruling.DENY, ("a", "b"))),
        (CUSTOMERS + forbid(LIFTABLE, "b") + forbid(LIFTABLE, "a"), (Ruling.REVIEW, ("a", "b"))),
        (CUSTOMERS + forbid("when { context.reviewed }"), (Ruling.ALLOW, ("customers",))),
        ('@id("p") permit (principal in Role::"customer", action in Action::"refund.issue", resource);',
         (Ruling.ALLOW, ("p",))),
        ('@id("t") permit (principal, action, resource in Tenant::"acme-shop");', (Ruling.ALLOW, ("t",))),
        ('@id("t") permit (principal, action, resource in Tenant::"nordwind");', (Ruling.DENY, (DEFAULT_DENY,))),
        ('@id("t") permit (principal == User::"cust-1", action, resource == Task::"shop-support");',
         (Ruling.ALLOW, ("t",))),
    ],
)  # fmt: skip
def test_rulings(policies: str, expected: tuple[Ruling, tuple[str, ...]]) -> None:
    assert judge(policies) == expected


def test_a_permit_for_the_reviewed_alone_makes_a_review() -> None:
    permit = f'@id("p") permit (principal, {REFUND}, resource) when {{ context.reviewed }};'
    assert judge(permit) == (Ruling.REVIEW, (DEFAULT_DENY,))


@pytest.mark.parametrize(
    "facts",
    [
        {name: value for name, value in FACTS.items() if name != "amount_cents"},
        {**FACTS, "amount_cents": "4000"},
        {**FACTS, "amount_cents": None},
        {**FACTS, "role": "admin"},
        {},
    ],
    ids=["missing", "wrong type", "null", "unknown", "none at all"],
)
def test_facts_that_do_not_fit_the_schema_are_a_denial(facts: dict[str, JsonValue]) -> None:
    verdict = CedarEngine(ANYONE).judge(context(), refund(), facts, "0" * 64)
    assert (verdict.ruling, verdict.rules) == (Ruling.DENY, (DEFAULT_DENY,))


OVERFLOWS = "when { context.amount_cents * 9223372036854775807 > 0 } unless { context.reviewed }"


@pytest.mark.parametrize("condition", [OVERFLOWS, OVERFLOWS.partition(" unless")[0]])
def test_an_error_while_a_rule_is_evaluated_is_a_denial(condition: str) -> None:
    assert judge(CUSTOMERS)[0] is Ruling.ALLOW
    assert judge(CUSTOMERS + forbid(condition))[0] is Ruling.DENY


@pytest.mark.parametrize(
    "policies",
    [
        "permit (principal, action, resource);",
        ANYONE + "forbid (principal, action, resource);",
        "permit (principal, action, resource) oops",
        forbid("when { context.colour == 1 }"),
        forbid('when { context.amount_cents == "1" }'),
        forbid("when { principal.age > 3 }"),
        ANYONE.replace("action,", 'action == Action::"delete_account",'),
        ANYONE.replace("principal,", 'principal in Group::"customer",'),
    ],
    ids=["no id", "one without id", "syntax", "attribute", "type", "principal", "action", "entity type"],
)
def test_policies_that_cannot_be_relied_on_are_refused(policies: str) -> None:
    with pytest.raises(Fatal) as refused:
        CedarEngine(policies)
    assert refused.value.reason == "policy_invalid"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="policy_missing"):
        load_engine(tmp_path / "policy.cedar")


def test_the_version_is_the_digest_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "policy.cedar"
    file.write_text(CUSTOMERS)
    engine = load_engine(file)
    assert engine.version == hashlib.sha256(CUSTOMERS.encode()).hexdigest()
    assert engine.judge(context(), refund(), FACTS, "0" * 64).policy_version == engine.version


DESK = '@id("desk") permit (principal in Role::"refund-desk", action == Action::"review.decide", resource);'
READERS = '@id("readers") permit (principal in Role::"customer", action == Action::"orders.read", resource);'


@pytest.mark.parametrize(
    ("role", "permission", "expected"),
    [
        ("refund-desk", "review.decide", True),
        ("customer", "review.decide", False),
        ("customer", "orders.read", True),
        ("refund-desk", "orders.read", False),
        ("refund-desk", "orders.write", False),
        ("refund-desk", "refund.issue", False),
        ("refund-desk", "issue_refund", False),
    ],
)
def test_permissions_beside_actions(role: str, permission: str, expected: bool) -> None:
    engine = CedarEngine(DESK + READERS, ("orders.read",))
    assert (
        engine.permits("acme-shop", "shop-support", Principal(id="x", roles=(role,)), permission) is expected
    )


def test_a_forbidden_permission_is_not_granted() -> None:
    no = '@id("no") forbid (principal == User::"x", action == Action::"review.decide", resource);'
    reviewer = Principal(id="x", roles=("refund-desk",))
    assert not CedarEngine(DESK + no).permits("acme-shop", "shop-support", reviewer, "review.decide")


@pytest.mark.parametrize("name", ACTION_TYPES)
def test_every_action_is_denied_without_a_policy(name: str) -> None:
    engine = CedarEngine("")
    allowed, rules = engine._evaluate(
        "acme-shop", "shop-support", context().principal, name, {**FACTS, "reviewed": True}
    )
    assert (allowed, rules) == (False, ())
