"""The published contract: committed, fresh, sound by AsyncAPI's own rules, and true of what is really sent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pydantic import JsonValue

from schemas.base import derive_id
from schemas.cloudevents import headers
from schemas.codec import encode
from schemas.endings import DeadLettered
from schemas.envelope import Message
from schemas.requests import Request
from schemas.topics import DELAYS, TRAITS, Topic
from streams.asyncapi import USES, asyncapi_document
from streams.contract import ASYNCAPI_FILE, COMMITTED, contract_documents, main, stale, write_contract
from streams.emission import dead_letter_headers
from streams.json_schema import MESSAGES, json_schema
from streams.topology import STAGES
from tests.schemas.examples import EXAMPLES, NOW, dead_lettered, request

ROOT = Path(__file__).parents[2]
Json = dict[str, JsonValue]

every_message = pytest.mark.parametrize("message", EXAMPLES.values(), ids=lambda message: message.event_type)


@pytest.fixture(scope="module")
def document() -> Json:
    return asyncapi_document()


def _at(document: JsonValue, *path: str) -> Json:
    for step in path:
        assert isinstance(document, dict)
        document = document[step]
    assert isinstance(document, dict)
    return document


def _references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield str(value["$ref"])
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _resolve(document: Json, reference: str) -> Json:
    assert reference.startswith("#/")
    return _at(document, *(step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/")))


def _validator(document: Json, schema: Json) -> Draft202012Validator:
    """Return a validator for one of the document's schemas, whose references point into the document."""
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator({**schema, "components": document["components"]})


# Committed and fresh


def test_the_committed_copy_is_fresh() -> None:
    assert stale(ROOT / COMMITTED) == []


def test_a_copy_is_stale_when_changed_missing_or_superfluous(tmp_path: Path) -> None:
    write_contract(tmp_path)
    assert stale(tmp_path) == []
    (tmp_path / ASYNCAPI_FILE).write_text("{}")
    (tmp_path / "sluicegate.request.v1.schema.json").unlink()
    (tmp_path / "sluicegate.gone.v1.schema.json").write_text("{}")
    assert stale(tmp_path) == [
        ASYNCAPI_FILE,
        "sluicegate.gone.v1.schema.json",
        "sluicegate.request.v1.schema.json",
    ]
    write_contract(tmp_path)
    assert stale(tmp_path) == []


def test_the_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(tmp_path)]) == 1
    assert ASYNCAPI_FILE in capsys.readouterr().err
    assert main(["--write", str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0


def test_the_documents_are_the_same_every_time() -> None:
    assert contract_documents() == contract_documents()


# JSON Schemas


@every_message
def test_an_example_satisfies_its_schema(message: Message) -> None:
    schema = json_schema(type(message))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:sluicegate:schema:{message.event_type}"
    Draft202012Validator(schema).validate(json.loads(encode(message)))


@every_message
def test_a_schema_refuses_what_the_model_refuses(message: Message) -> None:
    validator = Draft202012Validator(json_schema(type(message)))
    with pytest.raises(ValidationError):
        validator.validate(json.loads(encode(message)) | {"unheard_of": 1})
    required = next(name for name, info in type(message).model_fields.items() if info.is_required())
    with pytest.raises(ValidationError):
        validator.validate({k: v for k, v in json.loads(encode(message)).items() if k != required})


def test_a_request_may_leave_out_what_has_a_default() -> None:
    asked = json.loads(request().model_dump_json(exclude_defaults=True))
    for optional in ("fields", "turns", "language", "deadline", "priority", "budget"):
        asked.pop(optional)
    Draft202012Validator(json_schema(Request)).validate(asked)
    with pytest.raises(ValidationError):
        Draft202012Validator(json_schema(Request)).validate(asked | {"fields": {"Not A Slug": 1}})


def test_a_field_is_described_by_its_models_docstring() -> None:
    properties = _at(json_schema(DeadLettered), "properties")
    assert _at(properties, "retryable")["description"] == "whether a replay could end otherwise."
    assert "Attributes" not in str(json_schema(DeadLettered))


# AsyncAPI


def test_every_reference_resolves(document: Json) -> None:
    references = set(_references(document))
    assert len(references) > len(MESSAGES)
    for reference in references:
        _resolve(document, reference)


def test_names_of_components_are_allowed(document: Json) -> None:
    for kind in ("messages", "schemas"):
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in _at(document, "components", kind))


def test_every_topic_and_delay_is_a_channel(document: Json) -> None:
    assert _at(document, "channels").keys() == {*map(str, Topic), *DELAYS}


@pytest.mark.parametrize("topic", Topic)
def test_a_channel_says_how_its_topic_is_kept(document: Json, topic: Topic) -> None:
    channel = _at(document, "channels", topic)
    binding = _at(channel, "bindings", "kafka")
    kept = _at(binding, "topicConfiguration")
    traits = TRAITS[topic]
    assert (channel["address"], binding["topic"], binding["bindingVersion"]) == (topic, topic, "0.5.0")
    assert kept["cleanup.policy"] == ["compact" if traits.compacted else "delete"]
    assert kept["retention.ms"] == traits.retention.total_seconds() * 1000
    assert kept.get("delete.retention.ms") == (kept["retention.ms"] if traits.compacted else None)
    assert kept["message.timestamp.type"] == ("LogAppendTime" if traits.append_time else "CreateTime")
    assert ("tags" in channel) is traits.personal
    numbers = {name for name in kept if name.endswith((".ms", ".bytes"))}
    assert all(
        isinstance(number, int) for number in (binding["partitions"], *(kept[name] for name in numbers))
    )


def test_an_operation_uses_messages_of_its_own_channel(document: Json) -> None:
    for name, operation in _at(document, "operations").items():
        assert isinstance(operation, dict)
        channel = _at(operation, "channel")["$ref"]
        used = operation["messages"]
        assert isinstance(used, list)
        assert used, name
        assert all(reference.startswith(f"{channel}/messages/") for reference in _references(used))
        assert operation["action"] == name.split(".")[1]


def test_operations_are_those_of_stages_users_and_the_record(document: Json) -> None:
    stages = {
        f"{stage.name}.{verb}.{cls.topic}"
        for stage in STAGES
        for verb, classes in (("receive", stage.consumes), ("send", stage.emits))
        for cls in classes
    }
    users = {f"{use.user}.{use.action}.{use.message.topic}" for use in USES}
    operations = _at(document, "operations").keys()
    assert stages | users == {name for name in operations if not name.startswith("record.")}
    assert "record.receive.requests" not in operations
    assert "record.receive.requests.redacted" in operations


def test_every_topic_from_outside_has_a_user_who_writes_it() -> None:
    written = {cls.topic for stage in STAGES for cls in stage.emits}
    assert {use.message.topic for use in USES if use.action == "send"} == set(Topic) - written


@every_message
def test_payload_and_headers_describe_what_is_sent(document: Json, message: Message) -> None:
    described = _at(document, "components", "messages", type(message).__name__)
    payload = _resolve(document, str(_at(described, "payload")["$ref"]))
    _validator(document, payload).validate(json.loads(encode(message)))
    extra = dead_letter_headers(message) if isinstance(message, DeadLettered) else ()
    sent = {
        name: value.decode()
        for name, value in (
            *headers(message, derive_id("event"), NOW, "1f" * 16, str(derive_id("request"))),
            *extra,
        )
    }
    _validator(document, _at(described, "headers")).validate(sent)


def test_headers_of_another_type_of_event_are_refused(document: Json) -> None:
    described = _at(document, "components", "messages", "DeadLettered", "headers")
    sent = dict(headers(dead_lettered(), derive_id("event"), NOW, "1f" * 16))
    texts = {name: value.decode() for name, value in sent.items()}
    with pytest.raises(ValidationError):
        _validator(document, described).validate(texts | {"ce_type": "sluicegate.action.v1"})
    with pytest.raises(ValidationError):
        _validator(document, described).validate({k: v for k, v in texts.items() if k != "ce_id"})
