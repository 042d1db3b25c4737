"""Fills a task's wording from evidence: a tool's record or a passage quoted verbatim, never from a request's words."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from processors.tasks.templates import BLANK, QUOTE, Reply, Templates
from schemas.actions import MAX_QUOTE_CHARACTERS, Citation, SendReply
from schemas.knowledge import Chunk, Evidence

MAX_VALUE_CHARACTERS = 300


def reply(
    templates: Templates, intent: str, language: str, evidence: Evidence, confidence: float
) -> SendReply | None:
    """Return the reply of an intent, or None when the evidence does not hold what it needs."""
    wording = templates.replies[intent][language]
    cited = _citation(templates, intent, language, evidence)
    values = record_values(templates, language, evidence)
    if cited:
        values[QUOTE] = cited.quote
    subject, body = fill(wording.subject, values), fill(wording.body, values)
    if subject is None or body is None:
        return None
    citations = (cited,) if cited else ()
    return SendReply(
        language=language, subject=subject, body=body, citations=citations, confidence=confidence
    )


def fill(text: str, values: Mapping[str, str]) -> str | None:
    """Return the text with its blanks filled, or None when there is no value for one of them."""
    if any(match[1] not in values for match in BLANK.finditer(text)):
        return None
    return BLANK.sub(lambda match: values[match[1]], text)


def record_values(templates: Templates, language: str, evidence: Evidence) -> dict[str, str]:
    """Return the fields of the tools' records by `tool.field`, as words of the language where there is a phrase."""
    plain = dict(_fields(evidence))
    phrased = {
        name: fill(by_language[language][plain[name]], plain)
        for name, by_language in templates.phrases.items()
        if name in plain and plain[name] in by_language.get(language, {})
    }
    return plain | {name: phrase for name, phrase in phrased.items() if phrase is not None}


def _fields(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for result in evidence.tool_results:
        if result.status == "ok":
            for field, value in result.record.items():
                text = _text(value)
                if text:
                    yield f"{result.tool}.{field}", text[:MAX_VALUE_CHARACTERS]


def _text(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return "" if value is None or isinstance(value, dict) else str(value)


def _citation(templates: Templates, intent: str, language: str, evidence: Evidence) -> Citation | None:
    """Return what an intent's reply cites, in the reply's language or else in the one it can be had in."""
    wordings = templates.replies[intent]
    references = [wordings[language], *(w for other, w in wordings.items() if other != language)]
    chunks = (_chunk(wording, evidence) for wording in references if wording.cites)
    chunk = next((chunk for chunk in chunks if chunk), None)
    return Citation(chunk_id=chunk.chunk_id, quote=lead(chunk.text)) if chunk else None


def _chunk(wording: Reply, evidence: Evidence) -> Chunk | None:
    document, _, section = wording.cites.partition("#")
    return next(
        (
            chunk
            for chunk in evidence.chunks
            if chunk.document_id == document and chunk.chunk_id.endswith(f"#{section}" if section else "")
        ),
        None,
    )


def lead(text: str) -> str:
    """Return the first paragraph, or as many of its sentences, else words, as a citation has room for."""
    paragraph = text.strip().split("\n\n")[0].strip()
    if len(paragraph) <= MAX_QUOTE_CHARACTERS:
        return paragraph
    cut = paragraph[:MAX_QUOTE_CHARACTERS]
    return cut[: cut.rfind(". ") + 1] or cut[: cut.rfind(" ")] if " " in cut else cut
