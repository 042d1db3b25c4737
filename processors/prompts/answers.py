"""A model's answer: the JSON it is asked for, and what of it can be read. Nothing here vouches for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from processors.prompts.templates import Example
from schemas.actions import MAX_QUOTE_CHARACTERS
from schemas.tooling import ToolSpec

KEY = "text"
"""Under which the model's words stand, whatever field of the action they become."""

CITATIONS = "citations"
LOOKUP = "lookup"
MAX_CITATIONS = 10

_CHARACTERS_PER_TOKEN = 2.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered.

    Attributes:
        text: its words; empty if it gave none.
        citations: as it wrote them, unchecked.
        lookup: the record it asks for instead of giving words, unchecked.
    """

    text: str
    citations: JsonValue = None
    lookup: JsonValue = None


def read(answer: str) -> Answer | None:
    """Return what a model answered; None if that is not the JSON object asked for, or both words and a lookup."""
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    text, lookup = document.get(KEY), document.get(LOOKUP)
    if isinstance(text, str) and lookup is None:
        return Answer(text.strip(), document.get(CITATIONS))
    asked_or_none = text is None and (KEY in document or lookup is not None)
    return Answer("", None, lookup) if asked_or_none else None


def schema(
    citing: bool, tools: tuple[ToolSpec, ...], max_characters: int, max_output_tokens: int
) -> dict[str, JsonValue]:
    """Return the JSON Schema of an answer, in the subset that strict decoders take."""
    longest = min(max_characters, int(max_output_tokens * _CHARACTERS_PER_TOKEN))
    text: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": longest}
    properties: dict[str, JsonValue] = {KEY: _optional(text) if citing or tools else text}
    if citing:
        properties[CITATIONS] = {"type": "array", "items": _object(_citation())}
    if tools:
        properties[LOOKUP] = {"anyOf": [*map(_lookup, tools), {"type": "null"}]}
    return _object(properties)


def example(given: Example, *, citing: bool, looking_up: bool) -> str:
    """Return the answer of a worked example."""
    document: dict[str, JsonValue] = {KEY: given.answer}
    if citing:
        document[CITATIONS] = [citation.model_dump() for citation in given.citations]
    if looking_up:
        document[LOOKUP] = None
    return json.dumps(document, ensure_ascii=False)


def _citation() -> dict[str, JsonValue]:
    return {
        "chunk_id": {"type": "string"},
        "quote": {"type": "string", "minLength": 1, "maxLength": MAX_QUOTE_CHARACTERS},
    }


def _lookup(spec: ToolSpec) -> JsonValue:
    arguments: dict[str, JsonValue] = {name: {"type": ["string", "null"]} for name in spec.input.model_fields}
    return _object({"tool": {"type": "string", "enum": [spec.name]}, "arguments": _object(arguments)})


def _optional(schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {**schema, "type": [schema["type"], "null"]}


def _object(properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
