"""Events with sensible defaults, to vary by keyword: a customer of acme-shop wants money back for AB-100001."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

from schemas.actions import Action, HandToHuman, IssueRefund, SendReply
from schemas.base import derive_id
from schemas.codec import encode
from schemas.endings import ActionPublished, DeadLettered, Reserved, Settled
from schemas.envelope import Budget, Context, Message, Origin, Principal, Tier, advance, request_id
from schemas.knowledge import Chunk, Evidence, ToolResult
from schemas.proposals import Classification, Proposal, Proposed, Validated
from schemas.requests import Admitted, Content, Grounded, Hold, Redacted
from schemas.tasks import IntentSpec, Registry, ReviewerGrant, TaskSpec, TenantSpec
from schemas.verdicts import Decision, Judged, ReviewOpened, Ruling, Verdict
from schemas.wire import Headers, Inbound
from tests.vaults import vault

MOMENT = datetime(2025, 3, 3, 12, tzinfo=UTC)
DEADLINE = MOMENT + timedelta(minutes=15)
ORDER = "AB-100001"
VAULT = vault()
CLASSIFICATION = Classification(label="refund_request", confidence=0.9, model_version="test-1")
CHUNK = Chunk(
    chunk_id="returns#1",
    document_id="returns",
    document_version=1,
    title="Returns",
    text="You may return an article within 30 days\n of its delivery.",
    score=1.0,
)
TASK = TaskSpec(
    name="shop-support",
    description="a shop",
    languages=("en", "de"),
    actions=("send_reply", "ask_clarification", "issue_refund", "hand_to_human"),
    tools=("get_order",),
    intents={"refund_request": IntentSpec(action="issue_refund", by="rule", needs=("get_order",))},
    out_of_scope=IntentSpec(action="hand_to_human", by="template"),
    confidence_threshold=0.5,
    deadline_seconds=900,
    review_seconds=3600,
    budget=Budget(max_cost_usd=Decimal("0.02"), max_tokens=8000),
    human_queue="support",
)
REGISTRY = Registry(
    sources=(),
    tenants=(TenantSpec(name="acme-shop", daily_budget_usd=Decimal("0.20"), daily_tokens=80_000),),
    reviewers=(
        ReviewerGrant(id="anna", tenants=("acme-shop",), roles=("refund-desk",)),
        ReviewerGrant(id="bo", tenants=("nordwind",), roles=("refund-desk",)),
        ReviewerGrant(id="cleo", tenants=("acme-shop",), roles=("agent",)),
        ReviewerGrant(id="cust-1", tenants=("acme-shop",), roles=("refund-desk",)),
    ),
)


def context(number: int = 1, **changes: object) -> Context:
    """Return the context of the publisher's request of this number."""
    source_id = f"req-{number}"
    given: dict[str, object] = {
        "request_id": request_id("web-chat", "acme-shop", source_id),
        "source": "web-chat",
        "source_id": source_id,
        "tenant": "acme-shop",
        "principal": Principal(id="cust-1", roles=("customer",)),
        "task": "shop-support",
        "conversation_id": "conv-1",
        "language": "en",
        "received_at": MOMENT,
        "deadline": DEADLINE,
        "budget": TASK.budget,
        "origin": Origin(topic="requests", partition=0, offset=number),
        "trace_id": f"{number:032x}",
    }
    return Context.model_validate({**given, **changes})


def redacted(of: Context | None = None, **changes: object) -> Redacted:
    content = Content(text=f"Please refund {ORDER}", redaction_version="test-1")
    return Redacted.model_validate({"context": of or context(), "content": content, **changes})


def admitted(of: Context | None = None, **changes: object) -> Admitted:
    request = redacted(of)
    budget = request.context.budget
    reservation = derive_id(request.context.request_id, request.context.generation, "reservation")
    hold = Hold(reservation_id=reservation, cost_usd=budget.max_cost_usd, tokens=budget.max_tokens)
    return advance(Admitted, request, **{"hold": hold, **changes})


def order_found(**record: JsonValue) -> ToolResult:
    """Return the tool's record of the customer's own order, 40.00 EUR, delivered ten days ago."""
    found: dict[str, JsonValue] = {
        "order_number": ORDER,
        "owner_id": "cust-1",
        "amount": "40.00",
        "currency": "EUR",
        "days_since_delivery": 10,
    }
    return ToolResult(
        tool="get_order", arguments={"order_number": ORDER}, status="ok", record={**found, **record}
    )


def evidence(*results: ToolResult, chunks: tuple[Chunk, ...] = (CHUNK,)) -> Evidence:
    return Evidence(chunks=chunks, tool_results=results)


def grounded(of: Context | None = None, **changes: object) -> Grounded:
    return advance(Grounded, admitted(of), **{"evidence": evidence(order_found()), **changes})


def refund(amount: str = "40.00", **changes: object) -> IssueRefund:
    given = {"order_number": ORDER, "amount": Decimal(amount), "currency": "EUR", "reason": "damaged"}
    return IssueRefund.model_validate({**given, **changes})


def reply(body: str = "We are looking into it.", **changes: object) -> SendReply:
    given = {"language": "en", "subject": "Your order", "body": body, "confidence": 0.9}
    return SendReply.model_validate({**given, **changes})


def hand_over(**changes: object) -> HandToHuman:
    return HandToHuman.model_validate({"queue": "support", "reason": "asked_for", **changes})


def proposed(candidate: Action | str | None = None, of: Context | None = None, **changes: object) -> Proposed:
    """Return a proposal of an action, or of any text a model may have written."""
    action = refund() if candidate is None else candidate
    proposal = Proposal(
        proposal_id=proposal_id(of or context()),
        tier=Tier.LARGE,
        candidate=action if isinstance(action, str) else action.model_dump_json(),
        chosen_type="issue_refund" if isinstance(action, str) else action.type,
    )
    given = {"classification": CLASSIFICATION, "proposal": proposal}
    return advance(Proposed, grounded(of), **{**given, **changes})


def proposal_id(of: Context) -> UUID:
    return derive_id(of.request_id, of.generation, "proposal")


def validated(action: Action | None = None, of: Context | None = None, **changes: object) -> Validated:
    given = {
        "classification": CLASSIFICATION,
        "proposal_id": proposal_id(of or context()),
        "tier": Tier.RULES,
        "action": action or refund(),
    }
    return advance(Validated, grounded(of), **{**given, **changes})


def judged(
    action: Action | None = None, ruling: Ruling = Ruling.ALLOW, of: Context | None = None, **changes: object
) -> Judged:
    """Return a verdict that is bound to the payload as enforce binds it."""
    event = validated(action, of, **changes)
    digest = VAULT.digest(event.context, event.action, event.vault)
    verdict = Verdict(ruling=ruling, rules=("some-rule",), policy_version="v1", payload_digest=digest)
    return advance(Judged, event, verdict=verdict)


def review_opened(action: Action | None = None, of: Context | None = None, **changes: object) -> ReviewOpened:
    event = judged(action, Ruling.REVIEW, of)
    given = {
        "review_id": derive_id(event.context.action_id, "review", event.context.generation),
        "opened_at": MOMENT,
        "expires_at": MOMENT + timedelta(hours=1),
    }
    return advance(ReviewOpened, event, **{**given, **changes})


def decision(review: ReviewOpened, **changes: object) -> Decision:
    """Return anna's approval of a review."""
    given = {
        "decision_id": derive_id(review.review_id, "decision"),
        "review_id": review.review_id,
        "tenant": review.context.tenant,
        "reviewer_id": "anna",
        "decision": "approve",
        "payload_digest": review.verdict.payload_digest,
    }
    return Decision.model_validate({**given, **changes})


def published(action: Action | None = None, of: Context | None = None, **changes: object) -> ActionPublished:
    """Return an action that nobody has signed."""
    event = judged(action, Ruling.ALLOW, of)
    given = {
        "id": event.context.action_id,
        "twin": event.action,
        "rules": event.verdict.rules,
        "policy_version": event.verdict.policy_version,
        "payload_digest": event.verdict.payload_digest,
    }
    return advance(ActionPublished, event, **{**given, **changes})


def dead_letter(of: Context | None = None, **changes: object) -> DeadLettered:
    given = {
        "context": of or context(),
        "stage": "classify",
        "reason": "some_reason",
        "source": Origin(topic="requests.grounded", partition=0, offset=1),
        "failed_at": MOMENT,
    }
    return DeadLettered.model_validate({**given, **changes})


def reserved(of: Context | None = None, **changes: object) -> Reserved:
    event = admitted(of)
    hold = event.hold.model_dump()
    given = {"day": "2025-03-03", "expires_at": event.context.deadline + timedelta(hours=1)}
    return advance(Reserved, event, **{**hold, **given, **changes})


def settled(of: Context | None = None, **changes: object) -> Settled:
    hold = admitted(of).hold
    given = {"reservation_id": hold.reservation_id, "cost_usd": Decimal("0.001"), "tokens": 100}
    return advance(Settled, admitted(of), **{**given, "day": "2025-03-03", **changes})


def inbound(message: Message, *, offset: int = 7, partition: int = 0, headers: Headers = ()) -> Inbound:
    """Return a message as a stage reads it, with an id of its own unless the headers give one."""
    own = () if any(name == "ce_id" for name, _ in headers) else (("ce_id", _id(message, offset)),)
    return Inbound(message.topic, partition, offset, b"key", encode(message), own + headers, MOMENT)


def _id(message: Message, offset: int) -> bytes:
    return str(derive_id("test", message.topic, offset)).encode()
