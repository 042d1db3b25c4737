"""Actions that code computes from records; the requester's words choose only which record is asked for."""

from collections.abc import Callable, Mapping

from processors.classify.case import Case
from processors.records import amount
from schemas.actions import Action, IssueRefund
from schemas.tasks import IntentSpec

MISSING = "missing_argument"
"""Status of a tool that was asked without an argument it needs."""


def unmet_need(case: Case, intent: IntentSpec) -> Action | None:
    """Return what to do when a tool the intent needs has no record: ask back, or hand over; None if all have one.

    A record that may not be read is answered like one that does not exist, unless money is asked for: then a person
    looks at it.
    """
    for tool in intent.needs:
        result = case.result(tool)
        status = result.status if result else MISSING
        if status != "ok":
            return _without_record(case, intent, tool, status)
    return None


def _without_record(case: Case, intent: IntentSpec, tool: str, status: str) -> Action:
    missing = case.missing_identifiers()
    if status == MISSING and missing:
        return case.ask(f"{missing[0]}_missing", missing)
    if status == "not_found" or (status == "not_permitted" and intent.by != "rule"):
        return case.ask(f"{tool}_not_found", tuple(case.event.content.identifiers))
    return case.hand_over(f"{tool}_{'not_permitted' if status == 'not_permitted' else 'unavailable'}")


def refund(case: Case) -> Action:
    """Refund the whole of a delivered order as the shop's record has it; anything else is for a person."""
    result = case.result("get_order")
    record = result.record if result else {}
    total = amount(record.get("amount"))
    if record.get("status") != "delivered" or total is None or total <= 0:
        return case.hand_over("not_refundable")
    return IssueRefund(
        order_number=str(record["order_number"]),
        amount=total,
        currency=str(record["currency"]),
        reason="requested_by_customer",
    )


RULES: Mapping[str, Callable[[Case], Action]] = {"issue_refund": refund}
"""The rule that computes each action type an intent may take `by: rule`."""
