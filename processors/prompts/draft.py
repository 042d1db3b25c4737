"""The prompt of one escalated request: fixed part first, then facts, then the customer's words, all marked as data."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from processors.prompts import answers
from processors.prompts.evidence import Evidence, Piece, example_pieces, notes
from processors.prompts.templates import Example, Template
from schemas.base import derive_id, primary_language
from schemas.envelope import Note
from schemas.ports import ChatMessage, Prompt
from schemas.proposals import Escalated, Violation
from schemas.tooling import ToolSpec

EXAMPLE_MARK = "example"
MAX_REQUEST_CHARACTERS = 4000
MARK_DIGITS = 32
"""128 bits."""

_LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """What of an action a model is asked for.

    Attributes:
        chunks: passages shown at most.
        cites: the model quotes by itself.
        tools: those whose records it may ask for; none when empty.
    """

    template: Template
    language: str
    max_output_tokens: int
    chunks: int
    cites: bool = False
    tools: tuple[ToolSpec, ...] = ()

    @property
    def citing(self) -> bool:
        """Whether quotations are asked for."""
        return self.cites and bool(self.template.citing)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A prompt, the passages it shows, and what was done to make them safe and short."""

    prompt: Prompt
    shown: tuple[str, ...]
    notes: tuple[Note, ...]


def assemble(
    event: Escalated, asking: Asking, key: bytes, fits: Callable[[Prompt], bool]
) -> Assembled | None:
    """Return the prompt for one field of an action, shortened until it fits; None when even the shortest does not.

    Args:
        key: secret of this process, from which the marks around data are derived.
    """
    evidence: Evidence | None = Evidence.of(event, asking.chunks, MAX_REQUEST_CHARACTERS)
    mark = mark_of(event, key)
    while evidence is not None:
        prompt = _prompt(event, asking, evidence, mark)
        if fits(prompt):
            shown = tuple(piece.chunk_id for piece in evidence.passages)
            said = tuple(Note(name=name, value=value) for name, value in notes(evidence))
            return Assembled(prompt, shown, said)
        evidence = evidence.smaller()
    return None


def mark_of(event: Escalated, key: bytes) -> str:
    """Return the mark around a request's data: who does not know the key cannot guess it, whatever else they know.

    In one process the same request has the same mark, so that a redelivery asks for the same again.
    """
    context = event.context
    inside = [event.content.model_dump(mode="json"), event.evidence.model_dump(mode="json"), event.repairs]
    identity = derive_id(
        context.request_id, context.generation, context.received_at.isoformat(), context.origin
    )
    data = f"{identity}{json.dumps(inside, sort_keys=True)}".encode()
    return hmac.new(key, data, hashlib.sha256).hexdigest()[:MARK_DIGITS]


def _prompt(event: Escalated, asking: Asking, evidence: Evidence, mark: str) -> Prompt:
    template = asking.template
    closing = template.closing.format(
        language=_LANGUAGES.get(primary_language(asking.language), asking.language)
    )
    facts = (*evidence.records, *reversed(evidence.passages))
    asked = _blocks(mark, facts, evidence.turns, evidence.request)
    return Prompt(
        messages=(
            ChatMessage("system", _system(asking)),
            *(message for example in template.examples for message in _worked(example, asking, closing)),
            ChatMessage("user", "\n".join([asked, closing, *_feedback(event)])),
        ),
        schema=answers.schema(asking.citing, asking.tools, template.max_characters, asking.max_output_tokens),
        max_output_tokens=asking.max_output_tokens,
        purpose="repair" if event.repairs else "draft",
        version=template.name,
    )


def _system(asking: Asking) -> str:
    template = asking.template
    tools = "\n".join(f"- {spec.name}: {spec.description}" for spec in asking.tools)
    added = [template.citing if asking.citing else "", f"{template.lookups}\n{tools}" if tools else ""]
    return " ".join([template.system, *filter(None, added)])


def _blocks(mark: str, facts: Sequence[Piece], turns: Iterable[str], request: str) -> str:
    """Return the blocks of data. The best passage stands last: a small model minds what it read last."""
    shown = "\n".join(f"[{mark}] {piece.label}:\n{piece.text}" for piece in facts)
    blocks = {"Facts": shown or "None.", "Earlier": "\n".join(turns), "Question": request}
    return "\n".join(f"{name} [{mark}]:\n{text}\n[{mark}]" for name, text in blocks.items() if text)


def _worked(example: Example, asking: Asking, closing: str) -> tuple[ChatMessage, ChatMessage]:
    asked = _blocks(EXAMPLE_MARK, example_pieces(example), (), example.request)
    answered = answers.example(example, citing=asking.citing, looking_up=bool(asking.tools))
    return ChatMessage("user", f"{asked}\n{closing}"), ChatMessage("assistant", answered)


def _feedback(event: Escalated) -> list[str]:
    if not event.repairs:
        return []
    wrong = "; ".join(_violation(violation) for violation in event.violations)
    return [
        f"Correction {event.repairs}: your last answer was refused ({wrong or 'invalid'}). Write another."
    ]


def _violation(violation: Violation) -> str:
    return f"{violation.error} in {violation.field}" if violation.field else violation.error
