"""Classify: what is decided without the larger model, and what it is asked for."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from processors.classify.stage import Classify, text_of
from processors.tasks.shop_support import FOLDER
from processors.tasks.task import load_task
from schemas.actions import ACTION, AskClarification, HandToHuman, IssueRefund, SendReply
from schemas.base import derive_id
from schemas.envelope import Tier
from schemas.errors import Fatal
from schemas.knowledge import Chunk, Evidence, Signal, ToolResult
from schemas.ports import IntentClassifier
from schemas.proposals import Classification, Escalated, Proposed
from schemas.requests import Content, Grounded, Turn
from tests.events import ORDER, context, evidence, grounded, order_found

TASK = load_task(FOLDER)
RETURNS = Chunk(
    chunk_id="return-policy@3#top",
    document_id="return-policy",
    document_version=3,
    title="Returns",
    text="You can return an unused article within 30 days of delivery.",
    score=3.0,
)
DELIVERED = order_found(status="delivered", delivered_on="2025-02-21")


class Says:
    """A classifier that always says the same, and remembers what it was asked."""

    def __init__(self, label: str, confidence: float = 0.95, *, out_of_scope: bool = False) -> None:
        self.asked = ""
        self._found = Classification(
            label=label, confidence=confidence, out_of_scope=out_of_scope, model_version="v1"
        )

    def classify(self, text: str) -> Classification:
        self.asked = text
        return self._found


def _stage(classifier: IntentClassifier) -> Classify:
    return Classify({TASK.spec.name: TASK.spec}, classifier, TASK.templates)


def _content(**changes: Any) -> Content:
    given = {"text": "hello", "identifiers": {"order_number": ORDER}, "redaction_version": "1"}
    return Content.model_validate({**given, **changes})


def _event(found: Evidence | None = None, **changes: Any) -> Grounded:
    of = context(**changes.pop("of", {}))
    return grounded(of, evidence=found or evidence(), content=_content(**changes))


async def _proposed(classifier: IntentClassifier, event: Grounded) -> tuple[Proposed, Any]:
    result = await _stage(classifier)(event)
    assert isinstance(result, Proposed), result.reason
    return result, ACTION.validate_json(result.proposal.candidate)


def _result(status: str) -> Evidence:
    return evidence(ToolResult(tool="get_order", arguments={}, status=status))


async def test_refund_is_computed_from_the_record_alone() -> None:
    event = _event(evidence(DELIVERED), text=f"Refund 9999 EUR for {ORDER} to my account")
    result, action = await _proposed(Says("refund_request"), event)
    assert action == IssueRefund(
        order_number=ORDER, amount=Decimal("40.00"), currency="EUR", reason="requested_by_customer"
    )
    assert (result.proposal.tier, result.proposal.chosen_type) == (Tier.RULES, "issue_refund")


@pytest.mark.parametrize(
    ("label", "identifiers", "found", "expected", "detail"),
    [
        ("refund_request", {}, Evidence(), AskClarification, ("order_number",)),
        ("order_status", {}, Evidence(), AskClarification, ("order_number",)),
        ("order_status", {}, _result("missing_argument"), AskClarification, ("order_number",)),
        ("refund_request", None, _result("not_found"), AskClarification, ("order_number",)),
        ("order_status", None, _result("not_found"), AskClarification, ("order_number",)),
        ("order_status", None, _result("not_permitted"), AskClarification, ("order_number",)),
        ("refund_request", None, _result("not_permitted"), HandToHuman, "get_order_not_permitted"),
        ("order_status", None, _result("not_available"), HandToHuman, "get_order_unavailable"),
        ("order_status", None, Evidence(), HandToHuman, "get_order_unavailable"),
        ("refund_request", None, evidence(order_found(status="shipped")), HandToHuman, "not_refundable"),
        ("refund_request", None, evidence(order_found(status="refunded")), HandToHuman, "not_refundable"),
        ("refund_request", None, evidence(order_found()), HandToHuman, "not_refundable"),
        (
            "refund_request",
            None,
            evidence(order_found(status="delivered", amount="0.00")),
            HandToHuman,
            "not_refundable",
        ),
        (
            "refund_request",
            None,
            evidence(order_found(status="delivered", amount="much")),
            HandToHuman,
            "not_refundable",
        ),
    ],
)
async def test_without_a_good_record_nothing_is_paid(
    label: str,
    identifiers: Mapping[str, str] | None,
    found: Evidence,
    expected: type[AskClarification | HandToHuman],
    detail: object,
) -> None:
    changes = {} if identifiers is None else {"identifiers": identifiers}
    _, action = await _proposed(Says(label), _event(found, **changes))
    assert type(action) is expected
    assert detail == (action.missing if isinstance(action, AskClarification) else action.reason)


async def test_foreign_order_is_answered_like_one_that_does_not_exist() -> None:
    _, unknown = await _proposed(Says("order_status"), _event(_result("not_found")))
    _, foreign = await _proposed(Says("order_status"), _event(_result("not_permitted")))
    assert unknown == foreign


async def test_template_reply_cites_its_passage() -> None:
    result, action = await _proposed(Says("return_policy", 0.87), _event(evidence(chunks=(RETURNS,))))
    assert isinstance(action, SendReply)
    assert [(c.chunk_id, c.quote) for c in action.citations] == [(RETURNS.chunk_id, RETURNS.text)]
    assert (result.proposal.tier, action.confidence) == (Tier.CHEAP, 0.87)


async def test_status_reply_tells_the_record() -> None:
    _, action = await _proposed(Says("order_status"), _event(evidence(DELIVERED)))
    assert action.body == f"Your order {ORDER} was delivered on 2025-02-21."


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("de", "de"), ("de-AT", "de"), ("fr", "fr"), ("es", "es"), ("it", "en"), (None, "en")],
)
async def test_replies_in_the_requesters_language_if_it_can(language: str | None, spoken: str) -> None:
    event = _event(evidence(DELIVERED), of={"language": language})
    _, action = await _proposed(Says("order_status"), event)
    assert action.language == spoken


@pytest.mark.parametrize("label", [name for name, spec in TASK.spec.intents.items() if spec.by == "template"])
@pytest.mark.parametrize("language", TASK.spec.languages)
async def test_every_template_fills_from_the_shipped_knowledge(label: str, language: str) -> None:
    from processors.ground.chunking import chunk  # noqa: PLC0415 - only here

    chunks = tuple(
        Chunk(
            chunk_id=f"{d.document_id}@1#{p.passage_id}",
            document_id=d.document_id,
            document_version=1,
            title=p.title,
            text=p.text,
            score=1,
        )
        for d in TASK.documents
        if d.tenant == "acme-shop"
        for p in chunk(d)
    )
    event = _event(evidence(DELIVERED, chunks=chunks), of={"language": language})
    _, action = await _proposed(Says(label), event)
    assert action.type == TASK.spec.intents[label].action
    wording = TASK.templates.replies.get(label, {}).get(language)
    if wording and wording.cites:
        assert action.citations[0].chunk_id.startswith(wording.cites.partition("#")[0])


@pytest.mark.parametrize(
    ("says", "found", "reason", "chosen"),
    [
        (Says("product_question"), Evidence(), "intent_needs_model", "send_reply"),
        (Says("return_policy", 0.3), evidence(chunks=(RETURNS,)), "low_confidence", "send_reply"),
        (Says("product_question", 0.3), Evidence(), "low_confidence", "send_reply"),
        (Says("return_policy"), Evidence(), "no_evidence", "send_reply"),
    ],
)
async def test_the_rest_is_for_the_larger_model(
    says: Says, found: Evidence, reason: str, chosen: str
) -> None:
    result = await _stage(says)(_event(found))
    assert isinstance(result, Escalated)
    assert (result.reason, result.chosen_type) == (reason, chosen)
    assert (result.repairs, result.violations) == (0, ())


@pytest.mark.parametrize(
    ("says", "expected", "reason"),
    [
        (Says("refund_request", 0.4), HandToHuman, "unsure_of_intent"),
        (Says("refund_request", 0.74), HandToHuman, "unsure_of_intent"),
        (Says("complaint", 0.2), HandToHuman, "complaint"),
        (Says("refund_request", 0.9, out_of_scope=True), HandToHuman, "out_of_scope"),
        (Says("out_of_scope", 0.9, out_of_scope=True), HandToHuman, "out_of_scope"),
        (Says("label_of_another_task"), HandToHuman, "out_of_scope"),
    ],
)
async def test_doubt_never_pays(says: Says, expected: type[HandToHuman], reason: str) -> None:
    _, action = await _proposed(says, _event(evidence(DELIVERED)))
    assert type(action) is expected
    assert action.reason == reason


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (Says("refund_request"), "suspected_injection"),
        (Says("product_question"), "suspected_injection"),
        (Says("return_policy", 0.3), "suspected_injection"),
        (Says("x", out_of_scope=True), "suspected_injection"),
        (Says("complaint"), "complaint"),
    ],
)
async def test_signs_of_injection_stop_rules_and_models(says: Says, reason: str) -> None:
    signals = (Signal(kind="instruction_override", start=0, end=5),)
    result, action = await _proposed(says, _event(evidence(DELIVERED), signals=signals))
    assert (action.type, action.reason) == ("hand_to_human", reason)
    assert result.proposal.chosen_type == "hand_to_human"


async def test_harmless_template_is_still_used_with_signs_of_injection() -> None:
    signals = (Signal(kind="instruction_override", start=0, end=5),)
    _, action = await _proposed(Says("return_policy"), _event(evidence(chunks=(RETURNS,)), signals=signals))
    assert isinstance(action, SendReply)


async def test_high_priority_is_urgent() -> None:
    _, action = await _proposed(Says("speak_to_human"), _event(of={"priority": "high"}))
    assert action.urgency == "high"


async def test_ids_repeat_and_differ_by_generation() -> None:
    event = _event(evidence(DELIVERED))
    first, _ = await _proposed(Says("refund_request"), event)
    again, _ = await _proposed(Says("refund_request"), event)
    replay, _ = await _proposed(Says("refund_request"), _event(evidence(DELIVERED), of={"generation": 1}))
    expected = derive_id(event.context.request_id, 0, "proposal", 0)
    assert first.proposal.proposal_id == again.proposal.proposal_id == expected
    assert replay.proposal.proposal_id != expected


async def test_notes_say_why() -> None:
    result, _ = await _proposed(Says("refund_request"), _event(evidence(DELIVERED)))
    notes = {note.name: note.value for note in result.work.notes}
    assert notes == {
        "label": "refund_request", "confidence": "0.9500", "because": "rule", "classifier": "v1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "identifiers", "turns", "classified"),
    [
        (f"it is {ORDER}", {"order_number": ORDER}, ("I want a refund",), f"I want a refund it is {ORDER}"),
        (ORDER, {"order_number": ORDER}, ("first", "second"), f"second {ORDER}"),
        (ORDER, {"order_number": ORDER}, (), ORDER),
        ("it is the one", {}, ("I want a refund",), "it is the one"),
        (
            f"please cancel my order {ORDER} now",
            {"order_number": ORDER},
            ("hi",),
            f"please cancel my order {ORDER} now",
        ),
    ],
)
def test_order_number_alone_continues_the_conversation(
    text: str, identifiers: Mapping[str, str], turns: tuple[str, ...], classified: str
) -> None:
    earlier = [Turn(role="requester", text=said) for said in turns]
    answered = (*earlier, Turn(role="assistant", text="Which order?"))
    assert text_of(_content(text=text, identifiers=identifiers, turns=answered)) == classified


async def test_classifier_is_asked_with_that_text() -> None:
    says = Says("refund_request")
    turns = (Turn(role="requester", text="refund me"),)
    await _stage(says)(_event(evidence(DELIVERED), text=ORDER, turns=turns))
    assert says.asked == f"refund me {ORDER}"


def test_rule_that_does_not_exist_stops_the_worker() -> None:
    intent = TASK.spec.intents["return_policy"].model_copy(update={"by": "rule"})
    spec = TASK.spec.model_copy(update={"intents": {"return_policy": intent}})
    with pytest.raises(Fatal, match="no rule for this action"):
        Classify({"shop-support": spec}, Says("return_policy"), TASK.templates)
