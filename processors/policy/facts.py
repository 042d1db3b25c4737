"""What enforce tells policy about an action: computed here from records and detectors, never from a model's word."""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from processors.records import amount
from processors.redact.readings.normalising import normalise
from processors.texts import strings
from schemas.actions import Action, IssueRefund
from schemas.knowledge import Evidence
from schemas.proposals import Validated

ABSENT = -1

_PROHIBITED = re.compile(
    r"""
    https?:// | www\.                                           # links are not for a model to give
    | \b(?:guarantee[ds]?|legal(?:ly)?\s+(?:liable|obliged)|admit\s+(?:fault|liability)|lawsuit)\b
    | \b(?:your|the)\s+(?:password|pin|cvv|api\s+key|access\s+token)\s+is\b
    | \b(?:system\s+prompt|as\s+an?\s+(?:ai|language\s+model)|ignore\s+(?:all\s+)?previous\s+instructions)\b
    | \b(?:we|i)(?:\s+(?:have|will)|['\u2019](?:ve|ll))\s+(?:already\s+)?refund(?:ed)?\b  # a reply does not pay money
    """,
    re.IGNORECASE | re.VERBOSE,
)


def facts(event: Validated, same_actions_last_hour: int) -> dict[str, JsonValue]:
    """Return the attributes of `processors.policy.schema` for an action, except `reviewed`."""
    order = _order(event.evidence, event.action)
    return {
        "risk": event.action.risk.value,
        "tier": event.tier.value,
        "prohibited_content": any(_PROHIBITED.search(normalise(text).text) for text in strings(event.action)),
        "injection_suspected": bool(event.content.signals),
        "same_actions_last_hour": same_actions_last_hour,
        **_money(event.action, order),
        **_ownership(event, order),
    }


def _order(evidence: Evidence, action: Action) -> Mapping[str, JsonValue] | None:
    if not isinstance(action, IssueRefund):
        return None
    return next(
        (
            result.record
            for result in evidence.tool_results
            if result.tool == "get_order"
            and result.status == "ok"
            and result.record.get("order_number") == action.order_number
        ),
        None,
    )


def _money(action: Action, order: Mapping[str, JsonValue] | None) -> dict[str, JsonValue]:
    if not isinstance(action, IssueRefund):
        return {"amount_cents": ABSENT, "currency": "", "within_order_total": False}
    total = amount(order.get("amount") if order else None)
    same_currency = order is not None and order.get("currency") == action.currency
    return {
        "amount_cents": int(action.amount * 100),
        "currency": action.currency,
        "within_order_total": total is not None and same_currency and action.amount <= total,
    }


def _ownership(event: Validated, order: Mapping[str, JsonValue] | None) -> dict[str, JsonValue]:
    days = order.get("days_since_delivery") if order else None
    return {
        "order_found": order is not None,
        "owns_order": order is not None and order.get("owner_id") == event.context.principal.id,
        "days_since_delivery": days if isinstance(days, int) else ABSENT,
    }
