"""A service is believed only when it answers with JSON of a bearable size, in time, and itself."""

import asyncio
import gzip

import pytest
from pydantic import SecretStr, ValidationError

from schemas.errors import Retryable, SluicegateError
from schemas.ports import FixedClock
from schemas.tooling import CallRefused
from sinks.tools.http import HttpService, HttpxSource
from tests.events import MOMENT
from tests.sinks.tools.service import Answer, Service, running

TOKEN = "not-to-be-seen"
AWAY, REFUSED = Retryable, CallRefused


def _source(service: Service, **changes: object) -> HttpxSource:
    given = {"base_url": service.base_url, "time_limit_seconds": 5, **changes}
    return HttpxSource(HttpService.model_validate(given), FixedClock(MOMENT))


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Answer({"error": "SECRET"}, 400), REFUSED, "invalid_result: http_400"),
        (Answer({"error": "SECRET"}, 401), AWAY, "source_unavailable: http_401"),
        (Answer({"error": "SECRET"}, 403), AWAY, "source_unavailable: http_403"),
        (Answer({"error": "SECRET"}, 429), AWAY, "source_unavailable: http_429"),
        (Answer({"error": "SECRET"}, 500), AWAY, "source_unavailable: http_500"),
        (Answer(b"", 204), REFUSED, "invalid_result: http_204"),
        (Answer({}, 302, {"location": "http://127.0.0.1:1/SECRET"}), REFUSED, "invalid_result: http_302"),
        (Answer(b"<p>SECRET</p>", content_type="text/html"), REFUSED, "invalid_result: no_json"),
        (Answer({}, content_type=""), REFUSED, "invalid_result: no_json"),
        (Answer(b'{"SECRET": '), REFUSED, "invalid_result: no_json"),
        (Answer(b'{"a": NaN}'), REFUSED, "invalid_result: no_json"),
        (Answer(b"\xff\xfe"), REFUSED, "invalid_result: no_json"),
        (Answer(b"[" * 50_000), REFUSED, "invalid_result: no_json"),
        (Answer(gzip.compress(b"{}"), headers={"content-encoding": "gzip"}), REFUSED, "no_json"),
        (Answer(b"[" + b" " * 70_000 + b"]"), REFUSED, "invalid_result: too_large"),
        (Answer({}, length=500, reset=True), AWAY, "source_unavailable: http"),
    ],
)
async def test_what_is_no_answer_is_a_code(answer: Answer, error: type[SluicegateError], said: str) -> None:
    async with running() as service, _source(service, token=TOKEN) as source:
        service.answers["SECRET"] = answer
        with pytest.raises(error, match=said) as raised:
            await source.get("{name}", {"name": "SECRET"})
        assert "SECRET" not in str(raised.value)
        assert TOKEN not in repr(raised.value)
        assert len(service.lines) == 1


async def test_a_service_that_hangs_is_left() -> None:
    async with running() as service, _source(service, time_limit_seconds=0.05) as source:
        service.answers["slow"] = Answer(hangs=True)
        with pytest.raises(Retryable, match="source_timeout"):
            await source.get("slow", {})


async def test_a_service_that_is_not_there_may_come_back() -> None:
    async with running() as service:
        source = _source(service)
    async with source:
        with pytest.raises(Retryable, match="source_unavailable"):
            await source.get("any", {})


async def test_it_waits_as_long_as_it_was_asked_to() -> None:
    async with running() as service, _source(service) as source:
        service.answers["busy"] = Answer(status=503, headers={"retry-after": "7"})
        with pytest.raises(Retryable) as raised:
            await source.get("busy", {})
        assert raised.value.retry_after_seconds == 7


async def test_it_asks_by_get_for_plain_json_with_its_token() -> None:
    async with running() as service, _source(service, token=SecretStr(TOKEN)) as source:
        service.answers["a"] = Answer({"a": 1}, content_type="application/problem+json; charset=utf-8")
        assert await source.get("a", {}) == {"a": 1}
        assert service.lines == ["GET /v1/a HTTP/1.1"]
        assert service.headers[0]["authorization"] == f"Bearer {TOKEN}"
        assert service.headers[0]["accept-encoding"] == "identity"


async def test_calls_in_flight_are_bounded() -> None:
    async with running() as service, _source(service, concurrency=3) as source:
        service.answers["a"] = Answer({"a": 1})
        answers = await asyncio.gather(*(source.get("a", {}) for _ in range(20)))
        assert answers == [{"a": 1}] * 20
        assert service.busiest <= 3


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "file:///etc/passwd", "http://ada:pw@x.example", "http://x.example/?a=b", "x"]
)
def test_an_address_is_host_port_and_path(url: str) -> None:
    with pytest.raises(ValidationError):
        HttpService(base_url=url)


def test_its_token_is_not_shown() -> None:
    assert TOKEN not in repr(HttpService(base_url="http://x.example", token=SecretStr(TOKEN)))
