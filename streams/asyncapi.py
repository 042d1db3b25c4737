"""The line as an AsyncAPI document: channels from the topics, operations from the stages, messages from the models.

Each operation is told from the point of view of who performs it, the first part of its name: a stage, or a user.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import JsonValue

from schemas.cloudevents import JSON, PRODUCER, SPEC_VERSION, schema_id
from schemas.endings import (
    ActionPublished,
    Control,
    DeadLettered,
    OutcomeReported,
    PolicyPublished,
    StatusChanged,
)
from schemas.envelope import Event, Message, Origin
from schemas.knowledge import Document
from schemas.requests import Request
from schemas.topics import DELAYS, TRAITS, Key, Topic, TopicTraits
from schemas.verdicts import Decision, ReviewOpened
from streams.emission import dead_letter_headers
from streams.json_schema import MESSAGES, definitions, written_outside
from streams.runtime.topics import TopicSpec
from streams.settings import BrokerSettings
from streams.topic_specs import declared_topics
from streams.topology import STAGES, recorded

Json = dict[str, JsonValue]
Verb = Literal["send", "receive"]

ASYNCAPI = "3.1.0"
KAFKA_BINDING = "0.5.0"
CONTRACT = "1.0.0"
"""Version of the contract; a change that a reader or publisher could notice raises it."""

HEADERS = "CloudEventsHeaders"
SCHEMAS = "#/components/schemas/{model}"

_ABOUT = """\
Requests go in, verified actions come out; every step between is a topic.

Every operation is told from the point of view of who performs it, the first part of its name: a stage of the line,
or one of its users. Partitions and the address of the broker are defaults of an installation."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a user of the line does with one topic."""

    user: str
    action: Verb
    message: type[Message]
    summary: str


USES: tuple[Use, ...] = (
    Use("upstream", "send", Request, "Ask: plain JSON, or a CloudEvent in binary or structured mode"),
    Use("upstream", "receive", StatusChanged, "Learn the fate of each of one's requests"),
    Use("upstream", "send", OutcomeReported, "Report what came of an action"),
    Use("downstream", "receive", ActionPublished, "Execute each action once by its id, reading committed"),
    Use("downstream", "send", OutcomeReported, "Report what came of an action"),
    Use("reviewer", "receive", ReviewOpened, "See what waits for a person, and why"),
    Use("reviewer", "send", Decision, "Approve or refuse the payload that was shown"),
    Use("librarian", "send", Document, "Publish, replace or (without a value) delete knowledge"),
    Use("operator", "receive", DeadLettered, "See what ended without an action, and why"),
    Use("operator", "send", Control, "Engage or release the kill switch of an action type"),
    Use("operator", "send", PolicyPublished, "Put a policy set in force"),
)
"""Who uses the line, and how."""

_KEYS: dict[Key, Json] = {
    Key.PUBLISHER: {
        "type": ["string", "null"],
        "description": "the publisher's choice; without a key, no order",
    },
    Key.TENANT: {"type": "string", "description": "the tenant"},
    Key.CONVERSATION: {"type": "string", "description": "tenant and conversation id, with a slash between"},
    Key.SOURCE: {"type": "string", "description": "the source that published the request"},
    Key.ACTION: {"type": "string", "format": "uuid", "description": "the action's id"},
    Key.DOCUMENT: {"type": "string", "description": "tenant and document id, with a slash between"},
    Key.SUBJECT: {
        "type": "string",
        "description": "what the record is about; the last one of a key is in force",
    },
}


def asyncapi_document() -> Json:
    """Return the document, in an order that only depends on the models, topics and stages."""
    broker = BrokerSettings()
    specs = {spec.name: spec for spec in declared_topics(broker.partitions)}
    return {
        "asyncapi": ASYNCAPI,
        "id": "urn:sluicegate:line",
        "info": _info(),
        "defaultContentType": JSON,
        "servers": {"broker": {"host": broker.bootstrap.partition(",")[0], "protocol": "kafka"}},
        "channels": {name: _channel(spec) for name, spec in specs.items()},
        "operations": dict(_operations(broker.group_prefix)),
        "components": _components(),
    }


def _info() -> Json:
    return {
        "title": "Sluicegate",
        "version": CONTRACT,
        "description": _ABOUT,
        "license": {"name": "Apache-2.0"},
    }


def _channel(spec: TopicSpec) -> Json:
    traits = TRAITS[Topic(spec.name)] if spec.name in set(Topic) else None
    carried = [cls for cls in MESSAGES if cls.topic == spec.name] if traits else _delayed()
    channel: Json = {
        "address": spec.name,
        "description": _purpose(spec.name, traits),
        "messages": {cls.__name__: {"$ref": f"#/components/messages/{cls.__name__}"} for cls in carried},
        "bindings": {"kafka": _topic_binding(spec)},
    }
    return channel | ({"tags": [{"name": "personal-data"}]} if traits and traits.personal else {})


def _purpose(name: str, traits: TopicTraits | None) -> str:
    if traits is None:
        return f"Copies of events that wait {DELAYS[name].total_seconds():g} s before they are tried again."
    personal = " May hold personal data in clear: access is restricted." if traits.personal else ""
    return f"{traits.purpose}. Keyed by {traits.key}.{personal}"


def _delayed() -> list[type[Message]]:
    read = {cls for stage in STAGES for cls in stage.consumes if issubclass(cls, Event)}
    return [cls for cls in MESSAGES if cls in read]


def _topic_binding(spec: TopicSpec) -> Json:
    settings: Json = {
        name: int(value) if value.isdigit() else value for name, value in spec.settings().items()
    }
    settings["cleanup.policy"] = [str(settings["cleanup.policy"])]
    return {
        "topic": spec.name,
        "partitions": spec.partitions,
        "topicConfiguration": settings,
        "bindingVersion": KAFKA_BINDING,
    }


def _operations(group_prefix: str) -> Iterator[tuple[str, Json]]:
    for stage in STAGES:
        for cls in stage.consumes:
            summary = f"Stage {stage.name} reads {cls.topic}"
            yield _operation(Use(stage.name, "receive", cls, summary), group_prefix + stage.name)
        for cls in stage.emits:
            yield _operation(Use(stage.name, "send", cls, f"Stage {stage.name} writes {cls.topic}"))
    for topic, cls in recorded().items():
        yield _operation(
            Use("record", "receive", cls, f"Store {topic} for analysis"), f"{group_prefix}record"
        )
    for use in USES:
        yield _operation(use)


def _operation(use: Use, group: str = "") -> tuple[str, Json]:
    topic = use.message.topic
    operation: Json = {
        "action": use.action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": use.summary,
        "tags": [{"name": use.user}],
        "messages": [{"$ref": f"#/channels/{topic}/messages/{use.message.__name__}"}],
    }
    if group:
        binding: Json = {"groupId": {"type": "string", "const": group}, "bindingVersion": KAFKA_BINDING}
        operation["bindings"] = {"kafka": binding}
    return f"{use.user}.{use.action}.{topic}", operation


def _components() -> Json:
    payloads, schemas = definitions(SCHEMAS)
    return {
        "messages": {cls.__name__: _message(cls, payloads[cls], schemas) for cls in MESSAGES},
        "schemas": {**schemas, HEADERS: _cloudevents_headers()},
    }


def _message(cls: type[Message], payload: str, schemas: Json) -> Json:
    described = schemas[payload.rpartition("/")[2]]
    return {
        "name": cls.event_type,
        "title": cls.__name__,
        "summary": str(described.get("description", "")) if isinstance(described, dict) else "",
        "contentType": JSON,
        "headers": _headers(cls),
        "payload": {"$ref": payload},
        "bindings": {"kafka": {"key": _KEYS[TRAITS[cls.topic].key], "bindingVersion": KAFKA_BINDING}},
    }


def _headers(cls: type[Message]) -> Json:
    """Return the headers of a message; who writes from outside may leave them out, or choose their own values."""
    if written_outside(cls):
        version: Json = {
            "type": "string",
            "const": SPEC_VERSION,
            "description": "needed if any ce_ header is set",
        }
        return {"type": "object", "properties": {"ce_specversion": version, "traceparent": _TRACEPARENT}}
    own: Json = {
        "ce_type": {"const": cls.event_type},
        "ce_dataschema": {"const": schema_id(cls)},
        **(_texts(_dead_letter_names()) if cls is DeadLettered else {}),
    }
    return {"type": "object", "allOf": [{"$ref": SCHEMAS.format(model=HEADERS)}, {"properties": own}]}


_TRACEPARENT: Json = {
    "type": "string",
    "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
    "description": "W3C Trace Context; the trace is that of the request",
}


def _cloudevents_headers() -> Json:
    required: Json = {
        "ce_specversion": {"type": "string", "const": SPEC_VERSION},
        "ce_id": {"type": "string", "format": "uuid", "description": "the same in a redelivery"},
        "ce_source": {"type": "string", "const": PRODUCER},
        "ce_type": {"type": "string"},
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "event time, not processing time",
        },
        "ce_dataschema": {"type": "string", "format": "uri"},
        "content-type": {"type": "string", "const": JSON},
        "traceparent": _TRACEPARENT,
    }
    subject: JsonValue = {"type": "string", "format": "uuid", "description": "the request's id"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in Kafka's binary mode.",
        "properties": {**required, "ce_subject": subject},
        "required": list(required),
    }


def _texts(names: Iterable[str]) -> Json:
    return {name: {"type": "string"} for name in names}


def _dead_letter_names() -> list[str]:
    source = Origin(topic=Topic.REQUESTS, partition=0, offset=0)
    letter = DeadLettered(
        stage="any", reason="any", source=source, failed_at=datetime(1970, 1, 1, tzinfo=UTC)
    )
    return [name for name, _ in dead_letter_headers(letter)]
