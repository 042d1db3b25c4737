"""From a model's free text to a candidate action. All but that text is set by code; nothing here vouches for it."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from processors.claims import wording
from processors.claims.figures import figures
from processors.claims.support import Ground, unsupported
from processors.prompts.answers import MAX_CITATIONS
from processors.prompts.draft import Asking
from processors.prompts.evidence import line
from processors.prompts.neutralising import instructions
from schemas.actions import MAX_QUOTE_CHARACTERS
from schemas.base import primary_language
from schemas.knowledge import Chunk
from schemas.proposals import Escalated

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_ENDS = (".", "!", "?", "…", ")", '"', "”", ">")
_SUBJECTS = {"en": "Your message", "de": "Ihre Nachricht", "fr": "Votre message", "es": "Su mensaje"}
_MOST = 0.6
"""Share of a statement's telling words that must stand in the sentence it comes from."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage, word for word."""

    chunk_id: str
    words: str
    title: str

    @property
    def fields(self) -> dict[str, JsonValue]:
        return {"chunk_id": self.chunk_id, "quote": self.words}


def whole_sentences(text: str) -> str:
    """Return the text without a last sentence that was cut off, if a whole one precedes it."""
    if text.endswith(_ENDS):
        return text
    sentences = _SENTENCE_END.split(text)
    return " ".join(sentences[:-1]) or text


def action(event: Escalated, asking: Asking, text: str, citations: JsonValue) -> dict[str, JsonValue]:
    """Return the fields of an action around a model's text."""
    language = asking.language
    reply: dict[str, JsonValue] = {
        "subject": _SUBJECTS.get(primary_language(language), _SUBJECTS["en"]),
        "citations": citations,
        "confidence": event.classification.confidence,
    }
    fields: dict[str, JsonValue] = {
        "type": asking.template.action,
        "language": language,
        asking.template.field: text,
    }
    return fields | reply if asking.template.action == "send_reply" else fields


def lookup(wanted: JsonValue) -> str:
    """Return the candidate that asks for a record; inputs that the model left empty are left out."""
    fields = wanted if isinstance(wanted, dict) else {"tool": wanted}
    arguments = fields.get("arguments")
    given = (
        {name: value for name, value in arguments.items() if value is not None}
        if isinstance(arguments, dict)
        else arguments
    )
    return json.dumps({**fields, "arguments": given, "type": "look_up"})


def citations(chunks: Iterable[Chunk], text: str) -> tuple[Quote, ...]:
    """Cite, for each sentence of a text that tells something, the passages' sentences that it comes from.

    Nothing is cited if a sentence comes from none of them.
    """
    quotable = [quote for chunk in chunks for quote in quotes(chunk)]
    cited: dict[Quote, None] = {}
    for sentence in wording.sentences(text):
        if sentence.endswith("?"):
            continue
        found = list(_sources(sentence, quotable))
        if not found and wording.telling(sentence):
            return ()
        cited |= dict.fromkeys(found)
    return tuple(cited)[:MAX_CITATIONS]


def quotes(chunk: Chunk) -> Iterator[Quote]:
    """Yield the sentences of a passage that may be quoted: none that was neutralised, none that is too long."""
    withheld = instructions(chunk.text, chunk.marks)
    for sentence in wording.sentences(chunk.text):
        start = chunk.text.find(sentence)
        touched = any(left < start + len(sentence) and start < right for left, right in withheld)
        if not touched and len(sentence) <= MAX_QUOTE_CHARACTERS:
            yield Quote(chunk.chunk_id, line(sentence), chunk.title)


def _sources(sentence: str, quotable: Sequence[Quote]) -> Iterator[Quote]:
    """Yield the sentence that shares most with this one, if that is enough, and those that have its further figures.

    What the passage is about counts as shared; what denies is not shown by what affirms.
    """
    told, negated = wording.telling(sentence), wording.negated(sentence)
    alike = [quote for quote in quotable if wording.negated(quote.words) == negated]
    shared = [(len(told & wording.telling(quote.words)), quote) for quote in alike]
    most, best = max(shared, key=lambda each: each[0], default=(0, None))
    rest = told - wording.telling(best.title) if best else told
    if best is None or not most or len(rest & wording.telling(best.words)) < _MOST * len(rest):
        return
    yield best
    missing = unsupported(figures(sentence), [Ground(best.words)])
    for count, quote in shared:
        if missing and count and len(unsupported(missing, [Ground(quote.words)])) < len(missing):
            yield quote
            missing = unsupported(missing, [Ground(quote.words)])
