import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import JsonValue, SecretStr

from schemas.envelope import ModelCall, Tier
from schemas.ports import ChatMessage, Completion, FixedClock, Prompt
from sinks.models.endpoint import Endpoint
from sinks.models.openai_compatible import OpenAICompatible
from sinks.models.prices import ConfiguredPrice
from tests.events import DEADLINE, MOMENT, context
from tests.sinks.models.upstream import (
    HANG,
    RESET,
    Reply,
    Upstream,
    answering,
    chat,
    failing,
    response,
    upstream,
)

PRICE = ConfiguredPrice(input=Decimal(1), output=Decimal(4), cached=Decimal("0.5"), dated="2026-11")
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 200}},
    "required": ["text"],
    "additionalProperties": False,
}
PROMPT = Prompt(
    (ChatMessage("system", "Be brief."), ChatMessage("user", "Hello?")), SCHEMA, 50, "draft", "v1"
)
NO_USAGE: JsonValue = {name: value for name, value in chat().items() if name != "usage"}
LATER = "Mon, 03 Mar 2025 12:00:07 GMT"


@dataclass
class Harness:
    model: OpenAICompatible
    upstream: Upstream
    waits: list[float] = field(default_factory=list)
    clock: FixedClock = field(default_factory=lambda: FixedClock(MOMENT))

    async def ask(self) -> Completion:
        return await self.model.complete(context(), PROMPT, Tier.LARGE)


@asynccontextmanager
async def asking(replies: Iterable[Reply], **changes: object) -> AsyncIterator[Harness]:
    """Run a model whose waits are recorded instead of waited and pass on its clock."""
    async with upstream(replies) as running:
        given: dict[str, object] = {"provider": "test", "base_url": running.base_url, "model": "m-1"}
        endpoint = Endpoint.model_validate({**given, "timeout_seconds": 5, **changes})
        clock, waits = FixedClock(MOMENT), list[float]()

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            clock.moment += timedelta(seconds=seconds)

        async with OpenAICompatible(endpoint, PRICE, clock, sleep, lambda: 0.0) as model:
            yield Harness(model, running, waits, clock)


def statuses(completion: Completion) -> list[str]:
    return [call.status for call in completion.calls]


async def test_an_answer_is_recorded_with_its_tokens_and_cost() -> None:
    async with asking([answering()]) as harness:
        completion = await harness.ask()
    call = completion.calls[0]
    assert (completion.text, completion.failure, len(completion.calls)) == ('{"text": "Fine."}', "", 1)
    assert call.model_dump(exclude={"call_id", "latency_ms"}) == ModelCall(
        call_id=call.call_id,
        tier=Tier.LARGE,
        provider="test",
        model="m-1",
        purpose="draft",
        prompt_version="v1",
        attempt=1,
        status="ok",
        finish_reason="stop",
        input_tokens=100,
        cached_tokens=40,
        output_tokens=20,
        reasoning_tokens=5,
        cost_usd=Decimal("0.00016"),
        price_version="configured:2026-11",
        prompt="system: Be brief.\n\nuser: Hello?",
        response='{"text": "Fine."}',
    ).model_dump(exclude={"call_id", "latency_ms"})


async def test_the_request_asks_for_the_schema_with_seed_limit_and_token() -> None:
    async with asking([answering()], api_key=SecretStr("k-1"), extra={"top_k": 1}) as harness:
        await harness.ask()
        await harness.ask()
    first, second = harness.upstream.received
    body = dict(first.body)
    seed = body.pop("seed")
    assert first.line == "POST /v1/chat/completions HTTP/1.1"
    assert first.headers["authorization"] == "Bearer k-1"
    assert first.headers["accept-encoding"] == "identity"
    assert body == {
        "model": "m-1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "draft",
                "strict": True,
                "schema": {**SCHEMA, "properties": {"text": {"type": "string"}}},
            },
        },
        "max_completion_tokens": 50,
        "temperature": 0.0,
        "top_k": 1,
    }
    assert isinstance(seed, int)
    assert second.body == first.body


async def test_an_upstream_s_dialect_is_spoken() -> None:
    dialect = {"output_limit": "max_tokens", "length_keywords": True, "temperature": None}
    async with asking([answering()], **dialect) as harness:
        await harness.ask()
    body = harness.upstream.received[0].body
    assert body["max_tokens"] == 50
    assert "temperature" not in body
    assert json.dumps(SCHEMA) in json.dumps(body)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        pytest.param(response(b"<html>"), "bad_response", id="not JSON"),
        pytest.param(response([]), "bad_response", id="no object"),
        pytest.param(response(b"[" * 100_000), "bad_response", id="nested too deep"),
        pytest.param(response({}), "empty", id="no choices"),
        pytest.param(response({"choices": []}), "empty", id="empty choices"),
        pytest.param(response({"choices": "x"}), "bad_response", id="choices no list"),
        pytest.param(response({"choices": [None]}), "bad_response", id="choice no object"),
        pytest.param(response({"choices": [{"message": "x"}]}), "bad_response", id="message no object"),
        pytest.param(response(chat(None)), "empty", id="null content"),
        pytest.param(response(chat("  \n")), "empty", id="blank content"),
        pytest.param(response(chat(["x"])), "bad_response", id="content no text"),
        pytest.param(response(chat(None, refusal="no")), "refused", id="refusal"),
        pytest.param(response(chat("{", finish="content_filter")), "refused", id="filtered"),
        pytest.param(response(chat("{", finish="length")), "truncated", id="cut off"),
        pytest.param(response(chat("{}", finish="tool_calls")), "bad_response", id="calls a tool"),
        pytest.param(response(chat("x" * 20_001)), "too_large", id="long content"),
        pytest.param(response(b"x" * 5_000), "too_large", id="oversized body"),
        pytest.param(response(gzip.compress(b"{}"), content_encoding="gzip"), "bad_response", id="compressed"),
        pytest.param(response(b"", 302, location="http://127.0.0.1:9/"), "bad_response", id="redirect"),
        pytest.param(response(b"", 204), "bad_response", id="no content"),
        pytest.param(failing(400), "bad_request", id="400"),
        pytest.param(failing(400, "context_length_exceeded"), "context_overflow", id="overflow, OpenAI"),
        pytest.param(failing(400, "exceed_context_size_error"), "context_overflow", id="overflow, llama.cpp"),
        pytest.param(failing(500, "exceed_context_size_error"), "context_overflow", id="overflow as 500"),
        pytest.param(failing(401), "unauthorized", id="401"),
        pytest.param(failing(404), "not_found", id="404"),
        pytest.param(failing(418), "bad_request", id="418"),
        pytest.param(failing(429, "insufficient_quota"), "quota_exhausted", id="quota"),
        pytest.param(failing(429, retry_after="60"), "rate_limited", id="told to wait too long"),
        pytest.param(Reply(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", reset=True), "connection", id="reset"),
        pytest.param(response(b"{}", length=100), "connection", id="body cut short"),
    ],
)  # fmt: skip
async def test_a_failure_that_another_attempt_would_not_cure_is_not_tried_again(
    reply: Reply, failure: str
) -> None:
    limit = 500_000 if failure != "too_large" or b"choices" in reply.raw else 4_000
    async with asking([reply, answering()], max_response_bytes=limit) as harness:
        completion = await harness.ask()
    assert (completion.text, completion.failure, statuses(completion)) == (None, failure, [failure])
    assert completion.temporary == (failure in {"rate_limited", "connection"})
    assert harness.waits == []


@pytest.mark.parametrize(
    ("reply", "status", "wait"),
    [
        pytest.param(failing(429), "rate_limited", 0.5, id="429"),
        pytest.param(failing(429, retry_after="3"), "rate_limited", 3.0, id="429 with seconds"),
        pytest.param(failing(429, retry_after_ms="1500", retry_after="9"), "rate_limited", 1.5, id="with ms"),
        pytest.param(failing(429, retry_after=LATER), "rate_limited", 7.0, id="429 with a date"),
        pytest.param(failing(429, retry_after="soon"), "rate_limited", 0.5, id="429 with nonsense"),
        pytest.param(failing(429, retry_after="nan"), "rate_limited", 0.5, id="429 with no number"),
        pytest.param(failing(408), "timeout", 0.5, id="408"),
        pytest.param(failing(409), "conflict", 0.5, id="409"),
        pytest.param(failing(500), "server_error", 0.5, id="500"),
        pytest.param(failing(503, "unavailable_error"), "server_error", 0.5, id="503"),
        pytest.param(response(b"x" * 5_000, 502), "server_error", 0.5, id="502 with a long page"),
    ],
)
async def test_a_passing_failure_is_tried_again(reply: Reply, status: str, wait: float) -> None:
    async with asking([reply, answering()], max_response_bytes=4_000) as harness:
        completion = await harness.ask()
    assert (completion.failure, statuses(completion)) == ("", [status, "ok"])
    assert [call.attempt for call in completion.calls] == [1, 2]
    assert completion.calls[0].temporary_failure
    assert completion.calls[0].call_id != completion.calls[1].call_id
    assert completion.calls[0].cost_usd == 0
    assert harness.waits == [wait]


async def test_attempts_are_bounded_and_their_waits_grow() -> None:
    async with asking([failing(503)], retries=5) as harness:
        completion = await harness.ask()
    assert harness.waits == [0.5, 1, 2, 4, 8]
    assert statuses(completion) == ["server_error"] * 6
    assert (completion.failure, completion.temporary) == ("server_error", True)


async def test_no_wait_goes_past_the_deadline() -> None:
    async with asking([failing(503), answering()]) as harness:
        harness.clock.moment = DEADLINE - timedelta(seconds=0.4)
        completion = await harness.ask()
    assert (completion.failure, completion.temporary, harness.waits) == ("server_error", True, [])


async def test_nothing_is_sent_after_the_deadline() -> None:
    async with asking([answering()]) as harness:
        harness.clock.moment = DEADLINE
        completion = await harness.ask()
    assert completion == Completion(None, (), "deadline_passed")
    assert harness.upstream.received == []


@pytest.mark.parametrize("reply", [HANG, Reply(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", hang=True)])
async def test_a_call_that_takes_too_long_is_booked_and_left_to_a_later_delivery(reply: Reply) -> None:
    async with asking([reply, answering()], timeout_seconds=0.2) as harness:
        completion = await harness.ask()
        cost, tokens = harness.model.worst_case(PROMPT.bytes, 50)
    call = completion.calls[0]
    assert (completion.failure, completion.temporary, len(completion.calls)) == ("timeout", True, 1)
    assert (call.output_tokens, call.estimated) == (50, True)
    assert (call.cost_usd, call.input_tokens + call.output_tokens) == (cost, tokens)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(RESET, id="reset before the answer"),
        pytest.param(Reply(b""), id="closed before the answer"),
        pytest.param(Reply(b"SSH-2.0-x\r\n\r\n"), id="another protocol"),
        pytest.param(Reply(b"HTTP/1.1 200 \xff\xfe\r\n\r\n"), id="status line not UTF-8"),
    ],
)
async def test_a_call_that_was_sent_and_not_answered_is_booked_and_left_to_a_later_delivery(
    reply: Reply,
) -> None:
    async with asking([reply, answering()]) as harness:
        completion = await harness.ask()
    assert (completion.failure, completion.temporary, statuses(completion)) == (
        "connection",
        True,
        ["connection"],
    )
    assert (completion.calls[0].output_tokens, completion.calls[0].estimated) == (50, True)
    assert completion.calls[0].cost_usd > 0


async def test_nobody_home_is_a_connection_failure() -> None:
    async with asking([answering()]) as harness, upstream([answering()]) as gone:
        port = gone.port
    async with asking([answering()], base_url=f"http://127.0.0.1:{port}/v1") as harness:
        completion = await harness.ask()
    assert statuses(completion) == ["connection"] * 3
    assert sum(call.cost_usd for call in completion.calls) == 0


async def test_missing_usage_is_estimated() -> None:
    async with asking([response(NO_USAGE)]) as harness:
        call = (await harness.ask()).calls[0]
    assert (call.estimated, call.cached_tokens) == (True, 0)
    assert call.output_tokens == 5  # 17 characters
    assert call.cost_usd == (call.input_tokens + 4 * call.output_tokens) / Decimal(1_000_000)


@pytest.mark.parametrize(
    "usage",
    [
        pytest.param("many", id="text"),
        pytest.param({"prompt_tokens": -1, "completion_tokens": 2}, id="negative"),
        pytest.param({"prompt_tokens": 1.5, "completion_tokens": 2}, id="fraction"),
        pytest.param({"prompt_tokens": True, "completion_tokens": 2}, id="boolean"),
        pytest.param({"prompt_tokens": 10**30, "completion_tokens": 2}, id="absurd"),
        pytest.param({"prompt_tokens": 0, "completion_tokens": 0}, id="nothing"),
        pytest.param({"prompt_tokens": 9}, id="half"),
    ],
)
async def test_usage_that_makes_no_sense_is_not_believed(usage: JsonValue) -> None:
    async with asking([response({**chat(), "usage": usage})]) as harness:
        completion = await harness.ask()
    assert (completion.failure, completion.calls[0].estimated) == ("", True)


async def test_details_of_usage_stay_within_their_totals() -> None:
    usage: JsonValue = {
        "prompt_tokens": 10,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 99},
        "completion_tokens_details": {"reasoning_tokens": 99},
    }
    async with asking([response({**chat(), "usage": usage})]) as harness:
        call = (await harness.ask()).calls[0]
    assert (call.cached_tokens, call.reasoning_tokens, call.estimated) == (10, 2, False)


async def test_prose_around_json_is_returned_as_it_came() -> None:
    async with asking([answering('Sure! {"text": "Fine."} Anything else?')]) as harness:
        assert (await harness.ask()).text == 'Sure! {"text": "Fine."} Anything else?'


async def test_text_that_utf8_cannot_carry_is_replaced() -> None:
    raw = json.dumps(chat("a\ud800b")).encode()
    async with asking([response(raw)]) as harness:
        completion = await harness.ask()
    assert completion.text == "a?b"
    assert completion.calls[0].model_dump_json()


async def test_words_of_an_error_response_are_recorded_nowhere() -> None:
    async with asking([failing(401)]) as harness:
        completion = await harness.ask()
    assert "SECRET" not in repr(completion)


async def test_a_cut_off_answer_is_recorded_and_paid_for() -> None:
    async with asking([response(chat('{"text": "Fi', finish="length"))]) as harness:
        call = (await harness.ask()).calls[0]
    assert (call.response, call.finish_reason, call.output_tokens) == ('{"text": "Fi', "length", 20)


async def test_ids_differ_by_generation_and_prompt_only() -> None:
    repair = Prompt(PROMPT.messages, SCHEMA, 50, "repair", "v1")
    async with asking([answering()]) as harness:
        calls = [
            (await harness.model.complete(of, prompt, Tier.LARGE)).calls[0].call_id
            for of, prompt in [
                (context(), PROMPT), (context(), PROMPT), (context(generation=1), PROMPT), (context(), repair),
            ]
        ]  # fmt: skip
    assert calls[0] == calls[1]
    assert len(set(calls)) == 3


async def test_no_more_calls_than_slots_are_in_flight() -> None:
    async with asking([answering()], concurrency=2) as harness:
        completions = await asyncio.gather(*(harness.ask() for _ in range(8)))
    assert [completion.failure for completion in completions] == [""] * 8
    assert harness.upstream.busiest <= 2


async def test_waiting_for_a_slot_is_no_part_of_an_attempt_s_time() -> None:
    async with asking([HANG, answering()], concurrency=1, timeout_seconds=0.5) as harness:
        completions = await asyncio.gather(harness.ask(), harness.ask())
    assert sorted(completion.failure for completion in completions) == ["", "timeout"]


async def test_a_cancelled_call_frees_its_slot() -> None:
    async with asking([HANG, answering()], concurrency=1) as harness:
        waiting = asyncio.ensure_future(harness.ask())
        await harness.upstream.arrived.wait()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        assert (await harness.ask()).failure == ""


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with asking([answering()]) as harness:
        assert (await harness.ask()).failure == ""
