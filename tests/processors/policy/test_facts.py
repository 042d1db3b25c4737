"""The facts fit the schema for every action there is."""

import pytest

from processors.policy.facts import ABSENT, facts
from processors.policy.schema import READ_PERMISSIONS, REVIEW_PERMISSION, cedar_schema
from schemas.actions import ACTION_TYPES, Action, AskClarification
from tests.events import evidence, hand_over, order_found, refund, reply, validated

ACTIONS: dict[str, Action] = {
    "send_reply": reply(),
    "ask_clarification": AskClarification(language="en", question="Which order?"),
    "issue_refund": refund(),
    "hand_to_human": hand_over(),
}


def test_every_action_type_is_tried_here() -> None:
    assert ACTIONS.keys() == ACTION_TYPES.keys()


@pytest.mark.parametrize("name", ACTIONS)
def test_facts_are_exactly_what_the_schema_requires(name: str) -> None:
    schema = cedar_schema(())[""]
    assert isinstance(schema, dict)
    actions = schema["actions"]
    assert isinstance(actions, dict)
    applies = actions[name]["appliesTo"]["context"]["attributes"]  # type: ignore[index,call-overload]
    assert facts(validated(ACTIONS[name]), 0).keys() | {"reviewed"} == applies.keys()  # type: ignore[union-attr]


def test_permissions_are_actions_of_the_schema() -> None:
    schema = cedar_schema(("orders.read",))[""]
    assert isinstance(schema, dict)
    actions = schema["actions"]
    assert isinstance(actions, dict)
    granted = {action.permission for action in ACTION_TYPES.values()}
    assert actions.keys() == {*READ_PERMISSIONS, REVIEW_PERMISSION, *granted, *ACTION_TYPES}


def test_the_facts_of_a_refund_come_from_the_tools_record() -> None:
    found = facts(validated(), 3)
    assert found == {
        "risk": "high",
        "tier": "rules",
        "prohibited_content": False,
        "injection_suspected": False,
        "same_actions_last_hour": 3,
        "amount_cents": 4000,
        "currency": "EUR",
        "within_order_total": True,
        "order_found": True,
        "owns_order": True,
        "days_since_delivery": 10,
    }


def test_what_is_not_known_is_absent_and_owned_by_nobody() -> None:
    found = facts(validated(evidence=evidence(order_found(days_since_delivery=None, owner_id=None))), 0)
    assert (found["days_since_delivery"], found["owns_order"]) == (ABSENT, False)
    other = facts(validated(hand_over()), 0)
    assert (other["amount_cents"], other["order_found"], other["within_order_total"]) == (
        ABSENT,
        False,
        False,
    )
