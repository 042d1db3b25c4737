import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.redact import intake
from schemas.errors import Unprocessable
from schemas.requests import MAX_REQUEST_BYTES, Request
from schemas.wire import Headers, Inbound
from tests.processors.redact.samples import MOMENT, REGISTRY, TASKS, document, message, published

CE: Headers = (("ce_specversion", b"1.0"), ("ce_id", b"req-9"), ("ce_source", b"web-chat"))
DEEP = 900


def read(inbound: Inbound) -> Request:
    return intake.read(inbound, REGISTRY, TASKS)[0]


def reason(inbound: Inbound) -> str:
    with pytest.raises(Unprocessable) as caught:
        read(inbound)
    return caught.value.reason


def structured(data: object, **attributes: str) -> Inbound:
    event = {"specversion": "1.0", "type": "request", "data": data, **attributes}
    return message(json.dumps(event).encode(), (("content-type", b"application/cloudevents+json"),))


@pytest.mark.parametrize(
    ("expected", "inbound"),
    [
        ("tombstone", message(None)),
        ("not_json", message(b"{")),
        ("not_json", message(b"[" * 100_000)),
        ("not_utf8", message("text: \u00fc".encode("latin-1"))),
        ("too_large", message(b" " * (MAX_REQUEST_BYTES + 1))),
        ("schema_mismatch", message(b"[]")),
        ("schema_mismatch", message(b'"text"')),
        ("schema_mismatch", published(text=" \n ")),
        ("schema_mismatch", published(text=None)),
        ("schema_mismatch", published(id=None)),
        ("schema_mismatch", published(id="jane@example.com")),
        ("schema_mismatch", published(surprise=1)),
        ("schema_mismatch", published(text="x" * 20_001)),
        ("schema_mismatch", published(fields={"nested": {"a": 1}})),
        ("bad_characters", message(json.dumps(document(text="\ud800")).encode())),
        ("bad_characters", message(json.dumps(document(fields={"a\udfff": 1})).encode())),
        ("unknown_source", published(source="elsewhere")),
        ("tenant_not_granted", published(tenant="nordwind")),
        ("tenant_not_granted", published(tenant="gone")),
        ("unknown_task", published(task="astrology")),
        ("task_not_granted", published(task="returns")),
        ("role_not_granted", published(principal={"id": "cust-1", "roles": ["customer", "agent"]})),
        ("cloudevents_mismatch", published(CE)),
        ("cloudevents_mismatch", structured(document(), id="req-1", source="elsewhere")),
        ("cloudevents_version", published((("ce_specversion", b"0.3"),))),
        ("cloudevents_version", message(b"{}", (("content-type", b"application/cloudevents+json"),))),
        ("cloudevents_malformed", message(b"[]", (("content-type", b"application/cloudevents+json"),))),
        ("content_type", message(b"{}", (("content-type", b"text/csv"),))),
    ],
)
def test_what_cannot_be_a_request_is_refused_with_its_reason(expected: str, inbound: Inbound) -> None:
    assert reason(inbound) == expected


@pytest.mark.parametrize(
    "inbound",
    [
        published(),
        published(CE, id=None),
        published(CE, id="req-9"),
        structured(document(id=None), id="req-1"),
    ],
)
def test_plain_json_and_both_modes_of_cloudevents_are_read(inbound: Inbound) -> None:
    assert read(inbound).text == "Where is my order?"


def test_the_attributes_of_a_cloudevent_fill_what_its_data_leaves_out() -> None:
    request = read(published(CE, id=None, source=None))

    assert (request.id, request.source) == ("req-9", "web-chat")


def test_a_trace_id_is_the_publishers_or_always_the_same() -> None:
    given_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = (("traceparent", f"00-{given_id}-00f067aa0ba902b7-01".encode()),)

    _, carried = intake.read(published(header), REGISTRY, TASKS)
    _, derived = intake.read(published(), REGISTRY, TASKS)
    _, again = intake.read(published(text="Once more"), REGISTRY, TASKS)
    _, other = intake.read(published(id="req-2"), REGISTRY, TASKS)

    assert carried == given_id
    assert derived == again != other


def test_a_mismatch_names_known_fields_and_no_value() -> None:
    with pytest.raises(Unprocessable) as caught:
        read(published(priority="Jane Doe", jane_doe="x"))

    assert "priority:literal_error" in caught.value.detail
    assert "jane" not in str(caught.value).lower()


@pytest.mark.parametrize(
    "personal",
    [
        "4111111111111111",
        "card-4111-1111-1111-1111",
        "0049-170-1234567",
        "004917012345678",
        "tel:2125550123",
        "212-555-0123",
        "078-05-1120",
        "DE89370400440532013000",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-proj-9aB3dE5fG7hJ9kL1mN3pQ5rS",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "conv-YW5uYS5zY2htaWR0QG1haWwuZXhhbXBsZQ",
        "616e6e612e7363686d696474406d61696c2e6578616d706c65",
    ],
)
@pytest.mark.parametrize("where", ["id", "conversation_id", "principal"])
def test_an_identifier_that_is_personal_data_or_a_key_is_refused(personal: str, where: str) -> None:
    value: object = {"id": personal, "roles": ["customer"]} if where == "principal" else personal

    assert reason(published(**{where: value})) == "identifier_not_opaque"


@pytest.mark.parametrize(
    ("where", "refused"), [("id", True), ("principal", True), ("conversation_id", False)]
)
def test_a_name_is_refused_where_it_cannot_be_replaced(where: str, refused: bool) -> None:
    named = {"id": "anna-schmidt", "roles": []} if where == "principal" else "anna-schmidt"
    inbound = published(**{where: named})

    if refused:
        assert reason(inbound) == "identifier_not_opaque"
    else:
        assert read(inbound).conversation_id == "anna-schmidt"


@pytest.mark.parametrize(
    "opaque",
    [
        "req-1",
        "0000012345",
        "1732372000123",
        "2025-03-03-000123",
        "8f14e45f-ceea-467f-a9af-0d2b1e5c7f11",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "order/AB-100001",
        "7203549123456789012",
    ],
)
def test_counters_timestamps_and_uuids_are_opaque(opaque: str) -> None:
    assert read(published(id=opaque)).id == opaque


def test_a_document_as_deep_as_the_parser_allows_is_a_mismatch() -> None:
    deep: object = "end"
    for _ in range(DEEP):
        deep = [deep]

    assert reason(published(fields={"deep": deep})) == "schema_mismatch"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
members = st.dictionaries(st.sampled_from(sorted(Request.model_fields)), anything, max_size=6)


def attempt(inbound: Inbound) -> None:
    with contextlib.suppress(Unprocessable):
        assert isinstance(read(inbound), Request)


@settings(deadline=None)
@given(
    value=st.binary(),
    content_type=st.sampled_from([b"", b"application/json", b"\xff", b"application/cloudevents+json"]),
)
def test_any_bytes_are_read_or_refused(value: bytes, content_type: bytes) -> None:
    attempt(Inbound("requests", 0, 0, None, value, (("content-type", content_type),), datetime.now(UTC)))


@settings(deadline=None)
@given(changes=members)
def test_any_json_is_read_or_refused(changes: dict[str, object]) -> None:
    attempt(Inbound("requests", 0, 0, None, json.dumps(document() | changes).encode(), (), MOMENT))
