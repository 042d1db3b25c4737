"""What travels with every event: identity, spending, and what the last stage did."""

from decimal import Decimal

from schemas.envelope import Usage, Work, request_id
from schemas.envelope import advance as advanced
from schemas.requests import Admitted, Hold
from tests.schemas.examples import admitted, context, model_call, redacted, request


def test_a_request_has_one_id_whatever_else_it_says() -> None:
    asked = request()
    other = asked.model_copy(update={"text": "Something else", "id": "msg-1002"})
    assert request_id(asked.source, asked.tenant, asked.id) == context().request_id
    assert request_id(other.source, other.tenant, other.id) != context().request_id


def test_an_action_has_one_id_in_every_generation() -> None:
    first = context().model_copy(update={"generation": 0})
    assert first.action_id == context().action_id != context().request_id


def test_a_conversation_is_keyed_within_its_tenant() -> None:
    assert context().conversation_key == b"nordwind/conv-204"


def test_usage_sums_every_attempt_failed_ones_included() -> None:
    failed = model_call().model_copy(
        update={"status": "timeout", "output_tokens": 0, "cost_usd": Decimal("0.1")}
    )
    spent = Usage(calls=1, input_tokens=10, output_tokens=5, cost_usd=Decimal(1)).plus((model_call(), failed))
    assert (spent.calls, spent.input_tokens, spent.output_tokens) == (3, 834, 101)
    assert spent.cost_usd == Decimal("1.100321")
    assert spent.tokens == 935


def test_advancing_carries_everything_but_the_work() -> None:
    hold = Hold(reservation_id=context().request_id, cost_usd=Decimal(1), tokens=1)
    moved = advanced(Admitted, redacted(), hold=hold)
    assert (moved.context, moved.usage, moved.vault) == (context(), redacted().usage, redacted().vault)
    assert moved.work == Work()
    assert redacted().work != Work()


def test_advancing_within_a_class_takes_the_changes() -> None:
    assert advanced(Admitted, admitted(), usage=Usage(calls=7)).usage.calls == 7


def test_tenants_of_one_source_share_no_request() -> None:
    assert request_id("web-chat", "acme-shop", "1") != request_id("web-chat", "nordwind", "1")
