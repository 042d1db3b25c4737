"""One complete, invented message of every class, always the same. Other suites start from these."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from schemas.actions import Citation, IssueRefund, PassageSource, RecordSource, SendReply, Source
from schemas.base import derive_id
from schemas.endings import (
    ActionPublished,
    Approval,
    Audited,
    Control,
    DeadLettered,
    OutcomeReported,
    PolicyPublished,
    Reserved,
    Settled,
    Signature,
    State,
    StatusChanged,
)
from schemas.envelope import (
    Budget,
    ChunkUse,
    Context,
    Message,
    ModelCall,
    Note,
    Origin,
    Principal,
    Tier,
    Usage,
    Work,
    advance,
    request_id,
)
from schemas.knowledge import AccessList, Chunk, Document, Evidence, Signal, ToolResult
from schemas.proposals import (
    Classification,
    Escalated,
    LookupRequested,
    Proposal,
    Proposed,
    Validated,
    Violation,
)
from schemas.requests import (
    Admitted,
    Content,
    Finding,
    Grounded,
    Hold,
    Redacted,
    Request,
    SealedValue,
    SealedVault,
    Turn,
)
from schemas.verdicts import Decision, Judged, ReviewOpened, Ruling, Verdict

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PERSON = "<PERSON_7f3a1c05>"
DIGEST = "ab" * 32
POLICY = "cd" * 32


def request() -> Request:
    return Request(
        id="msg-1001",
        source="web-chat",
        tenant="nordwind",
        principal=Principal(id="customer-17", roles=("customer",)),
        task="shop-support",
        conversation_id="conv-204",
        text="Hello, Anna Beispiel here. Order NW-104233 came broken, may I have my money back?",
        fields={"order_value": 59.9, "gift": False, "channel": "chat", "items": 1, "coupon": None},
        turns=(Turn(role="assistant", text="How can we help?"),),
        language="en",
        deadline=NOW + timedelta(minutes=30),
        priority="high",
        budget=Budget(max_cost_usd=Decimal("0.02"), max_tokens=4000),
    )


def origin() -> Origin:
    return Origin(topic="requests", partition=2, offset=1841)


def context() -> Context:
    asked = request()
    return Context(
        request_id=request_id(asked.source, asked.tenant, asked.id),
        source=asked.source,
        source_id=asked.id,
        generation=1,
        tenant=asked.tenant,
        principal=asked.principal,
        task=asked.task,
        conversation_id=asked.conversation_id,
        language="en",
        received_at=NOW,
        deadline=NOW + timedelta(minutes=30),
        priority="high",
        budget=Budget(max_cost_usd=Decimal("0.02"), max_tokens=4000),
        origin=origin(),
        trace_id="0af7651916cd43dd8448eb211c80319c",
    )


def model_call() -> ModelCall:
    return ModelCall(
        call_id=derive_id("example", "call"),
        tier=Tier.LARGE,
        provider="local",
        model="small-instruct",
        purpose="draft",
        prompt_version="draft-3",
        attempt=2,
        status="ok",
        finish_reason="stop",
        input_tokens=412,
        cached_tokens=128,
        output_tokens=96,
        reasoning_tokens=8,
        estimated=True,
        cost_usd=Decimal("0.000321"),
        price_version="2026-03-01",
        latency_ms=1530,
        prompt=f"Customer: {PERSON} asks for a refund.",
        response='{"subject": "Your refund"}',
        temporary_failure=False,
    )


def usage() -> Usage:
    return Usage().plus((model_call(),))


def work(stage: str) -> Work:
    return Work(
        stage=stage,
        started_at=NOW + timedelta(seconds=1),
        wall_us=2100,
        cpu_us=900,
        attempt=1,
        model_calls=(model_call(),),
        chunk_uses=(
            ChunkUse(
                chunk_id="refunds:0",
                document_id="refunds",
                rank=1,
                score=0.83,
                permitted=True,
                permitted_by="role:customer",
                access_version="0f3c55aa91d27be4",
                lexical_score=7.25,
                semantic_score=0.61,
                age_days=12.5,
            ),
        ),
        notes=(Note(name="rule", value="refund_needs_order"),),
    )


def redacted() -> Redacted:
    return Redacted(
        context=context(),
        usage=usage(),
        work=work("redact"),
        content=Content(
            text=f"Hello, {PERSON} here. Order NW-104233 came broken, may I have my money back?",
            fields={"order_value": 59.9, "gift": False, "channel": "chat", "items": 1, "coupon": None},
            turns=(Turn(role="assistant", text="How can we help?"),),
            identifiers={"order_number": "NW-104233"},
            findings=(Finding(entity="PERSON", count=1),),
            signals=(Signal(kind="instruction_override", start=12, end=30),),
            redaction_version="rules-5",
        ),
        vault=SealedVault(
            key_id="5b0f6c1de2a34c7f9d08b1a2c3d4e5f6",
            key_version=1,
            values=(SealedValue(placeholder=PERSON, nonce="AAECAwQFBgcICQoL", ciphertext="c2VhbGVk"),),
        ),
    )


def admitted() -> Admitted:
    hold = Hold(reservation_id=derive_id("example", "hold"), cost_usd=Decimal("0.02"), tokens=4000)
    return advance(Admitted, redacted(), work=work("admit"), hold=hold)


def evidence() -> Evidence:
    return Evidence(
        chunks=(
            Chunk(
                chunk_id="refunds:0",
                document_id="refunds",
                document_version=3,
                title="Refunds",
                text="Broken goods are refunded within 30 days.",
                score=0.83,
            ),
        ),
        tool_results=(
            ToolResult(
                tool="get_order",
                arguments={"order_number": "NW-104233"},
                status="ok",
                record={"status": "delivered", "total_cents": 5990, "currency": "EUR"},
            ),
        ),
    )


def sources() -> tuple[Source, ...]:
    passage = PassageSource(
        chunk_id="refunds:0",
        document_id="refunds",
        version=3,
        title="Refunds",
        owner="nordwind",
        access_version="0f3c55aa91d27be4",
    )
    return (passage, RecordSource(tool="get_order", read_at=NOW))


def grounded() -> Grounded:
    return advance(Grounded, admitted(), work=work("ground"), evidence=evidence(), lookup_rounds=1)


def classification() -> Classification:
    return Classification(label="refund", confidence=0.91, out_of_scope=False, model_version="intents-2")


def refund() -> IssueRefund:
    return IssueRefund(
        order_number="NW-104233", amount=Decimal("59.90"), currency="EUR", reason="damaged_goods"
    )


def reply(body: str) -> SendReply:
    return SendReply(
        language="en",
        subject="Your refund",
        body=body,
        citations=(Citation(chunk_id="refunds:0", quote="refunded within 30 days"),),
        confidence=0.9,
    )


def proposed() -> Proposed:
    proposal = Proposal(
        proposal_id=derive_id("example", "proposal"),
        tier=Tier.RULES,
        candidate=refund().model_dump_json(),
        chosen_type="issue_refund",
        shown=("refunds:0",),
    )
    return advance(
        Proposed,
        grounded(),
        work=work("classify"),
        classification=classification(),
        proposal=proposal,
        repairs=1,
    )


def escalated() -> Escalated:
    return advance(
        Escalated,
        grounded(),
        work=work("validate"),
        classification=classification(),
        chosen_type="send_reply",
        reason="repair",
        repairs=1,
        violations=(Violation(error="string_too_long", field="subject"),),
    )


def lookup_requested() -> LookupRequested:
    return advance(
        LookupRequested,
        grounded(),
        work=work("validate"),
        classification=classification(),
        tool="get_order",
        arguments={"order_number": "NW-104233"},
    )


def validated() -> Validated:
    return advance(
        Validated,
        proposed(),
        work=work("validate"),
        proposal_id=derive_id("example", "proposal"),
        tier=Tier.RULES,
        action=refund(),
        sources=sources(),
    )


def judged() -> Judged:
    verdict = Verdict(
        ruling=Ruling.REVIEW,
        rules=("refund-over-50-needs-review",),
        policy_version=POLICY,
        payload_digest=DIGEST,
    )
    return advance(Judged, validated(), work=work("enforce"), verdict=verdict)


def review_opened() -> ReviewOpened:
    return advance(
        ReviewOpened,
        judged(),
        work=work("settle"),
        review_id=derive_id("example", "review"),
        opened_at=NOW + timedelta(seconds=2),
        expires_at=NOW + timedelta(hours=4),
    )


def decision() -> Decision:
    return Decision(
        decision_id=derive_id("example", "decision"),
        review_id=derive_id("example", "review"),
        tenant="nordwind",
        reviewer_id="reviewer-anna",
        decision="approve",
        payload_digest=DIGEST,
        reason="within_goodwill",
    )


def action_published() -> ActionPublished:
    approval = Approval(
        review_id=derive_id("example", "review"),
        decision_id=derive_id("example", "decision"),
        reviewer_id="reviewer-anna",
        payload_digest=DIGEST,
        decided_at=NOW + timedelta(minutes=5),
    )
    return ActionPublished(
        context=context(),
        usage=usage(),
        work=work("settle"),
        id=context().action_id,
        action=reply("Dear Anna Beispiel, your money is on its way."),
        twin=reply(f"Dear {PERSON}, your money is on its way."),
        tier=Tier.LARGE,
        evidence=evidence(),
        sources=sources(),
        rules=("refund-over-50-needs-review",),
        policy_version=POLICY,
        payload_digest=DIGEST,
        approval=approval,
        signature=Signature(key_id="signing-1", value="c2lnbmVk"),
    )


def dead_lettered() -> DeadLettered:
    return DeadLettered(
        context=context(),
        usage=usage(),
        work=work("escalate"),
        stage="escalate",
        reason="model_unavailable",
        detail="the endpoint answered 503",
        error_class="Retryable",
        retryable=True,
        attempts=4,
        source=Origin(topic="escalations", partition=0, offset=77),
        failed_at=NOW + timedelta(minutes=30),
        policy_version=POLICY,
        rules=("refund-over-50-needs-review",),
        review_id=derive_id("example", "review"),
        body={"reason": "low_confidence", "repairs": 0, "violations": [], "final": True, "note": None},
    )


def audited() -> Audited:
    return Audited(
        context=context(),
        work=work("admit"),
        stage="admit",
        kind="duplicate",
        source=Origin(topic="requests.redacted", partition=1, offset=12),
        detail="the same request was published before",
    )


def reserved() -> Reserved:
    return Reserved(
        context=context(),
        usage=usage(),
        work=work("admit"),
        reservation_id=derive_id("example", "hold"),
        cost_usd=Decimal("0.02"),
        tokens=4000,
        day="2026-03-02",
        expires_at=NOW + timedelta(hours=1),
    )


def settled() -> Settled:
    return Settled(
        context=context(),
        usage=usage(),
        work=work("account"),
        reservation_id=derive_id("example", "hold"),
        cost_usd=Decimal("0.000321"),
        tokens=508,
        day="2026-03-02",
    )


def status_changed() -> StatusChanged:
    return StatusChanged.of(context(), State.ACTED, "allowed", "send_reply")


def outcome_reported() -> OutcomeReported:
    return OutcomeReported(
        action_id=context().action_id,
        tenant="nordwind",
        system="shop-desk",
        outcome="rated",
        at=NOW + timedelta(days=1),
        satisfaction=4,
    )


def document() -> Document:
    return Document(
        tenant="nordwind",
        document_id="refunds",
        version=3,
        title="Refunds",
        media_type="text/markdown",
        text="Broken goods are refunded within 30 days.",
        language="en",
        valid_from=NOW - timedelta(days=100),
        valid_until=NOW + timedelta(days=100),
        access=AccessList(tenants=("acme-shop",), roles=("customer", "agent"), principals=("customer-17",)),
        document_type="policy",
        product_area="kitchen",
    )


def control() -> Control:
    return Control(action_type="issue_refund", tenant="nordwind", engaged=True, by="operator-1")


def policy_published() -> PolicyPublished:
    return PolicyPublished(
        tenant="nordwind",
        task="shop-support",
        version=POLICY,
        cedar='@id("none")\nforbid (principal, action, resource);',
    )


BUILDERS: tuple[Callable[[], Message], ...] = (
    request,
    redacted,
    admitted,
    grounded,
    proposed,
    escalated,
    lookup_requested,
    validated,
    judged,
    review_opened,
    decision,
    action_published,
    dead_lettered,
    audited,
    reserved,
    settled,
    status_changed,
    outcome_reported,
    document,
    control,
    policy_published,
)

EXAMPLES: dict[type[Message], Message] = {
    type(message): message for message in (build() for build in BUILDERS)
}
