"""The prompt of one escalated request: fixed part first, then facts, then the customer's words, all marked as data."""

import hashlib
import json
from collections.abc import Iterable

from pydantic import JsonValue

from processors.prompts.templates import Example, Template
from schemas.base import derive_id, primary_language
from schemas.knowledge import Chunk, ToolResult
from schemas.ports import ChatMessage, Prompt
from schemas.proposals import Escalated, Violation

KEY = "text"
"""The one key of the model's answer, whatever field of the action it becomes."""

EXAMPLE_MARK = "example"
MAX_REQUEST_CHARACTERS = 4000
MAX_TURNS = 4
MAX_TURN_CHARACTERS = 500
MAX_FACT_CHARACTERS = 700

_MARK_DIGITS = 16
_CHARACTERS_PER_TOKEN = 2.5
_LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
}


def draft_prompt(
    event: Escalated, template: Template, language: str, max_output_tokens: int, chunks: int
) -> Prompt:
    """Return the prompt for one field of an action, resting on the best `chunks` passages."""
    mark = _mark(event)
    closing = template.closing.format(language=_LANGUAGES.get(primary_language(language), language))
    asked = _blocks(
        mark, facts(event, chunks), _turns(event), _cut(event.content.text, MAX_REQUEST_CHARACTERS)
    )
    return Prompt(
        messages=(
            ChatMessage("system", template.system),
            *(message for example in template.examples for message in _worked(example, closing)),
            ChatMessage("user", "\n".join([asked, closing, *_feedback(event)])),
        ),
        schema=_schema(template, max_output_tokens),
        max_output_tokens=max_output_tokens,
        purpose="repair" if event.repairs else "draft",
        version=template.name,
    )


def facts(event: Escalated, chunks: int) -> list[str]:
    """Return the evidence as lines, the best passage last: a small model minds what it read last."""
    passages = [passage(chunk) for chunk in event.evidence.chunks[:chunks]]
    return [*(_record(result) for result in event.evidence.tool_results), *reversed(passages)]


def passage(chunk: Chunk) -> str:
    """Return a chunk as one line, as it is shown to the model."""
    return _cut(_line(chunk.text), MAX_FACT_CHARACTERS)


def _mark(event: Escalated) -> str:
    """Return a mark that no text between marks can contain: it is a digest of those texts, and of the append time."""
    inside = json.dumps(
        [event.content.model_dump(mode="json"), event.evidence.model_dump(mode="json")], sort_keys=True
    )
    context = event.context
    identity = derive_id(
        context.request_id, context.generation, context.received_at.isoformat(), context.origin
    )
    return hashlib.sha256(f"{identity}{inside}".encode()).hexdigest()[:_MARK_DIGITS]


def _blocks(mark: str, lines: Iterable[str], turns: Iterable[str], request: str) -> str:
    blocks = {"Facts": "\n".join(lines) or "None.", "Earlier": "\n".join(turns), "Question": request}
    return "\n".join(f"{name} [{mark}]:\n{text}\n[{mark}]" for name, text in blocks.items() if text)


def _worked(example: Example, closing: str) -> tuple[ChatMessage, ChatMessage]:
    asked = _blocks(EXAMPLE_MARK, [example.facts], (), example.request)
    answered = json.dumps({KEY: example.answer}, ensure_ascii=False)
    return ChatMessage("user", f"{asked}\n{closing}"), ChatMessage("assistant", answered)


def _turns(event: Escalated) -> list[str]:
    return [
        f"{turn.role}: {_cut(_line(turn.text), MAX_TURN_CHARACTERS)}"
        for turn in event.content.turns[-MAX_TURNS:]
    ]


def _record(result: ToolResult) -> str:
    values = ", ".join(f"{name} {_value(value)}" for name, value in result.record.items())
    return _cut(_line(f"{result.tool}: {values or result.status}"), MAX_FACT_CHARACTERS)


def _value(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _feedback(event: Escalated) -> list[str]:
    if not event.repairs:
        return []
    wrong = "; ".join(_violation(violation) for violation in event.violations)
    return [
        f"Correction {event.repairs}: your last answer was refused ({wrong or 'invalid'}). Write another."
    ]


def _violation(violation: Violation) -> str:
    return f"{violation.error} in {violation.field}" if violation.field else violation.error


def _schema(template: Template, max_output_tokens: int) -> dict[str, JsonValue]:
    longest = min(template.max_characters, int(max_output_tokens * _CHARACTERS_PER_TOKEN))
    return {
        "type": "object",
        "properties": {KEY: {"type": "string", "minLength": 1, "maxLength": longest}},
        "required": [KEY],
        "additionalProperties": False,
    }


def _line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} …"
