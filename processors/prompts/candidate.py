"""From a model's free text to a candidate action. All but that text is set by code; nothing here vouches for it."""

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from processors.prompts.draft import KEY, passage
from processors.prompts.templates import Template
from schemas.actions import MAX_QUOTE_CHARACTERS
from schemas.base import primary_language
from schemas.knowledge import Chunk
from schemas.proposals import Escalated

MAX_CITATIONS = 3

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_ENDS = (".", "!", "?", "…", ")", '"', "”", ">")
_WORD = re.compile(r"\w{3,}")
_SUBJECTS = {"en": "Your message", "de": "Ihre Nachricht", "fr": "Votre message", "es": "Su mensaje"}


def free_text(answer: str) -> str | None:
    """Return the text in a model's answer, None when the answer is not the JSON object asked for."""
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    text = document.get(KEY) if isinstance(document, dict) else None
    return text.strip() if isinstance(text, str) else None


def whole_sentences(text: str) -> str:
    """Return the text without a last sentence that was cut off, if a whole one precedes it."""
    if text.endswith(_ENDS):
        return text
    sentences = _SENTENCE_END.split(text)
    return " ".join(sentences[:-1]) or text


def action(
    event: Escalated, template: Template, text: str, language: str, chunks: int
) -> dict[str, JsonValue]:
    """Return the fields of an action around a model's text."""
    own: dict[str, dict[str, JsonValue]] = {
        "send_reply": {
            "language": language,
            "subject": _SUBJECTS.get(primary_language(language), _SUBJECTS["en"]),
            "citations": list(citations(event.evidence.chunks[:chunks], text)),
            "confidence": event.classification.confidence,
        },
        "ask_clarification": {"language": language},
    }
    return {"type": template.action, template.field: text, **own[template.action]}


def citations(chunks: tuple[Chunk, ...], text: str) -> Iterator[dict[str, JsonValue]]:
    """Cite from each chunk the sentence that shares most words with the text, if any does."""
    for chunk in chunks[:MAX_CITATIONS]:
        sentence = max(_SENTENCE_END.split(passage(chunk)), key=lambda quote: _shared(quote, text))
        if _shared(sentence, text):
            yield {"chunk_id": chunk.chunk_id, "quote": sentence[:MAX_QUOTE_CHARACTERS].strip()}


def _shared(quote: str, text: str) -> int:
    return len(_words(quote) & _words(text))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
