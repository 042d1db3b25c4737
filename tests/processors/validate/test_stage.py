"""Validate: a candidate is untrusted input (invariants 2, 3, 8)."""

import json
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from processors.tasks.shop_support.tools import GetOrder, ListOrders
from processors.validate import Validate, check, parse
from schemas.actions import ACTION_TYPES, Action, AskClarification, Citation, HandToHuman, SendReply
from schemas.envelope import Note, Tier, Usage
from schemas.ports import FixedClock
from schemas.proposals import (
    MAX_CANDIDATE_CHARACTERS,
    Escalated,
    LookupRequested,
    Proposed,
    Validated,
    Violation,
)
from schemas.tasks import TaskSpec
from tests.events import (
    DEADLINE,
    MOMENT,
    TASK,
    VAULT,
    context,
    evidence,
    grounded,
    hand_over,
    order_found,
    proposed,
    refund,
    reply,
)

QUOTE = Citation(chunk_id="returns#1", quote="return an ARTICLE within 30 days of")


TOOLS = (ListOrders.spec, GetOrder.spec)


def validate(now: datetime = MOMENT, task: TaskSpec = TASK) -> Validate:
    return Validate({task.name: task}, FixedClock(now), TOOLS)


def cited(body: str = "You may return it.", **changes: object) -> SendReply:
    return reply(body, **{"citations": (QUOTE,), **changes})


def violations(candidate: Action | str, task: TaskSpec = TASK, **changes: object) -> list[str]:
    action, found = check(proposed(candidate, None, **changes), task)
    assert (action is None) == bool(found)
    return [f"{each.error}:{each.field}".rstrip(":") for each in found]


def text(action: Action, **changes: JsonValue) -> str:
    return json.dumps({**action.model_dump(mode="json"), **changes})


@pytest.mark.parametrize(
    "action",
    [
        refund(),
        reply(citations=(QUOTE,)),
        hand_over(),
        AskClarification(language="en", question="?"),
    ],
    ids=lambda action: action.type,
)
async def test_a_sound_candidate_passes_as_it_is(action: Action) -> None:
    result = await validate()(proposed(action))
    assert isinstance(result, Validated)
    assert (result.action, result.tier) == (action, Tier.LARGE)
    assert result.proposal_id == proposed(action).proposal.proposal_id


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        ("not json", ["json_invalid"]),
        ("", ["json_invalid"]),
        ("[" * 5000, ["json_invalid"]),
        ("null", ["dict_type"]),
        ("{}", ["union_tag_not_found"]),
        ('{"type": "delete_account"}', ["union_tag_invalid"]),
        (" " * (MAX_CANDIDATE_CHARACTERS + 1), ["too_long"]),
        (text(refund(), amount=None), ["decimal_type:amount"]),
        (text(refund(), amount="0"), ["greater_than:amount"]),
        (text(refund(), amount="-5"), ["greater_than:amount"]),
        (text(refund(), amount="100000.01"), ["less_than_equal:amount"]),
        (text(refund(), amount="1.005"), ["decimal_max_places:amount"]),
        (text(refund(), amount="NaN"), ["finite_number:amount"]),
        (text(refund(), currency="eur"), ["string_pattern_mismatch:currency"]),
        (text(refund(), order_number="AB-100001 OR 1=1"), ["string_pattern_mismatch:order_number"]),
        (text(refund(), approved=True), ["extra_forbidden"]),
        (text(reply(), body="x" * 4001), ["string_too_long:body"]),
        (text(reply(), confidence=1.5), ["less_than_equal:confidence"]),
        (text(reply(), citations=[{"chunk_id": "returns#1"}]), ["missing:citations.quote"]),
        (text(hand_over(), urgency="now"), ["literal_error:urgency"]),
    ],
)
def test_what_is_no_action(candidate: str, expected: list[str]) -> None:
    assert violations(candidate) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (cited(language="fr"), ["language_not_supported:language"]),
        (AskClarification(language="fr", question="?"), ["language_not_supported:language"]),
        (cited("Dear <PERSON_0a1b2c3d>"), ["placeholder_not_issued"]),
        (cited("Done.\x1b]x;title\x07"), ["hidden_characters"]),
        (cited(subject="a\x9bJ"), ["hidden_characters"]),
        (cited("Pay to \u202eknab"), ["hidden_characters"]),
        (hand_over(summary="guaran\u200bteed"), ["hidden_characters"]),
        (hand_over(summary="<EMAIL_ADDRESS_0a1b2c3d> wrote"), ["placeholder_not_issued"]),
        (
            reply(citations=(Citation(chunk_id="returns#1", quote="<PERSON_0a1b2c3d>"),)),
            ["placeholder_not_issued", "quote_says_nothing:citations.quote"],
        ),
        (
            reply(citations=(Citation(chunk_id="other-tenant#1", quote="return an article"),)),
            ["citation_of_unknown_chunk:citations.chunk_id"],
        ),
        (
            reply(citations=(QUOTE, Citation(chunk_id="returns#1", quote="within 60 days"))),
            ["quote_not_in_chunk:citations.quote"],
        ),
        (
            reply(citations=(Citation(chunk_id="returns#1", quote=" \n"),)),
            ["quote_says_nothing:citations.quote"],
        ),
    ],
)
def test_what_does_not_rest_on_the_request(action: Action, expected: list[str]) -> None:
    assert violations(action) == expected


@pytest.mark.parametrize("action", [refund(), cited()], ids=lambda action: action.type)
def test_a_type_that_was_not_chosen_is_refused(action: Action) -> None:
    other = proposed(action).proposal.model_copy(update={"chosen_type": "cancel_order"})
    assert violations(action, proposal=other) == ["action_not_chosen:type"]


@pytest.mark.parametrize("action", [hand_over(), AskClarification(language="en", question="?")])
def test_a_person_and_a_question_are_always_open(action: Action) -> None:
    other = proposed(action).proposal.model_copy(update={"chosen_type": "issue_refund"})
    assert violations(action, proposal=other) == []


def test_a_type_outside_the_task_is_refused() -> None:
    task = TASK.model_copy(update={"actions": ("send_reply",)})
    assert violations(refund(), task) == ["action_not_in_task:type"]
    assert violations(hand_over(), task) == ["action_not_in_task:type"]


def test_an_issued_placeholder_passes() -> None:
    placeholder = VAULT.placeholder(context(), "PERSON", "Ada")
    vault = VAULT.seal(context(), {placeholder: "Ada"})
    assert violations(cited(f"Dear {placeholder}"), vault=vault) == []


async def test_an_invalid_candidate_is_sent_back_with_what_was_wrong() -> None:
    result = await validate()(proposed("not json", repairs=1))
    assert isinstance(result, Escalated)
    assert (result.repairs, result.reason, result.chosen_type) == (2, "invalid_proposal", "issue_refund")
    assert result.violations == (Violation(error="json_invalid"),)
    assert result.work.notes == (
        Note(name="repairs", value="1"),
        Note(name="violation", value="json_invalid"),
    )


@pytest.mark.parametrize(
    ("now", "event"),
    [
        (MOMENT, proposed("not json", repairs=TASK.max_repairs)),
        (DEADLINE, proposed("not json")),
        (MOMENT, proposed("not json", usage=Usage(cost_usd=Decimal("0.02")))),
        (MOMENT, proposed("not json", usage=Usage(input_tokens=7000, output_tokens=1000))),
    ],
    ids=["repairs", "deadline", "money", "tokens"],
)
async def test_a_person_takes_over_when_repairs_are_used_up(now: datetime, event: Proposed) -> None:
    result = await validate(now)(event)
    assert isinstance(result, Validated)
    assert result.action == HandToHuman(queue="support", reason="validation_exhausted")
    assert result.tier is Tier.RULES
    assert Note(name="violation", value="json_invalid") in result.work.notes


async def test_repairs_end_in_a_person_after_as_many_rounds_as_the_task_allows() -> None:
    event, rounds = proposed("not json"), 0
    while isinstance(result := await validate()(event), Escalated):
        event, rounds = proposed("not json", repairs=result.repairs), rounds + 1
    assert rounds == TASK.max_repairs
    assert isinstance(result, Validated)
    assert check(proposed(result.action), TASK) == (result.action, ())


async def test_an_order_nobody_has_seen_is_looked_up_first() -> None:
    result = await validate()(proposed(refund(order_number="ZZ-000009")))
    assert isinstance(result, LookupRequested)
    assert (result.tool, result.arguments) == ("get_order", {"order_number": "ZZ-000009"})


async def test_lookups_are_bounded() -> None:
    event = proposed(evidence=evidence(), lookup_rounds=TASK.max_lookups)
    assert isinstance(await validate()(event), Validated)


async def test_an_order_that_was_not_found_is_not_looked_up_again() -> None:
    missing = order_found().model_copy(update={"status": "not_found", "record": {}})
    assert isinstance(await validate()(proposed(evidence=evidence(missing))), Validated)


CANARY = "Q7zXcanaryW9k"
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.just(CANARY), st.text().map(CANARY.__add__)
)
NAMES = st.sampled_from(
    sorted({name for action in ACTION_TYPES.values() for name in action.model_fields} | {CANARY, "quote"})
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from([*ACTION_TYPES, CANARY, f"send_reply{CANARY}"])
CANDIDATES = st.one_of(
    st.text().map(CANARY.__add__),
    VALUES.map(json.dumps),
    st.builds(lambda kind, rest: json.dumps({**rest, "type": kind}), TYPES, st.dictionaries(NAMES, VALUES)),
)


@given(CANDIDATES)
def test_violations_never_carry_a_value(candidate: str) -> None:
    action, found = parse(candidate)
    assert (action is None) == bool(found)
    assert CANARY not in "".join(each.model_dump_json() for each in found)


@given(CANDIDATES)
def test_no_candidate_raises_or_passes_unless_it_is_an_action_of_the_request(candidate: str) -> None:
    event = proposed(candidate)
    action, found = check(event, TASK)
    if action is None:
        assert found
    else:
        assert action.type in {"issue_refund", "hand_to_human", "ask_clarification"}


async def test_what_was_found_out_about_the_request_travels_on() -> None:
    result = await validate()(proposed())
    assert isinstance(result, Validated)
    assert result.evidence == grounded().evidence
    assert result.usage == grounded().usage
