import inspect
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest

import schemas
from schemas.envelope import Event, Message
from schemas.requests import Request
from sinks.clickhouse.record import Place
from sinks.clickhouse.rows import RECORDED, map_message, map_poison
from sinks.clickhouse.tables import TABLES, Row
from tests.schemas.examples import EXAMPLES
from tests.sinks.clickhouse.line import CIPHERTEXT, NAME, NOW, TITLE, Line, call, context


def message_classes() -> set[type[Message]]:
    modules = [import_module(f"schemas.{each.name}") for each in pkgutil.iter_modules(schemas.__path__)]
    found = {cls for module in modules for _, cls in inspect.getmembers(module, inspect.isclass)}
    return {cls for cls in found if issubclass(cls, Message) and cls not in {Message, Event}}


def rows_of(message: Message, line: Line | None = None) -> list[Row]:
    line = line or Line()
    return map_message(line.record(message), message)


def values(row: Row) -> dict[str, object]:
    return dict(zip(TABLES[row.table].columns, row.values, strict=True))


def one(table: str, message: Message, line: Line | None = None) -> dict[str, object]:
    (found,) = [values(row) for row in rows_of(message, line) if row.table == table]
    return found


def flat(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (*flat(key), *flat(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from flat(item)
    else:
        yield str(value)


def test_every_message_but_the_raw_request_is_recorded() -> None:
    assert set(RECORDED.values()) == message_classes() - {Request}
    assert "requests" not in RECORDED


def test_the_sample_covers_every_recorded_class() -> None:
    assert {type(message) for message in Line().every()} == set(RECORDED.values())


@pytest.mark.parametrize("message", Line().every(), ids=lambda message: type(message).__name__)
def test_no_original_value_reaches_a_row(message: Message) -> None:
    found = [text for row in rows_of(message) for text in flat(row.values)]
    assert found
    for secret in (NAME, CIPHERTEXT, TITLE):
        assert not [text for text in found if secret in text]


@pytest.mark.parametrize("message", EXAMPLES.values(), ids=lambda message: message.event_type)
def test_no_original_value_of_a_snapshot_reaches_a_row(message: Message) -> None:
    if isinstance(message, Request):
        assert "Beispiel" in message.text
        return
    found = [text for row in rows_of(message) for text in flat(row.values)]
    assert found
    assert not [text for text in found if "Beispiel" in text or "c2VhbGVk" in text]


def test_the_sample_would_show_a_leak() -> None:
    leaking = Line().action()
    assert NAME in leaking.action.model_dump_json()
    assert CIPHERTEXT in Line().dead_letter().model_dump_json()
    assert NAME in Line().document().model_dump_json()


def test_an_action_buried_whole_keeps_its_twin_only() -> None:
    line = Line()
    buried = line.dead_letter(
        body={"judged": {"action": {"type": "send_reply"}, "deep": [line.action().model_dump(mode="json")]}}
    )
    body = str(one("dead_letters", buried)["body"])
    assert NAME not in body
    assert '"action": {"type": "send_reply"}' in body
    assert "Dear <PERSON_1a2b>" in body


def test_a_raw_request_cannot_be_mapped() -> None:
    request = Request.model_validate(
        {
            "id": "r-1",
            "source": "shop/web",
            "tenant": "acme",
            "principal": {"id": "customer:1"},
            "task": "shop_support",
            "conversation_id": "c-1",
            "text": NAME,
        }
    )
    with pytest.raises(KeyError):
        rows_of(request)


def test_mapping_the_same_record_again_gives_the_same_rows() -> None:
    for inbound, message in Line().records(Line().every()):
        assert map_message(inbound, message) == map_message(inbound, message)


def test_a_proposal_brings_its_stage_event_calls_and_payloads() -> None:
    assert sorted(row.table for row in rows_of(Line().proposed())) == [
        "model_calls",
        "model_calls",
        "model_payloads",
        "model_payloads",
        "stage_events",
    ]


def test_a_stage_event_tells_what_was_done_in_codes() -> None:
    line = Line()
    message = line.escalated()
    inbound = line.record(message)
    (found,) = [values(row) for row in map_message(inbound, message) if row.table == "stage_events"]
    assert found["stage"] == "classify"
    assert found["topic"] == "escalations"
    assert str(found["event_id"]) == (inbound.header("ce_id") or b"").decode()
    assert str(found["span_id"]) in (inbound.header("traceparent") or b"").decode()
    assert found["notes"] == {"step": "done"}
    assert found["facts"] == {
        "label": "order_status",
        "confidence": "0.9300",
        "classifier": "c1",
        "repairs": "0",
        "chosen_type": "send_reply",
        "reason": "low_confidence",
        "violations": "body:too_long",
        "chunks": "1",
        "lookup_rounds": "0",
        "tools": "get_order:ok",
        "hold_usd": "0.05",
    }


def test_event_time_is_the_request_append_time_in_every_row_of_a_request() -> None:
    received = NOW - timedelta(days=3)
    line = Line(context(received_at=received))
    for inbound, message in line.records([*line.way(), line.review(), line.dead_letter(), line.audited()]):
        for row in map_message(inbound, message):
            assert values(row).get("received_at", received) == received


def test_money_is_rounded_half_even_to_the_store_step() -> None:
    line = Line()
    message = line.settled("0.0000000000005")
    assert one("settlements", message)["cost_usd"] == Decimal(0)
    assert one("settlements", line.settled("0.0000000000015"))["cost_usd"] == Decimal("0.000000000002")


def test_an_admitted_publication_outranks_an_earlier_repeated_one() -> None:
    first, later = Line(context(received_at=NOW)), Line(context(received_at=NOW + timedelta(seconds=9)))
    ranks = [
        one("requests", message)["ver"]
        for message in (later.redacted(), first.redacted(), later.admitted(), first.admitted())
    ]
    assert ranks == sorted(ranks, key=lambda rank: int(str(rank)))
    assert len(set(ranks)) == 4


def test_an_unreadable_request_is_counted_under_its_place() -> None:
    line = Line()
    first, second = one("dead_letters", line.unread(3)), one("dead_letters", line.unread(4))
    assert first["known"] == 0
    assert first["received_at"] == line.of.received_at
    assert first["request_id"] != second["request_id"]
    assert first["request_id"] == one("dead_letters", line.unread(3))["request_id"]
    assert [row.table for row in rows_of(line.unread())] == ["dead_letters"]


def test_an_event_without_an_id_gets_one_from_its_place() -> None:
    line = Line()
    message = line.redacted()
    bare = line.record(message, headers=())
    odd = line.record(message, headers=(("ce_id", b"\xff"), ("ce_time", b"yesterday")), offset=bare.offset)
    found = {values(row)["event_id"] for inbound in (bare, odd) for row in map_message(inbound, message)}
    assert len(found) == 1


def test_a_call_without_times_is_dated_by_its_record() -> None:
    line = Line()
    message = line.proposed()
    undated = message.model_copy(
        update={"work": message.work.model_copy(update={"started_at": None, "model_calls": (call(),)})}
    )
    inbound = line.record(undated)
    found = {values(row)["called_at"] for row in map_message(inbound, undated) if row.table == "model_calls"}
    assert found == {inbound.timestamp}


def test_poison_keeps_coordinates_and_a_code_only() -> None:
    inbound = Line().record(Line().redacted(), value=NAME.encode(), key=NAME.encode())
    row = map_poison(Place.of(inbound), "schema_mismatch")
    assert values(row) == {
        "src_topic": "requests.redacted",
        "src_partition": 1,
        "src_offset": 1,
        "at": inbound.timestamp,
        "into": "",
        "error": "schema_mismatch",
        "ver": 1,
    }


def test_a_mistake_in_a_mapping_is_named() -> None:
    with pytest.raises(ValueError, match=r"poison: \['at', 'error', 'into'"):
        TABLES["poison"].row({})
