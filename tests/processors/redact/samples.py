"""Requests to vary by keyword, and who may make them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from processors.redact import PatternDetector, Redact
from schemas.envelope import Budget
from schemas.ports import Detector
from schemas.tasks import (
    IdentifierSpec,
    IntentSpec,
    RedactionSpec,
    Registry,
    SourceGrant,
    TaskSpec,
    TenantSpec,
)
from schemas.wire import Headers, Inbound
from tests.vaults import vault

MOMENT = datetime(2025, 3, 3, 12, tzinfo=UTC)
TASK = TaskSpec(
    name="shop-support",
    description="a shop",
    languages=("en", "de", "fr", "es"),
    actions=("send_reply",),
    identifiers=(IdentifierSpec(name="order_number", pattern="[A-Z]{2}-[0-9]{6}"),),
    intents={},
    out_of_scope=IntentSpec(action="hand_to_human", by="template"),
    confidence_threshold=0.5,
    deadline_seconds=900,
    review_seconds=3600,
    budget=Budget(max_cost_usd=Decimal("0.02"), max_tokens=8000),
)
TASKS = {"shop-support": TASK, "returns": TASK.model_copy(update={"name": "returns"})}
REGISTRY = Registry(
    sources=(
        SourceGrant(
            source="web-chat", tenants=("acme-shop", "gone"), tasks=("shop-support",), roles=("customer",)
        ),
    ),
    tenants=(
        TenantSpec(name="acme-shop", daily_budget_usd=Decimal(1)),
        TenantSpec(name="nordwind", daily_budget_usd=Decimal(1)),
    ),
)
VAULT = vault()


def document(**changes: object) -> dict[str, object]:
    """Return a valid request; a change to None takes the member away."""
    given: dict[str, object] = {
        "id": "req-1",
        "source": "web-chat",
        "tenant": "acme-shop",
        "principal": {"id": "cust-1", "roles": ["customer"]},
        "task": "shop-support",
        "conversation_id": "conv-1",
        "text": "Where is my order?",
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def message(value: bytes | None, headers: Headers = ()) -> Inbound:
    return Inbound("requests", 2, 7, None, value, headers, MOMENT)


def published(headers: Headers = (), /, **changes: object) -> Inbound:
    """Return a request as its publisher wrote it."""
    return message(json.dumps(document(**changes)).encode(), headers)


def stage(detector: Detector | None = None, spec: RedactionSpec | None = None) -> Redact:
    """Return the stage, with the task's redaction as given."""
    redaction = spec or TASK.redaction
    tasks = {name: task.model_copy(update={"redaction": redaction}) for name, task in TASKS.items()}
    return Redact(REGISTRY, tasks, detector or PatternDetector(), VAULT)


def rendered(errors: Iterable[BaseException]) -> str:
    """Return all that could be printed of errors: texts, arguments, and whatever led to them."""
    seen: list[str] = []
    waiting = [*errors]
    while waiting:
        error = waiting.pop()
        seen += [str(error), repr(error), repr(error.args), repr(vars(error))]
        waiting += [related for related in (error.__cause__, error.__context__) if related is not None]
    return "\n".join(seen)
