"""Messages of the line as the stages write them, with marked values where personal data stands or must not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from schemas.actions import IssueRefund, SendReply
from schemas.base import derive_id
from schemas.cloudevents import headers
from schemas.codec import encode
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
    SealedValue,
    SealedVault,
    Turn,
)
from schemas.verdicts import Decision, Judged, ReviewOpened, Ruling, Verdict
from schemas.wire import Inbound

M = TypeVar("M", bound=Message)

NAME = "Marie Skłodowska"
"""Stands in the restored action only."""

CIPHERTEXT = "c2VhbGVkLW9yaWdpbmFs"
"""Stands in vaults only."""

TITLE = "Letter from Pierre"
"""Stands in a document before it is redacted."""

NOW = datetime.now(UTC).replace(microsecond=0)
DIGEST = "a" * 64


def context(source_id: str = "r-1", generation: int = 0, **changes: object) -> Context:
    whole: dict[str, object] = {
        "request_id": request_id("shop/web", "acme", source_id),
        "source": "shop/web",
        "source_id": source_id,
        "generation": generation,
        "tenant": "acme",
        "principal": Principal(id="customer:1", roles=("customer",)),
        "task": "shop_support",
        "conversation_id": "c-1",
        "language": "en",
        "received_at": NOW,
        "deadline": NOW + timedelta(minutes=5),
        "budget": Budget(max_cost_usd=Decimal("0.05"), max_tokens=4000),
        "origin": Origin(topic="requests", partition=1, offset=7),
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }
    return Context.model_validate(whole | changes)


def call(number: int = 1, cost: str = "0.000123456789", **changes: object) -> ModelCall:
    whole: dict[str, object] = {
        "call_id": derive_id("call", number),
        "tier": Tier.LARGE,
        "provider": "openai",
        "model": "m-1",
        "purpose": "draft",
        "prompt_version": "p1",
        "attempt": 1,
        "status": "ok",
        "input_tokens": 100,
        "output_tokens": 20,
        "cost_usd": Decimal(cost),
        "price_version": "2026-11",
        "latency_ms": 900,
        "prompt": "Dear <PERSON_1a2b>",
        "response": '{"body": "Hello <PERSON_1a2b>"}',
    }
    return ModelCall.model_validate(whole | changes)


def work(stage: str, *calls: ModelCall, uses: Iterable[ChunkUse] = (), **changes: object) -> Work:
    whole: dict[str, object] = {
        "stage": stage,
        "started_at": NOW + timedelta(seconds=1),
        "wall_us": 2000,
        "cpu_us": 1500,
        "model_calls": calls,
        "chunk_uses": tuple(uses),
        "notes": (Note(name="step", value="done"),),
    }
    return Work.model_validate(whole | changes)


CONTENT = Content(
    text="I am <PERSON_1a2b>, where is my order?",
    fields={"channel": "web"},
    turns=(Turn(role="requester", text="Hi"),),
    identifiers={"order_number": "AB-123456"},
    findings=(Finding(entity="PERSON", count=2),),
    signals=(Signal(kind="instruction", start=0, end=4),),
    redaction_version="r1",
)
VAULT = SealedVault(
    key_id="k1", values=(SealedValue(placeholder="<PERSON_1a2b>", nonce="bm9uY2U=", ciphertext=CIPHERTEXT),)
)
USES = (
    ChunkUse(
        chunk_id="d-1#0", document_id="d-1", rank=1, score=0.9, permitted=True, permitted_by="role:customer"
    ),
    ChunkUse(
        chunk_id="d-2#0", document_id="d-2", rank=2, score=0.8, permitted=False, permitted_by="no_entry"
    ),
)
EVIDENCE = Evidence(
    chunks=(
        Chunk(chunk_id="d-1#0", document_id="d-1", document_version=1, title="T", text="Text", score=0.9),
    ),
    tool_results=(
        ToolResult(tool="get_order", arguments={"order_number": "AB-123456"}, status="ok", record={"a": 1}),
    ),
)
MADE = Classification(label="order_status", confidence=0.93, model_version="c1")
TWIN = SendReply(language="en", subject="Your order", body="Dear <PERSON_1a2b>", confidence=0.9)
RESTORED = TWIN.model_copy(update={"body": f"Dear {NAME}"})
REFUND = IssueRefund(order_number="AB-123456", amount=Decimal("19.99"), currency="EUR", reason="damaged")
VERDICT = Verdict(ruling=Ruling.ALLOW, rules=("allow_reply",), policy_version="b" * 64, payload_digest=DIGEST)


def made(cls: type[M], **values: object) -> M:
    return cls.model_validate(values)


@dataclass
class Line:
    """Writes messages of one request and generation, each with its place, as a broker would hand them out."""

    of: Context = field(default_factory=context)
    partition: int = 1
    offset: int = 0

    def redacted(self) -> Redacted:
        return made(Redacted, context=self.of, work=work("redact"), content=CONTENT, vault=VAULT)

    def admitted(self) -> Admitted:
        return made(Admitted, context=self.of, work=work("admit"), **self._admitted())

    def grounded(self) -> Grounded:
        return made(
            Grounded, context=self.of, work=work("ground", uses=USES), evidence=EVIDENCE, **self._admitted()
        )

    def escalated(self) -> Escalated:
        violations = (Violation(error="too_long", field="body"),)
        return made(Escalated, context=self.of, work=work("classify"), classification=MADE, chosen_type="send_reply",
            reason="low_confidence", violations=violations, evidence=EVIDENCE, **self._admitted(),
        )  # fmt: skip

    def lookup(self) -> LookupRequested:
        return made(LookupRequested, context=self.of, work=work("validate"), classification=MADE, tool="get_order",
            arguments={"order_number": "AB-123456"}, **self._admitted(),
        )  # fmt: skip

    def proposed(self) -> Proposed:
        proposal = Proposal(
            proposal_id=self.proposal_id, tier=Tier.LARGE, candidate="{}", chosen_type="send_reply"
        )
        calls = (call(1, "0.0001"), call(2, "0.000223456789", attempt=2, status="timeout"))
        return made(Proposed, context=self.of, usage=Usage().plus(calls), work=work("escalate", *calls), classification=MADE,
            proposal=proposal, evidence=EVIDENCE, **self._admitted(),
        )  # fmt: skip

    def validated(self) -> Validated:
        return made(Validated, context=self.of, work=work("validate"), **self._valid())

    def judged(self) -> Judged:
        return made(Judged, context=self.of, work=work("enforce"), verdict=VERDICT, **self._valid())

    def review(self, opens: timedelta = timedelta(hours=1)) -> ReviewOpened:
        verdict = VERDICT.model_copy(update={"ruling": Ruling.REVIEW, "rules": ("refund_over_limit",)})
        return made(ReviewOpened, context=self.of, work=work("settle"), verdict=verdict, review_id=self.review_id, opened_at=NOW,
            expires_at=NOW + opens, **{**self._valid(), "action": REFUND},
        )  # fmt: skip

    def decision(self) -> Decision:
        return Decision(
            decision_id=derive_id("decision", self.review_id), review_id=self.review_id, tenant=self.of.tenant,
            reviewer_id="reviewer:1", decision="approve", payload_digest=DIGEST, reason="checked",
        )  # fmt: skip

    def action(self, approval: Approval | None = None) -> ActionPublished:
        return ActionPublished(
            context=self.of, usage=Usage().plus((call(),)), work=work("settle"), id=self.of.action_id,
            action=RESTORED, twin=TWIN, tier=Tier.LARGE, evidence=EVIDENCE, rules=("allow_reply",),
            policy_version="b" * 64, payload_digest=DIGEST, approval=approval,
            signature=Signature(key_id="s1", value="c2ln"),
        )  # fmt: skip

    def approval(self) -> Approval:
        return Approval(
            review_id=self.review_id, decision_id=derive_id("decision", self.review_id), reviewer_id="reviewer:1",
            payload_digest=DIGEST, decided_at=NOW,
        )  # fmt: skip

    def dead_letter(self, reason: str = "deadline", **changes: object) -> DeadLettered:
        whole: dict[str, object] = {
            "context": self.of,
            "work": work("admit"),
            "stage": "admit",
            "reason": reason,
            "source": Origin(topic="requests.redacted", partition=1, offset=7),
            "failed_at": NOW + timedelta(seconds=2),
            "body": {"content": CONTENT.model_dump(mode="json"), "vault": VAULT.model_dump(mode="json")},
        }
        return DeadLettered.model_validate(whole | changes)

    def unread(self, offset: int = 3) -> DeadLettered:
        source = Origin(topic="requests", partition=0, offset=offset)
        return self.dead_letter(
            "not_json", context=None, stage="redact", source=source, body=None, work=Work(stage="redact")
        )

    def audited(self) -> Audited:
        source = Origin(topic="requests.redacted", partition=1, offset=9)
        return Audited(context=self.of, work=work("admit"), stage="admit", kind="duplicate", source=source)

    def reserved(self) -> Reserved:
        return Reserved(
            context=self.of, work=work("admit"), reservation_id=self.reservation_id, cost_usd=Decimal("0.05"),
            tokens=4000, day=NOW.date().isoformat(), expires_at=NOW + timedelta(hours=1),
        )  # fmt: skip

    def settled(self, cost: str = "0.000323456789") -> Settled:
        return Settled(
            context=self.of, work=work("account"), reservation_id=self.reservation_id, cost_usd=Decimal(cost),
            tokens=240, day=NOW.date().isoformat(),
        )  # fmt: skip

    def status(self) -> StatusChanged:
        return StatusChanged.of(self.of, State.ACTED, "send_reply", "send_reply")

    def outcome(self) -> OutcomeReported:
        return OutcomeReported(
            action_id=self.of.action_id, tenant=self.of.tenant, system="shop/mail", outcome="accepted", at=NOW,
            satisfaction=5,
        )  # fmt: skip

    def document(self) -> Document:
        return Document(
            tenant=self.of.tenant, document_id="d-1", version=1, title=TITLE, text=f"{NAME} wrote this.",
            access=AccessList(roles=("customer",), principals=("customer:1",)),
        )  # fmt: skip

    def control(self) -> Control:
        return Control(action_type="issue_refund", engaged=True, by="operator:1")

    def policy(self) -> PolicyPublished:
        return PolicyPublished(
            task="shop_support", version="b" * 64, cedar="permit(principal, action, resource);"
        )

    def every(self) -> list[Message]:
        """Return a message of every class that is recorded."""
        return [
            self.redacted(), self.reserved(), self.admitted(), self.grounded(), self.escalated(), self.lookup(),
            self.proposed(), self.validated(), self.judged(), self.review(), self.decision(),
            self.action(self.approval()), self.status(), self.settled(), self.outcome(), self.dead_letter(),
            self.unread(), self.audited(), self.document(), self.control(), self.policy(),
        ]  # fmt: skip

    def way(self) -> list[Message]:
        """Return the messages of a request that the larger model answers."""
        return [
            self.redacted(), self.reserved(), self.admitted(), self.grounded(), self.escalated(), self.proposed(),
            self.validated(), self.judged(), self.action(), self.status(), self.settled(),
        ]  # fmt: skip

    @property
    def proposal_id(self) -> UUID:
        return derive_id("proposal", self.of.request_id, self.of.generation)

    @property
    def review_id(self) -> UUID:
        return derive_id("review", self.of.request_id, self.of.generation)

    @property
    def reservation_id(self) -> UUID:
        return derive_id("reservation", self.of.request_id, self.of.generation)

    def record(self, message: Message, **changes: object) -> Inbound:
        """Return the message as the next record of its topic, with the headers a stage gives it."""
        self.offset += 1
        event_id = derive_id("event", self.of.request_id, self.of.generation, self.partition, self.offset)
        whole: dict[str, object] = {
            "topic": str(message.topic),
            "partition": self.partition,
            "offset": self.offset,
            "key": b"acme",
            "value": encode(message),
            "headers": headers(message, event_id, self.of.received_at, self.of.trace_id),
            "timestamp": NOW + timedelta(milliseconds=self.offset),
        }
        return Inbound(**(whole | changes))  # type: ignore[arg-type]

    def records(self, messages: Iterable[Message]) -> list[tuple[Inbound, Message]]:
        return [(self.record(message), message) for message in messages]

    def _admitted(self) -> dict[str, object]:
        hold = Hold(reservation_id=self.reservation_id, cost_usd=Decimal("0.05"), tokens=4000)
        return {"content": CONTENT, "vault": VAULT, "hold": hold}

    def _valid(self) -> dict[str, object]:
        return self._admitted() | {
            "classification": MADE,
            "proposal_id": self.proposal_id,
            "tier": Tier.LARGE,
            "action": TWIN,
            "evidence": EVIDENCE,
        }
