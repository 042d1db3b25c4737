"""One HTTP exchange with a model, read with distrust: what came of it, and may it be tried again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sinks.models.tokens import Tokens, reported

OK = "ok"
MAX_TEXT_CHARACTERS = 20_000

_OVERFLOW = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "spend_limit_exceeded"})
_CUT = {"length": "truncated", "content_filter": "refused"}
_TOOL_CALLS = frozenset({"tool_calls", "function_call"})
_REFUSALS = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
}
_TEMPORARY = {
    HTTPStatus.REQUEST_TIMEOUT: "timeout",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one attempt brought.

    Attributes:
        status: `ok`, or a code for what went wrong.
        text: what the model said, usable only if the status is `ok`.
        tokens: as reported, None where the provider reported none.
        billed: the provider may have charged for it.
        temporary: the same call may succeed later.
        retry_after_seconds: how long the provider asked to wait.
    """

    status: str
    text: str = ""
    finish_reason: str = ""
    tokens: Tokens | None = None
    billed: bool = False
    temporary: bool = False
    retry_after_seconds: float | None = None


def read_success(body: bytes) -> Answer:
    """Read the body of a response with status 200."""
    document = _json(body)
    if not isinstance(document, dict):
        return Answer("bad_response", billed=True)
    tokens = reported(document.get("usage"))
    choices = document.get("choices")
    if not choices or not isinstance(choices, list):
        return Answer("empty" if choices in ([], None) else "bad_response", tokens=tokens, billed=True)
    return _read_choice(choices[0], tokens)


def _read_choice(choice: object, tokens: Tokens | None) -> Answer:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return Answer("bad_response", tokens=tokens, billed=True)
    finish = choice.get("finish_reason")
    content = message.get("content")
    text = _clean(content)[:MAX_TEXT_CHARACTERS] if isinstance(content, str) else ""
    return Answer(_judge(message, finish), text, _code(finish), tokens, billed=True)


def _judge(message: Mapping[str, object], finish: object) -> str:
    content = message.get("content")
    if message.get("refusal"):
        return "refused"
    if isinstance(finish, str) and finish in _CUT:
        return _CUT[finish]
    if finish in _TOOL_CALLS or not isinstance(content, str | None):
        return "bad_response"
    if not content or not content.strip():
        return "empty"
    return "too_large" if len(content) > MAX_TEXT_CHARACTERS else OK


def read_refusal(status: int, body: bytes, retry_after_seconds: float | None) -> Answer:
    """Read the status and body of any other response. Its words are not kept: they may echo the prompt or a key."""
    codes = _error_codes(_json(body))
    if codes & _OVERFLOW:
        return Answer("context_overflow")
    if status == HTTPStatus.TOO_MANY_REQUESTS and codes & _QUOTA:
        return Answer("quota_exhausted")
    if status in _TEMPORARY:
        return Answer(_TEMPORARY[HTTPStatus(status)], temporary=True, retry_after_seconds=retry_after_seconds)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Answer("server_error", temporary=True, retry_after_seconds=retry_after_seconds)
    if status < HTTPStatus.BAD_REQUEST:
        return Answer("bad_response")
    return Answer(_REFUSALS.get(status, "bad_request"))  # type: ignore[call-overload]


def _error_codes(document: object) -> frozenset[str]:
    error = document.get("error") if isinstance(document, dict) else None
    found = (error.get("code"), error.get("type")) if isinstance(error, dict) else ()
    return frozenset(code for code in found if isinstance(code, str))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _clean(text: str) -> str:
    """Replace what JSON may carry and UTF-8 may not (lone surrogates)."""
    return text.encode("utf-8", "replace").decode()


def _code(finish: object) -> str:
    known = isinstance(finish, str) and finish.isascii() and finish.replace("_", "").isalpha()
    return str(finish)[:40] if known else ""
