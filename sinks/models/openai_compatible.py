"""A chat model behind any endpoint that speaks OpenAI's chat completions."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import JsonValue

from schemas.base import Clock
from schemas.envelope import Context, ModelCall, Tier, Usd
from schemas.ports import Completion, Prompt
from sinks.models import calls, retries, tokens
from sinks.models.answers import OK, Answer, read_refusal, read_success
from sinks.models.endpoint import Endpoint
from sinks.models.prices import Price

_KEEP_ALIVE_SECONDS = 4.0
"""Below the 5 s after which common servers close, so that few calls meet a dead connection."""

_LENGTHS = frozenset({"minLength", "maxLength"})
_BROKEN = (httpx.HTTPError, aiohttp.ClientError, OSError, ValueError)
"""All that a hostile or dying endpoint can make the client raise."""

_NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Causes of an error that leave no doubt that nothing was sent."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    number: int
    answer: Answer
    latency_ms: int


@dataclass
class OpenAICompatible:
    """Implements `ChatModel`. One per upstream and process; close it with `aclose` or use it as a context manager.

    What may be tried again is tried again here a few times with growing waits, as long as the provider cannot have
    charged for the failed attempt: else one call would cost more than its `worst_case`.
    """

    endpoint: Endpoint
    price: Price
    clock: Clock
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    _client: httpx.AsyncClient = field(init=False, repr=False)
    _slots: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._client = _client(self.endpoint)
        self._slots = asyncio.Semaphore(self.endpoint.concurrency)

    @property
    def model(self) -> str:
        return self.endpoint.model

    def worst_case(self, prompt_bytes: int, max_output_tokens: int) -> tuple[Usd, int]:
        worst = tokens.worst_case(prompt_bytes, max_output_tokens)
        return self.price.cost(worst, self.clock.now()), worst.input + worst.output

    async def complete(self, context: Context, prompt: Prompt, tier: Tier) -> Completion:
        made: tuple[ModelCall, ...] = ()
        body = self._body(prompt)
        while True:
            tried = await self._attempt(context, body, number=len(made) + 1)
            if tried is None:
                return Completion(None, made, "deadline_passed")
            made += (self._record(context, prompt, tier, tried),)
            if not await self._wait(context, tried):
                return _completion(tried.answer, made)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _attempt(self, context: Context, body: bytes, number: int) -> _Attempt | None:
        """Make one attempt in the time left; None when the deadline passed before a slot was free."""
        try:
            async with asyncio.timeout(self._left(context)):
                await self._slots.acquire()
        except TimeoutError:
            return None
        try:
            return await self._timed(body, number, self._left(context))
        finally:
            self._slots.release()

    async def _timed(self, body: bytes, number: int, left_seconds: float) -> _Attempt | None:
        if left_seconds <= 0:
            return None
        started = time.monotonic()
        answer = await self._exchange(body, min(left_seconds, self.endpoint.timeout_seconds))
        return _Attempt(number, answer, round((time.monotonic() - started) * 1000))

    async def _exchange(self, body: bytes, limit_seconds: float) -> Answer:
        try:
            async with asyncio.timeout(limit_seconds):
                return await self._post(body)
        except TimeoutError:
            return Answer("timeout", billed=True, temporary=True)

    async def _post(self, body: bytes) -> Answer:
        request = self._client.build_request("POST", "chat/completions", content=body)
        try:
            response = await self._client.send(request, stream=True)
        except _BROKEN as error:
            return _unanswered(error)
        try:
            return await self._read(response)
        except _BROKEN:
            return Answer("connection", billed=response.status_code == HTTPStatus.OK, temporary=True)
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response) -> Answer:
        body = await _bounded(response, self.endpoint.max_response_bytes)
        if response.status_code != HTTPStatus.OK:
            asked = retries.requested_seconds(response.headers, self.clock.now())
            return read_refusal(response.status_code, body or b"", asked)
        return Answer("too_large", billed=True) if body is None else read_success(body)

    async def _wait(self, context: Context, tried: _Attempt) -> bool:
        """Wait before another attempt; False when none is to be made."""
        answer = tried.answer
        if not answer.temporary or answer.billed or tried.number > self.endpoint.retries:
            return False
        wait = answer.retry_after_seconds
        if wait is None:
            wait = retries.backoff_seconds(tried.number, self.jitter)
        if wait > retries.LONGEST_WAIT_SECONDS or wait >= self._left(context):
            return False
        await self.sleep(wait)
        return True

    def _left(self, context: Context) -> float:
        return max(0.0, (context.deadline - self.clock.now()).total_seconds())

    def _body(self, prompt: Prompt) -> bytes:
        schema = dict(prompt.schema)
        document: dict[str, JsonValue] = {
            "model": self.endpoint.model,
            "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": prompt.purpose,
                    "strict": True,
                    "schema": schema if self.endpoint.length_keywords else _without_lengths(schema),
                },
            },
            "seed": calls.seed(prompt),
            self.endpoint.output_limit: prompt.max_output_tokens,
            **self.endpoint.extra,
        }
        if self.endpoint.temperature is not None:
            document["temperature"] = self.endpoint.temperature
        return json.dumps(document).encode()

    def _record(self, context: Context, prompt: Prompt, tier: Tier, tried: _Attempt) -> ModelCall:
        answer = tried.answer
        counted = _counted(prompt, answer)
        return ModelCall(
            call_id=calls.call_id(context, prompt, tried.number),
            tier=tier,
            provider=self.endpoint.provider,
            model=self.endpoint.model,
            purpose=prompt.purpose,
            prompt_version=prompt.version,
            attempt=tried.number,
            status=answer.status,
            finish_reason=answer.finish_reason,
            input_tokens=counted.input,
            cached_tokens=counted.cached,
            output_tokens=counted.output,
            reasoning_tokens=counted.reasoning,
            estimated=counted.estimated,
            cost_usd=self.price.cost(counted, self.clock.now()),
            price_version=self.price.version,
            latency_ms=tried.latency_ms,
            prompt=calls.transcript(prompt),
            response=answer.text,
            temporary_failure=answer.temporary,
        )


def _client(endpoint: Endpoint) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=endpoint.concurrency, keepalive_expiry=_KEEP_ALIVE_SECONDS)
    headers = {"content-type": "application/json", "accept-encoding": "identity"}
    if endpoint.api_key is not None:
        headers["authorization"] = f"Bearer {endpoint.api_key.get_secret_value()}"
    return httpx.AsyncClient(
        base_url=endpoint.base_url,
        headers=headers,
        transport=AiohttpTransport(limits=limits, trust_env=False),
        timeout=httpx.Timeout(None, connect=endpoint.connect_seconds),
        follow_redirects=False,
        trust_env=False,
    )


def _unanswered(error: Exception) -> Answer:
    """What was sent may have been answered and charged for: unless streamed, an answer begins only once it is whole."""
    timed_out = isinstance(error.__cause__, TimeoutError)
    status = "timeout" if timed_out else "connection"
    return Answer(status, billed=not isinstance(error.__cause__, _NOT_REACHED), temporary=True)


async def _bounded(response: httpx.Response, limit: int) -> bytes | None:
    """Return the body as it came, so that nothing is unpacked, or None when it is longer than `limit` bytes."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _without_lengths(schema: JsonValue) -> JsonValue:
    if isinstance(schema, dict):
        return {name: _without_lengths(value) for name, value in schema.items() if name not in _LENGTHS}
    return [_without_lengths(item) for item in schema] if isinstance(schema, list) else schema


def _counted(prompt: Prompt, answer: Answer) -> tokens.Tokens:
    if answer.tokens is not None:
        return answer.tokens
    if answer.status == OK:
        return tokens.estimated(prompt.characters, len(answer.text))
    return tokens.worst_case(prompt.bytes, prompt.max_output_tokens) if answer.billed else tokens.Tokens()


def _completion(answer: Answer, made: tuple[ModelCall, ...]) -> Completion:
    if answer.status == OK:
        return Completion(answer.text, made)
    return Completion(None, made, answer.status, answer.temporary)
