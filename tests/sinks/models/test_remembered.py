from dataclasses import replace
from decimal import Decimal

from schemas.envelope import Tier
from schemas.ports import ChatMessage, FixedClock, Prompt
from sinks.models.prices import ConfiguredPrice
from sinks.models.remembered import Remembered
from sinks.models.scripted import Failure, Reply, Scripted
from tests.events import MOMENT, context

PROMPT = Prompt((ChatMessage("user", "Hello?"),), {"type": "object"}, 50, "draft", "v1")
AWAY = Failure("server_error", temporary=True)


def remembered(*replies: Reply, capacity: int = 10) -> tuple[Remembered, Scripted]:
    price = ConfiguredPrice(input=Decimal(1), output=Decimal(1), dated="2026-11")
    inner = Scripted(replies, price, FixedClock(MOMENT))
    return Remembered(inner, capacity), inner


async def test_a_redelivery_gets_the_same_completion_without_a_call() -> None:
    model, inner = remembered("first", "second")
    completions = [await model.complete(context(), PROMPT, Tier.LARGE) for _ in range(2)]
    assert completions[0] == completions[1]
    assert (completions[0].text, len(inner.prompts)) == ("first", 1)


async def test_a_permanent_failure_is_not_paid_for_twice() -> None:
    model, inner = remembered(Failure("refused"), "second")
    failures = [(await model.complete(context(), PROMPT, Tier.LARGE)).failure for _ in range(2)]
    assert (failures, len(inner.prompts)) == (["refused", "refused"], 1)


async def test_requests_generations_purposes_and_prompts_are_kept_apart() -> None:
    model, inner = remembered(*"abcdefg")
    other = replace(PROMPT, messages=(ChatMessage("user", "Hello again?"),))
    asked = [
        (context(), PROMPT), (context(2), PROMPT), (context(generation=1), PROMPT),
        (context(), replace(PROMPT, purpose="repair")), (context(), other),
        (context(), replace(PROMPT, schema={"type": "string"})),
        (context(), replace(PROMPT, max_output_tokens=51)),
    ]  # fmt: skip
    texts = [(await model.complete(of, prompt, Tier.LARGE)).text for of, prompt in asked]
    assert (texts, len(inner.prompts)) == (list("abcdefg"), 7)


async def test_after_a_temporary_failure_the_model_is_called_again_and_no_attempt_is_lost() -> None:
    model, inner = remembered(AWAY, AWAY, "finally")
    completions = [await model.complete(context(), PROMPT, Tier.LARGE) for _ in range(4)]
    assert [len(completion.calls) for completion in completions] == [1, 2, 3, 3]
    last = completions[-1]
    assert [(call.attempt, call.status) for call in last.calls] == [
        (1, "server_error"),
        (2, "server_error"),
        (3, "ok"),
    ]
    assert len({call.call_id for call in last.calls}) == 3
    assert (last.text, len(inner.prompts)) == ("finally", 3)


async def test_the_prompt_not_used_for_longest_is_forgotten() -> None:
    model, inner = remembered(*"abcdef", capacity=2)
    texts = [(await model.complete(context(n), PROMPT, Tier.LARGE)).text for n in (1, 2, 1, 3, 1, 2)]
    assert texts == ["a", "b", "a", "c", "a", "d"]
    assert len(inner.prompts) == 4
