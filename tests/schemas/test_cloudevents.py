"""What may be published, in every mode and broken in every way, and what we write ourselves."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import derive_id
from schemas.cloudevents import headers, parse, trace_id
from schemas.errors import Unprocessable
from schemas.wire import Headers, Inbound
from tests.schemas.examples import status_changed

DATA = {"id": "1", "text": "grüezi"}
BODY = json.dumps(DATA).encode()
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def _inbound(value: bytes | None, *pairs: tuple[str, bytes]) -> Inbound:
    return Inbound("requests", 0, 0, None, value, pairs, datetime(2026, 3, 2, tzinfo=UTC))


def _structured(**changes: object) -> bytes:
    event = {"specversion": "1.0", "id": "7", "source": "shop", "type": "asked", "data": DATA}
    return json.dumps(
        {name: value for name, value in (event | changes).items() if value != "absent"}
    ).encode()


def _reason(message: Inbound) -> str:
    with pytest.raises(Unprocessable) as caught:
        parse(message)
    return caught.value.reason


@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"application/json",
        b"Application/JSON; charset=UTF-8",
        b"text/json",
        b"application/vnd.shop.request+json",
    ],
)
def test_plain_json_has_no_attributes(content_type: bytes) -> None:
    event = parse(_inbound(BODY, ("content-type", content_type)))
    assert event.data == DATA
    assert event.attributes == {}


def test_a_missing_content_type_means_json() -> None:
    assert parse(_inbound(BODY)).data == DATA


def test_binary_mode_takes_attributes_from_headers() -> None:
    pairs = (("ce_specversion", b"1.0"), ("ce_id", b"7"), ("ce_source", "höf".encode()), ("other", b"\xff"))
    event = parse(_inbound(BODY, *pairs))
    assert event.attributes == {"specversion": "1.0", "id": "7", "source": "höf"}
    assert event.data == DATA


@pytest.mark.parametrize("suffix", [b"", b"; charset=UTF-8", b";charset=utf-8"])
def test_structured_mode_takes_attributes_from_the_value(suffix: bytes) -> None:
    event = parse(_inbound(_structured(), ("content-type", b"application/cloudevents+json" + suffix)))
    assert event.attributes == {"specversion": "1.0", "id": "7", "source": "shop", "type": "asked"}
    assert event.data == DATA


def test_structured_mode_does_not_believe_headers() -> None:
    pairs = (("content-type", b"application/cloudevents+json"), ("ce_source", b"somebody-else"))
    assert parse(_inbound(_structured(), *pairs)).attributes["source"] == "shop"


@pytest.mark.parametrize("version", [b"0.3", b"1.1", b"", b"1.0 "])
def test_binary_mode_of_another_version_is_refused(version: bytes) -> None:
    assert _reason(_inbound(BODY, ("ce_specversion", version))) == "cloudevents_version"


def test_binary_mode_without_a_version_is_refused() -> None:
    assert _reason(_inbound(BODY, ("ce_id", b"7"))) == "cloudevents_version"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (_structured(specversion="0.3"), "cloudevents_version"),
        (_structured(specversion=1.0), "cloudevents_version"),
        (_structured(specversion="absent"), "cloudevents_version"),
        (_structured(data="absent"), "cloudevents_malformed"),
        (_structured(data="absent", data_base64="e30="), "cloudevents_malformed"),
        (b"[]", "cloudevents_malformed"),
        (b'"1.0"', "cloudevents_malformed"),
        (b"{", "not_json"),
    ],
)
def test_a_broken_structured_event_is_refused(value: bytes, reason: str) -> None:
    assert _reason(_inbound(value, ("content-type", b"application/cloudevents+json"))) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b"{'id': 1}", "not_json"),
        (b'{"id": NaN}', "not_json"),
        (b'{"id": -Infinity}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"[" * 200_000, "not_json"),
        (b'{"a":' * 200_000, "not_json"),
        (b"9" * 5_000, "not_json"),
        (b"\xff\xfe{}", "not_utf8"),
        ('{"text": "grüezi"}'.encode("latin-1"), "not_utf8"),
        ('{"text": "hi"}'.encode("utf-16"), "not_utf8"),
    ],
)
def test_what_is_no_json_is_refused(value: bytes | None, reason: str) -> None:
    assert _reason(_inbound(value)) == reason


@pytest.mark.parametrize(
    "content_type", [b"application/avro", b"text/plain", b"application/cloudevents+avro"]
)
def test_other_formats_are_refused(content_type: bytes) -> None:
    assert _reason(_inbound(BODY, ("content-type", content_type))) == "content_type"


@pytest.mark.parametrize("name", ["content-type", "ce_source"])
def test_headers_that_are_not_utf8_are_refused(name: str) -> None:
    assert _reason(_inbound(BODY, (name, b"\xff"))) == "not_utf8"


def test_the_last_of_repeated_headers_counts() -> None:
    pairs = (("content-type", b"text/plain"), ("content-type", b"application/json"))
    assert parse(_inbound(BODY, *pairs)).data == DATA


@settings(deadline=None)
@given(
    value=st.none() | st.binary(max_size=60),
    pairs=st.lists(
        st.tuples(
            st.sampled_from(["content-type", "ce_specversion", "ce_id", "traceparent"]),
            st.binary(max_size=30),
        ),
        max_size=4,
    ),
)
def test_nothing_but_unprocessable_is_raised(value: bytes | None, pairs: list[tuple[str, bytes]]) -> None:
    message = _inbound(value, *pairs)
    trace_id(message)
    with suppress(Unprocessable):
        parse(message)


def test_our_headers_are_a_binary_cloudevent_in_the_requests_trace() -> None:
    event_id = derive_id("test")
    at = datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC)
    written = dict(headers(status_changed(), event_id, at, TRACE, subject="abc"))
    assert written == {
        "ce_specversion": b"1.0",
        "ce_id": str(event_id).encode(),
        "ce_source": b"sluicegate",
        "ce_type": b"sluicegate.status.v1",
        "ce_time": b"2026-03-02T09:30:00.250000Z",
        "ce_dataschema": b"urn:sluicegate:schema:sluicegate.status.v1",
        "ce_subject": b"abc",
        "content-type": b"application/json",
        "traceparent": f"00-{TRACE}-{event_id.hex[:16]}-01".encode(),
    }


def test_our_headers_are_read_back() -> None:
    pairs: Headers = headers(status_changed(), derive_id("test"), datetime(2026, 3, 2, tzinfo=UTC), TRACE)
    message = _inbound(b"{}", *pairs)
    assert parse(message).attributes["type"] == "sluicegate.status.v1"
    assert trace_id(message) == TRACE
    assert message.header("ce_subject") is None


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_trace_is_continued(flags: str) -> None:
    assert trace_id(_inbound(BODY, ("traceparent", f"00-{TRACE}-{SPAN}-{flags}".encode()))) == TRACE


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "00",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-é1",
    ],
)
def test_a_malformed_trace_is_ignored(raw: str) -> None:
    assert trace_id(_inbound(BODY, ("traceparent", raw.encode()))) is None
    assert trace_id(_inbound(BODY)) is None


@pytest.mark.parametrize("said", [b"jane.doe@mail.ex", b"jane@x.example\0\0", b"\0\0\0\0\0\0\0\0\0Jane Do"])
def test_a_trace_id_that_spells_something_is_ignored(said: bytes) -> None:
    assert trace_id(_inbound(BODY, ("traceparent", f"00-{said.hex()}-{SPAN}-01".encode()))) is None


@pytest.mark.parametrize("trace", [f"{1:032x}", f"{0x4142:032x}", TRACE])
def test_a_trace_id_that_spells_nothing_is_kept(trace: str) -> None:
    assert trace_id(_inbound(BODY, ("traceparent", f"00-{trace}-{SPAN}-01".encode()))) == trace
