"""What every chat model keeps, doubles and real ones alike."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from jsonschema import validate
from pydantic import JsonValue, SecretStr, TypeAdapter

from schemas.base import Code
from schemas.envelope import Tier
from schemas.ports import ChatMessage, ChatModel, FixedClock, Prompt
from sinks.models.absent import AbsentModel
from sinks.models.endpoint import Endpoint
from sinks.models.openai_compatible import OpenAICompatible
from sinks.models.prices import ConfiguredPrice
from sinks.models.remembered import Remembered
from sinks.models.scripted import Failure, Scripted
from streams.embedded.model import EmbeddedModel
from tests.events import DEADLINE, MOMENT, context
from tests.sinks.models.upstream import answering, failing, upstream

PRICE = ConfiguredPrice(input=Decimal(1), output=Decimal(4), dated="2026-11")
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 60}},
    "required": ["text"],
    "additionalProperties": False,
}
PROMPT = Prompt(
    (ChatMessage("system", "Answer in five words."), ChatMessage("user", "What colour is snow?")),
    SCHEMA,
    60,
    "draft",
    "v1",
)
ANSWER = '{"text": "Snow is white."}'


async def _no_wait(_: float) -> None: ...


@dataclass(frozen=True)
class Subject:
    """A model that answers, the same sort of model unable to, and the clock both go by."""

    answers: ChatModel
    fails: ChatModel
    clock: FixedClock


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedModel]:
    missing = EmbeddedModel.available()
    if missing:
        pytest.skip(missing)
    with EmbeddedModel(tmp_path_factory.mktemp("model")) as model:
        yield model


@pytest.fixture(params=["scripted", "remembered", "http", "embedded"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    clock = FixedClock(MOMENT)
    async with AsyncExitStack() as exits:
        if request.param == "http":
            good, bad = await _scripted_endpoints(exits)
        elif request.param == "embedded":
            good, bad = _embedded_endpoints(request.getfixturevalue("embedded"))
        else:
            yield _double(clock, remembered=request.param == "remembered")
            return
        answers, fails = (OpenAICompatible(endpoint, PRICE, clock, _no_wait) for endpoint in (good, bad))
        await exits.enter_async_context(answers)
        await exits.enter_async_context(fails)
        yield Subject(answers, fails, clock)


def _double(clock: FixedClock, *, remembered: bool) -> Subject:
    answers: ChatModel = Scripted(lambda _: ANSWER, PRICE, clock)
    fails: ChatModel = Scripted(lambda _: Failure("server_error", temporary=True), PRICE, clock)
    if remembered:
        answers, fails = Remembered(answers), Remembered(fails)
    return Subject(answers, fails, clock)


async def _scripted_endpoints(exits: AsyncExitStack) -> tuple[Endpoint, Endpoint]:
    running = [
        await exits.enter_async_context(upstream([reply])) for reply in (answering(ANSWER), failing(503))
    ]
    good, bad = (Endpoint(provider="test", base_url=each.base_url, model="m") for each in running)
    return good, bad


def _embedded_endpoints(model: EmbeddedModel) -> tuple[Endpoint, Endpoint]:
    endpoint = model.endpoint()
    return endpoint, endpoint.model_copy(update={"api_key": SecretStr("another")})


async def test_an_answer_satisfies_the_schema_and_its_last_call_is_ok(subject: Subject) -> None:
    completion = await subject.answers.complete(context(), PROMPT, Tier.LARGE)
    assert completion.text is not None
    validate(json.loads(completion.text), SCHEMA)
    assert (completion.failure, completion.temporary) == ("", False)
    assert completion.calls[-1].status == "ok"
    assert completion.calls[-1].response == completion.text


async def test_a_call_records_what_was_asked_and_what_it_took(subject: Subject) -> None:
    call = (await subject.answers.complete(context(), PROMPT, Tier.LARGE)).calls[-1]
    assert (call.tier, call.purpose, call.prompt_version) == (Tier.LARGE, "draft", "v1")
    assert call.model == subject.answers.model
    assert all(message.content in call.prompt for message in PROMPT.messages)
    assert min(call.input_tokens, call.output_tokens) > 0
    assert call.cost_usd > 0
    assert call.price_version == "configured:2026-11"


@pytest.mark.parametrize("said", ["What colour is snow?", "1 2 3 4 5 6 " * 40, "\U0001fae0\U0001fabf" * 150])
async def test_no_call_exceeds_the_worst_case(subject: Subject, said: str) -> None:
    """Also not with a text of which every vocabulary makes a token for each of its bytes."""
    prompt = replace(PROMPT, messages=(ChatMessage("user", said),))
    call = (await subject.answers.complete(context(), prompt, Tier.LARGE)).calls[-1]
    cost, tokens = subject.answers.worst_case(prompt.bytes, prompt.max_output_tokens)
    assert call.input_tokens + call.output_tokens <= tokens
    assert call.cost_usd <= cost


def test_the_worst_case_grows_with_the_call(subject: Subject) -> None:
    small, large = subject.answers.worst_case(100, 10), subject.answers.worst_case(1_000, 100)
    assert small[0] < large[0]
    assert small[1] < large[1]


async def test_ids_repeat_for_the_same_call_and_for_no_other(subject: Subject) -> None:
    asked = [
        (context(), PROMPT), (context(), PROMPT), (context(2), PROMPT), (context(generation=1), PROMPT),
        (context(), replace(PROMPT, purpose="repair")),
    ]  # fmt: skip
    ids = [(await subject.answers.complete(of, prompt, Tier.LARGE)).calls[0].call_id for of, prompt in asked]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


async def test_a_failure_has_a_code_and_records_every_attempt(subject: Subject) -> None:
    completion = await subject.fails.complete(context(), PROMPT, Tier.LARGE)
    assert completion.text is None
    assert TypeAdapter(Code).validate_python(completion.failure) == completion.calls[-1].status
    assert [call.attempt for call in completion.calls] == list(range(1, len(completion.calls) + 1))
    assert completion.temporary == completion.calls[-1].temporary_failure


async def test_no_model_is_called_after_the_deadline(subject: Subject) -> None:
    subject.clock.moment = DEADLINE
    completion = await subject.answers.complete(context(), PROMPT, Tier.LARGE)
    assert (completion.text, completion.calls) == (None, ())
    assert (completion.failure, completion.temporary) == ("deadline_passed", False)


async def test_a_prompt_beyond_the_context_is_refused_once(embedded: EmbeddedModel) -> None:
    long = replace(PROMPT, messages=(ChatMessage("user", "snow and ice " * 3_000),))
    async with OpenAICompatible(embedded.endpoint(), PRICE, FixedClock(MOMENT), _no_wait) as model:
        completion = await model.complete(context(), long, Tier.LARGE)
    assert [call.status for call in completion.calls] == ["context_overflow"]
    assert not completion.temporary


async def test_a_missing_model_fails_for_good() -> None:
    completion = await AbsentModel().complete(context(), PROMPT, Tier.LARGE)
    assert (completion.text, completion.failure, completion.temporary) == (None, "model_absent", False)
    assert AbsentModel().worst_case(100, 10) == (Decimal(0), 0)
