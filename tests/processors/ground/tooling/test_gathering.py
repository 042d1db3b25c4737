"""Which tools are asked before any model, and which identifiers a model may ask for."""

import pytest

from processors.ground.tooling.gathering import planned
from processors.ground.tooling.provenance import known_identifiers
from schemas.base import Model
from schemas.requests import Content, Turn
from schemas.tasks import IdentifierSpec, TaskSpec
from schemas.tooling import tool_for
from tests.events import ORDER, TASK, evidence, order_found
from tests.processors.ground.tooling.doubles import spec


class Nothing(Model):
    limit: int | None = None


class Day(Model):
    day: str | None = None


ORDERED = {"order_number": "order_number"}
SPECS = {
    each.name: each
    for each in (
        spec(),
        spec(name="get_parcel"),
        spec(name="get_rules", input=Nothing, identifiers={}),
        spec(name="list_orders", input=Day, identifiers={"day": "order_date"}),
    )
}


def _task(when_missing: str = "") -> TaskSpec:
    identifiers = (
        IdentifierSpec(name="order_number", pattern="[A-Z]{2}-[0-9]{6}", when_missing=when_missing),
        IdentifierSpec(name="order_date", pattern="2[0-9-]{9}"),
    )
    tools = ("list_orders", "get_parcel", "get_order", "get_rules", "not_there")
    return TASK.model_copy(update={"identifiers": identifiers, "tools": tools})


NUMBER, DAY = {"order_number": ORDER}, {"order_date": "2026-11-12"}


@pytest.mark.parametrize(
    ("when_missing", "given", "names"),
    [
        ("", {}, []),
        ("", NUMBER, ["get_parcel", "get_order"]),
        ("", DAY, ["list_orders"]),
        ("", {**NUMBER, **DAY}, ["list_orders", "get_parcel", "get_order"]),
        ("list_orders", {}, ["list_orders"]),
        ("list_orders", DAY, ["list_orders"]),
        ("list_orders", {**NUMBER, **DAY}, ["get_parcel", "get_order"]),
        ("get_parcel", {}, []),
    ],
)
def test_tools_run_in_the_tasks_order_when_identifiers_suffice(
    when_missing: str, given: dict[str, str], names: list[str]
) -> None:
    assert [name for name, _ in planned(_task(when_missing), SPECS, given)] == names


def test_inputs_take_their_own_identifiers() -> None:
    plan = dict(planned(_task(), SPECS, {**NUMBER, **DAY}))
    assert plan["get_order"] == NUMBER
    assert plan["list_orders"] == {"day": "2026-11-12"}


@pytest.mark.parametrize(
    ("given", "name"), [(NUMBER, "get_parcel"), (DAY, "list_orders"), ({**NUMBER, **DAY}, None), ({}, None)]
)
def test_the_tool_for_an_identifier_is_the_tasks_first(given: dict[str, str], name: str | None) -> None:
    chosen = tool_for(SPECS.values(), _task().tools, given)
    assert (chosen.name if chosen else None) == name


def test_known_is_what_the_requester_said_and_what_permitted_records_name() -> None:
    content = Content(
        text="about AA-000001 and xAA-000009",
        turns=(Turn(role="requester", text="AA-000002"), Turn(role="assistant", text="AA-000003")),
        identifiers={"order_number": "AA-000004"},
        redaction_version="1",
    )
    record = order_found(order_number="AA-000005", related=[{"order_number": "AA-000006"}], note="AA-000007")
    refused = order_found(order_number="AA-000008").model_copy(update={"status": "not_permitted"})
    known = known_identifiers(content, evidence(record, refused), _task())["order_number"]
    assert known == {"AA-000001", "AA-000002", "AA-000004", "AA-000005", "AA-000006"}


def test_what_does_not_look_like_an_identifier_is_none() -> None:
    record = order_found(order_number="AA-000005; DROP TABLE orders")
    content = Content(text="hello", redaction_version="1")
    assert known_identifiers(content, evidence(record), _task())["order_number"] == frozenset()
