"""What a record of the topic stands for; key and value must agree."""

import pytest

from schemas.codec import encode
from schemas.wire import Inbound
from streams.knowledge.records import Deleted, Published, Refused, read
from streams.topic_specs import MAX_MESSAGE_BYTES
from tests.events import MOMENT
from tests.streams.knowledge.followers import document

GIVEN = document("a", "text")
VALUE = encode(GIVEN)


def record(key: bytes | None, value: bytes | None) -> Inbound:
    return Inbound("documents", 1, 7, key, value, (), MOMENT)


def test_a_document_is_published_under_its_own_key() -> None:
    found = read(record(b"acme/a", VALUE))
    assert isinstance(found, Published)
    assert (found.key, found.document) == (("acme", "a"), GIVEN)
    assert (found.stand.place, found.stand.at) == ((1, 7), MOMENT)


def test_an_id_may_hold_slashes_and_a_tenant_none() -> None:
    nested = document("faq/returns", "text")
    found = read(record(b"acme/faq/returns", encode(nested)))
    assert found.key == ("acme", "faq/returns")
    assert isinstance(found, Published)


def test_a_record_without_value_deletes() -> None:
    assert isinstance(read(record(b"acme/a", None)), Deleted)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"acme/b", VALUE, "key_mismatch"),
        (b"other/a", VALUE, "key_mismatch"),
        (b"acme/a", b"{", "not_json"),
        (b"acme/a", b"\xff", "not_json"),
        (b"acme/a", b'"text"', "schema_mismatch"),
        (b"acme/a", b"", "not_json"),
        (b"acme/a", VALUE[:-1] + b', "tenants": ["x"]}', "schema_mismatch"),
        (b"acme/a", VALUE.replace(b'"text":"text"', b'"text":"' + b"x" * 500_001 + b'"'), "schema_mismatch"),
        (b"acme/a", VALUE.replace(b'"version":1', b'"version":9223372036854775808'), "schema_mismatch"),
        (
            b"acme/a",
            VALUE.replace(b'"principals":[', b'"principals":["p"' + b',"p"' * 1_000),
            "schema_mismatch",
        ),
        (b"acme/a", b" " * (MAX_MESSAGE_BYTES + 1), "too_large"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_under_its_key(key: bytes, value: bytes, reason: str) -> None:
    found = read(record(key, value))
    assert isinstance(found, Refused)
    assert found.reason == reason
    assert "/".join(found.key or ()).encode() == key


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, "key_missing"),
        (b"", "key_invalid"),
        (b"acme", "key_invalid"),
        (b"acme/", "key_invalid"),
        (b"/a", "key_invalid"),
        (b"Acme/a", "key_invalid"),
        (b"acme/a\n", "key_invalid"),
        (b"acme/jane doe", "key_invalid"),
        (b"acme/\xc3\xa4", "key_invalid"),
        (b"\xff", "key_invalid"),
        (b"acme/" + b"a" * 129, "key_invalid"),
    ],
)
@pytest.mark.parametrize("value", [None, VALUE])
def test_a_record_without_a_documents_key_touches_none(
    key: bytes | None, reason: str, value: bytes | None
) -> None:
    found = read(record(key, value))
    assert isinstance(found, Refused)
    assert (found.key, found.reason) == (None, reason)
