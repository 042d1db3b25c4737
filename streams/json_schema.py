"""JSON Schemas (draft 2020-12) of every message, generated from its model."""

import inspect
import re
from typing import Any

from pydantic import JsonValue
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

from schemas.cloudevents import schema_id
from schemas.endings import (
    ActionPublished,
    Audited,
    Control,
    DeadLettered,
    OutcomeReported,
    PolicyPublished,
    Reserved,
    Settled,
    StatusChanged,
)
from schemas.envelope import Message
from schemas.knowledge import Document
from schemas.proposals import Escalated, LookupRequested, Proposed, Validated
from schemas.requests import Admitted, Grounded, Redacted, Request
from schemas.verdicts import Decision, Judged, ReviewOpened
from streams.topology import STAGES

MESSAGES: tuple[type[Message], ...] = (
    Request,
    Redacted,
    Admitted,
    Grounded,
    Proposed,
    Escalated,
    LookupRequested,
    Validated,
    Judged,
    ReviewOpened,
    Decision,
    ActionPublished,
    DeadLettered,
    Audited,
    Reserved,
    Settled,
    StatusChanged,
    OutcomeReported,
    Document,
    Control,
    PolicyPublished,
)
"""One class a topic, in the order of the line."""

_SECTION = re.compile(r"^(Class attributes|Attributes|Args|Raises):$")
_ENTRY = re.compile(r"^    ([a-z_]+(?:, [a-z_]+)*): (.*)$")


def written_outside(message: type[Message]) -> bool:
    """Whether no stage writes this message: what its schema then says is what publishers may write."""
    return all(message not in stage.emits for stage in STAGES)


def json_schema(message: type[Message]) -> dict[str, JsonValue]:
    """Return a message's schema, complete in itself."""
    schema = message.model_json_schema(mode=_mode(message), schema_generator=_Documented)
    return {"$schema": _Documented.schema_dialect, "$id": schema_id(message), **schema}


def definitions(ref_template: str) -> tuple[dict[type[Message], str], dict[str, JsonValue]]:
    """Return, for all messages together, the reference to each and every definition by name."""
    inputs = [(message, _mode(message)) for message in MESSAGES]
    found, schema = models_json_schema(inputs, ref_template=ref_template, schema_generator=_Documented)
    return {message: str(found[message, mode]["$ref"]) for message, mode in inputs}, schema["$defs"]


def _mode(message: type[Message]) -> JsonSchemaMode:
    return "validation" if written_outside(message) else "serialization"


class _Documented(GenerateJsonSchema):
    """Puts what a docstring says of an attribute beside that attribute."""

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        made = super().model_schema(schema)
        if "description" in made:
            made["description"] = _summary(inspect.cleandoc(made["description"]))
        for name, text in _attributes(schema["cls"]).items():
            if name in made.get("properties", {}):
                made["properties"][name].setdefault("description", text)
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> dict[str, Any]:
        # OpenAPI's `discriminator` object is no part of JSON Schema, and AsyncAPI's has another form; the constant
        # of each member says the same.
        made = super().tagged_union_schema(schema)
        made.pop("discriminator", None)
        return made

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            made["additionalProperties"] = False
        return made

    def field_title_should_be_set(self, _schema: object) -> bool:
        """No title that only repeats a field's name."""
        return False


def _summary(documentation: str) -> str:
    lines = documentation.splitlines()
    end = next((i for i, line in enumerate(lines) if _SECTION.match(line)), len(lines))
    return " ".join(" ".join(lines[:end]).split())


def _attributes(model: type) -> dict[str, str]:
    """Return what a model's docstring and its parents' say of each attribute, the nearest last."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        found |= _section(inspect.cleandoc(cls.__doc__ or "").splitlines())
    return found


def _section(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names: tuple[str, ...] = ()
    inside = False
    for line in lines:
        if _SECTION.match(line):
            inside = line == "Attributes:"
        elif inside and (entry := _ENTRY.match(line)):
            names = tuple(entry[1].split(", "))
            found |= dict.fromkeys(names, entry[2])
        elif inside and names and line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found
