"""A service that answers GET with JSON."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import Annotated, NoReturn, Self
from urllib.parse import quote, urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import AfterValidator, Field, JsonValue, SecretStr

from schemas.base import Clock, Model
from schemas.errors import Retryable
from schemas.tooling import MAX_ARGUMENT_CHARACTERS, CallRefused, ToolStatus
from sinks.models.endpoint import plain_http_url
from sinks.models.retries import requested_seconds

_KEEP_ALIVE_SECONDS = 4.0
_BRACES = re.compile(r"\{([a-z_]+)\}")
_UNSENT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NO_SEGMENT = re.compile(r"\.{0,2}|.*;.*")
"""What changes or shortens a path, however it is encoded: dots, also before what some servers take for parameters."""

_PLAIN_IN_PATH, _PLAIN_IN_QUERY = "!$&'()*,:=@", "!$'()*,/:?@"
"""What may stand as it is, and what the client would write so anyway."""

_JSON = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;|\Z)", re.IGNORECASE)
_BROKEN = (httpx.HTTPError, aiohttp.ClientError, OSError)
_AWAY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_TIMEOUT})
_FIRST_SERVER_ERROR = 500


class HttpService(Model):
    """Where a service is, and how far it is trusted.

    Attributes:
        base_url: up to and including the version, as in `https://stock.example/v1`.
        concurrency: calls in flight at most, of this process.
        time_limit_seconds: of one call, waiting for its turn included.
    """

    base_url: Annotated[str, AfterValidator(plain_http_url)]
    token: SecretStr | None = None
    concurrency: int = Field(default=32, ge=1, le=256)
    time_limit_seconds: float = Field(default=2.0, gt=0)
    max_bytes: int = Field(default=64_000, ge=1)


@dataclass
class HttpxSource:
    """Implements `HttpSource`. One per service and process; close it with `aclose` or use it as a context manager.

    It never follows a redirect, whose target could be anybody, and unpacks nothing.
    """

    service: HttpService
    clock: Clock
    _slots: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.service.concurrency)

    async def get(
        self, path: str, arguments: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> JsonValue:
        address = located(path, arguments, query or {})
        try:
            async with asyncio.timeout(self.service.time_limit_seconds), self._slots:
                return await self._get(address)
        except TimeoutError:
            raise Retryable("source_timeout", "http") from None
        except _BROKEN:
            raise Retryable("source_unavailable", "http") from None

    async def aclose(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if self.service.token is not None:
            headers["authorization"] = f"Bearer {self.service.token.get_secret_value()}"
        limits = httpx.Limits(max_connections=self.service.concurrency, keepalive_expiry=_KEEP_ALIVE_SECONDS)
        return httpx.AsyncClient(
            headers=headers,
            transport=AiohttpTransport(limits=limits, trust_env=False),
            timeout=httpx.Timeout(None),
            follow_redirects=False,
            trust_env=False,
        )

    async def _get(self, address: str) -> JsonValue:
        request = self._client.build_request("GET", f"{self.service.base_url}/{address}")
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            if response.status_code != HTTPStatus.OK:
                self._refuse(response)
            return _document(response.headers, await _bounded(response, self.service.max_bytes))
        finally:
            await response.aclose()

    def _refuse(self, response: httpx.Response) -> NoReturn:
        """Tell what may be tried again (also our own credentials being refused) from what may not."""
        status = response.status_code
        if status >= _FIRST_SERVER_ERROR or status in _AWAY or status == HTTPStatus.TOO_MANY_REQUESTS:
            after = requested_seconds(response.headers, self.clock.now())
            raise Retryable("source_unavailable", f"http_{status}", after)
        raise CallRefused(ToolStatus.INVALID_RESULT, f"http_{status}")


def located(path: str, arguments: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return a path with its braces filled, each argument as one segment, and the query. Raises CallRefused."""
    filled = _BRACES.sub(lambda match: _segment(arguments[match[1]]), path)
    asked = urlencode(
        {name: _checked(value) for name, value in sorted(query.items())},
        quote_via=quote,
        safe=_PLAIN_IN_QUERY,
    )
    return f"{filled}?{asked}" if asked else filled


def _segment(value: str) -> str:
    if _NO_SEGMENT.fullmatch(_checked(value)):
        raise CallRefused(ToolStatus.INVALID_ARGUMENTS, "no_path_segment")
    return quote(value, safe=_PLAIN_IN_PATH)


def _checked(value: str) -> str:
    if len(value) > MAX_ARGUMENT_CHARACTERS:
        raise CallRefused(ToolStatus.INVALID_ARGUMENTS, "too_long")
    if _UNSENT.search(value):
        raise CallRefused(ToolStatus.INVALID_ARGUMENTS, "no_plain_text")
    return value


async def _bounded(response: httpx.Response, limit: int) -> bytes:
    """Return the body as it came. Raises CallRefused when it is longer than `limit` bytes."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise CallRefused(ToolStatus.INVALID_RESULT, "too_large")
    return bytes(body)


def _document(headers: httpx.Headers, body: bytes) -> JsonValue:
    if not _JSON.match(headers.get("content-type", "")):
        raise CallRefused(ToolStatus.INVALID_RESULT, "no_json")
    try:
        document: JsonValue = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise CallRefused(ToolStatus.INVALID_RESULT, "no_json") from None
    return document


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no number of JSON")
