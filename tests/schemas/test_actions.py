"""Actions: what is not declared cannot be proposed, and each declares what policy and restoration need."""

import json

import pytest
from pydantic import JsonValue, ValidationError

from schemas.actions import ACTION, ACTION_TYPES, BaseAction, HandToHuman, Risk
from tests.schemas.examples import refund, reply

every_action = pytest.mark.parametrize("action", ACTION_TYPES.values(), ids=ACTION_TYPES)


def _all(cls: type[BaseAction]) -> set[type[BaseAction]]:
    found = set(cls.__subclasses__())
    return found.union(*(_all(each) for each in found))


def test_every_action_of_this_package_can_be_proposed() -> None:
    assert {each for each in _all(BaseAction) if each.__module__ == "schemas.actions"} == set(
        ACTION_TYPES.values()
    )


@every_action
def test_an_action_declares_its_risk_and_permission(action: type[BaseAction]) -> None:
    own = vars(action)
    assert isinstance(own["risk"], Risk)
    verb, _, noun = action.permission.partition(".")
    assert "permission" in own
    assert verb
    assert noun


@every_action
def test_restorable_fields_exist_and_name_placeholder_types(action: type[BaseAction]) -> None:
    assert action.restorable.keys() <= action.model_fields.keys()
    for field, entities in action.restorable.items():
        assert action.model_fields[field].annotation is str
        assert entities
        assert all(entity.isupper() for entity in entities)


@pytest.mark.parametrize(
    "candidate",
    [
        {},
        {"type": None},
        {"type": "delete_account", "account": "a"},
        {"type": "SendReply", "language": "en", "subject": "s", "body": "b", "confidence": 1},
        {"type": "base_action"},
        {"language": "en", "subject": "s", "body": "b", "confidence": 1},
        [],
        "issue_refund",
    ],
)
def test_an_unknown_action_cannot_be_parsed(candidate: JsonValue) -> None:
    with pytest.raises(ValidationError):
        ACTION.validate_json(json.dumps(candidate))


def test_an_action_takes_no_further_fields() -> None:
    with pytest.raises(ValidationError) as caught:
        ACTION.validate_python(refund().model_dump() | {"approved": True})
    assert caught.value.errors()[0]["type"] == "extra_forbidden"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "0.001"},
        {"amount": "100000.01"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"currency": "eur"},
        {"currency": "EURO"},
        {"order_number": "NW-1042331"},
        {"order_number": "NW-104233\n"},
        {"reason": "because I say so"},
    ],
)
def test_a_refund_is_bounded(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ACTION.validate_python(refund().model_dump() | change)


@pytest.mark.parametrize(
    "change", [{"confidence": 1.01}, {"subject": ""}, {"body": "x" * 4001}, {"language": "German"}]
)
def test_a_reply_is_bounded(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ACTION.validate_python(reply("Hello").model_dump() | change)


def test_every_action_survives_json() -> None:
    for action in (refund(), reply("Hello"), HandToHuman(queue="general", reason="asked_for")):
        assert ACTION.validate_json(action.model_dump_json()) == action
