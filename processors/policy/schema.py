"""The Cedar schema, generated from the actions and tools there are, so that a policy about anything else is refused."""

from collections.abc import Iterable

from pydantic import JsonValue

from schemas.actions import ACTION_TYPES

REVIEW_PERMISSION = "review.decide"
READ_PERMISSIONS = frozenset({"orders.read", "shipments.read", "stock.read", "refund_rules.read"})
"""Of the tools that tasks share; a policy need not use them."""

_FACTS: dict[str, str] = {
    "reviewed": "Boolean",
    "risk": "String",
    "tier": "String",
    "amount_cents": "Long",
    "currency": "String",
    "order_found": "Boolean",
    "owns_order": "Boolean",
    "within_order_total": "Boolean",
    "days_since_delivery": "Long",
    "prohibited_content": "Boolean",
    "injection_suspected": "Boolean",
    "same_actions_last_hour": "Long",
}
"""What enforce computes and every action's policies may read; absent numbers are -1."""


def cedar_schema(permissions: Iterable[str]) -> dict[str, JsonValue]:
    """Return the schema (Cedar's JSON form) for all actions and these further permissions."""
    actions: dict[str, JsonValue] = {
        name: _applies({}) for name in sorted({*permissions, *READ_PERMISSIONS, REVIEW_PERMISSION})
    }
    for action in ACTION_TYPES.values():
        actions[action.permission] = {}
    facts: dict[str, JsonValue] = {name: {"type": kind, "required": True} for name, kind in _FACTS.items()}
    for name, action in ACTION_TYPES.items():
        actions[name] = {**_applies(facts), "memberOf": [{"id": action.permission}]}
    return {"": {"entityTypes": _entity_types(), "actions": actions}}


def _applies(context: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        "appliesTo": {
            "principalTypes": ["User"],
            "resourceTypes": ["Task"],
            "context": {"type": "Record", "attributes": context},
        }
    }


def _entity_types() -> dict[str, JsonValue]:
    return {
        "Role": {},
        "Tenant": {},
        "User": {"memberOfTypes": ["Role"]},
        "Task": {"memberOfTypes": ["Tenant"]},
    }
