"""Reading and writing of models, and that no error tells what was in the message."""

import json
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from schemas.codec import canonical, decode, encode
from schemas.envelope import Message
from schemas.errors import Unprocessable
from schemas.requests import Request
from schemas.wire import Inbound
from tests.schemas.examples import EXAMPLES, judged, refund, request

CANARY = "Zanzibar-4711"

PLANTED: list[JsonValue] = [
    f"{CANARY} @",
    [CANARY],
    {CANARY: CANARY},
    {"type": CANARY},
    f"{CANARY}\ud800",
]

Path = tuple[str | int, ...]


def _inbound(value: bytes | None) -> Inbound:
    return Inbound("any", 0, 0, None, value, (), datetime(2026, 3, 2, tzinfo=UTC))


def _refused(model: type[Message], value: bytes | None) -> Unprocessable:
    with pytest.raises(Unprocessable) as caught:
        decode(model, _inbound(value))
    return caught.value


def _error(model: type[Message], value: bytes) -> Unprocessable | None:
    try:
        decode(model, _inbound(value))
    except Unprocessable as error:
        return error
    return None


def _paths(value: JsonValue, at: Path = ()) -> Iterator[Path]:
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, (*at, name))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _paths(inner, (*at, place))


def _changed(value: JsonValue, path: Path, to: JsonValue) -> JsonValue:
    """Return the value with something else at a path."""
    if not path:
        return to
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: _changed(inner, rest, to) if name == step else inner for name, inner in value.items()}
    assert isinstance(value, list)
    return [_changed(inner, rest, to) if place == step else inner for place, inner in enumerate(value)]


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[type[Message], bytes]:
    """Draw a message in which one value, or one name beside it, was replaced by something with the canary in it."""
    message = draw(st.sampled_from(list(EXAMPLES.values())))
    document: JsonValue = json.loads(encode(message))
    path = draw(st.sampled_from(list(_paths(document))))
    planted = draw(st.sampled_from(PLANTED))
    return type(message), json.dumps(_changed(document, path, planted)).encode()


@settings(deadline=None, max_examples=300)
@given(spoiled())
def test_errors_carry_no_value(case: tuple[type[Message], bytes]) -> None:
    model, value = case
    error = _error(model, value)
    if error is not None:
        assert error.reason == "schema_mismatch"
        assert CANARY not in error.detail
        assert CANARY not in "".join(traceback.format_exception(error))
        assert len(error.detail) <= 300


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(value: bytes) -> None:
    assert _refused(Request, value).reason == "schema_mismatch"


def test_a_tombstone_is_refused() -> None:
    assert _refused(Request, None).reason == "tombstone"


def test_deep_json_is_refused() -> None:
    assert _refused(Request, b"[" * 100_000).reason == "schema_mismatch"


def test_what_is_wrong_is_named_by_known_fields_only() -> None:
    document = json.loads(encode(request())) | {
        "tenant": "Not A Slug",
        CANARY: 1,
        "turns": [{"role": "system", "text": "x"}],
    }
    assert _refused(Request, json.dumps(document).encode()).detail == (
        "*:extra_forbidden, tenant:string_pattern_mismatch, turns.item.role:literal_error"
    )


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    value = encode(request()).replace(b"59.9", number.encode())
    assert number.encode() in value
    assert _refused(Request, value).reason == "schema_mismatch"


@pytest.mark.parametrize("message", EXAMPLES.values(), ids=lambda message: message.event_type)
def test_what_is_written_is_read_back(message: Message) -> None:
    assert decode(type(message), _inbound(encode(message))) == message


def test_the_canonical_form_has_sorted_keys_and_no_spaces() -> None:
    assert canonical(refund()) == (
        b'{"amount":"59.90","currency":"EUR","order_number":"NW-104233",'
        b'"reason":"damaged_goods","type":"issue_refund"}'
    )


def test_the_canonical_form_survives_a_round_trip() -> None:
    again = decode(type(judged()), _inbound(encode(judged())))
    assert canonical(again) == canonical(judged())
