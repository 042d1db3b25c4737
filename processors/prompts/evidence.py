"""Evidence as a model is shown it: each piece labelled with where it is from, and nothing in it that could instruct."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from processors.prompts import neutralising
from processors.prompts.templates import Example
from schemas.knowledge import Chunk, ToolResult
from schemas.proposals import Escalated

MAX_RECORD_CHARACTERS = 1_500
MAX_TURNS = 4
MAX_TURN_CHARACTERS = 500
MAX_TITLE_CHARACTERS = 120

_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|\n+")
_NO_ID = re.compile(r"[^\w@#./:-]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage or a record.

    Attributes:
        label: what it is and where it is from, in one line.
        chunk_id: of a passage; empty for a record.
        score: of a passage; what is weaker is left out first.
    """

    label: str
    text: str
    chunk_id: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a prompt may say besides its fixed part.

    Attributes:
        passages: best first.
        removed: stretches that were taken out because they could instruct.
        cut: what was left out for want of room: `chunks`, `sentences`, `turns`.
    """

    records: tuple[Piece, ...]
    passages: tuple[Piece, ...]
    turns: tuple[str, ...]
    request: str
    removed: int
    cut: Mapping[str, int]

    @classmethod
    def of(cls, event: Escalated, chunks: int, max_request_characters: int) -> "Evidence":
        """Take the evidence of a request, at most so many passages."""
        reading = _Reading()
        best = sorted(event.evidence.chunks[:chunks], key=lambda chunk: chunk.score, reverse=True)
        records = tuple(reading.record(result) for result in event.evidence.tool_results)
        passages = tuple(reading.passage(chunk) for chunk in best)
        turns = tuple(
            f"{turn.role}: {_shortened(line(reading.data(turn.text)), MAX_TURN_CHARACTERS)}"
            for turn in event.content.turns[-MAX_TURNS:]
        )
        request = reading.own(_shortened(event.content.text, max_request_characters))
        return cls(records, passages, turns, request, reading.removed, {})

    def smaller(self) -> "Evidence | None":
        """Return it without its weakest part: whole passages first, then sentences of the last one, then turns."""
        if len(self.passages) > 1:
            return self._without("chunks", passages=self.passages[:-1])
        if self.passages and (sentences := _SENTENCE_END.split(self.passages[0].text))[1:]:
            kept = replace(self.passages[0], text=" ".join(sentences[:-1]))
            return self._without("sentences", passages=(kept,))
        if self.turns:
            return self._without("turns", turns=self.turns[1:])
        return None

    def _without(
        self, what: str, *, passages: tuple[Piece, ...] | None = None, turns: tuple[str, ...] | None = None
    ) -> "Evidence":
        return replace(
            self,
            passages=self.passages if passages is None else passages,
            turns=self.turns if turns is None else turns,
            cut={**self.cut, what: self.cut.get(what, 0) + 1},
        )


def example_pieces(example: Example) -> tuple[Piece, ...]:
    """Return the passages of a worked example."""
    return tuple(Piece(_label("passage", each.id, each.title), each.text) for each in example.passages)


class _Reading:
    """Counts what it takes out."""

    def __init__(self) -> None:
        self.removed = 0

    def data(self, text: str) -> str:
        return self._counted(neutralising.document(text))

    def own(self, text: str) -> str:
        return self._counted(neutralising.own_words(text))

    def passage(self, chunk: Chunk) -> Piece:
        title = _shortened(line(self.data(chunk.title)), MAX_TITLE_CHARACTERS)
        label = _label("passage", _NO_ID.sub("_", chunk.chunk_id), title, f"version {chunk.document_version}")
        return Piece(label, line(self._counted(neutralising.of_chunk(chunk))), chunk.chunk_id, chunk.score)

    def record(self, result: ToolResult) -> Piece:
        said = ", ".join(f"{name} {_value(value)}" for name, value in result.record.items()) or result.status
        read = f"read {result.read_at:%Y-%m-%d}" if result.read_at else ""
        text = _shortened(line(self.data(said)), MAX_RECORD_CHARACTERS)
        return Piece(_label("record", result.tool, self.data(result.source), read), text)

    def _counted(self, shown: neutralising.Shown) -> str:
        self.removed += shown.removed
        return shown.text


def _label(kind: str, *parts: str) -> str:
    return f"{kind} {', '.join(filter(None, parts))}"


def _value(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def line(text: str) -> str:
    """Return a text as one line."""
    return " ".join(text.split())


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} \u2026"


def notes(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield what was taken out and left out, by name."""
    if evidence.removed:
        yield "neutralised", str(evidence.removed)
    yield from ((f"cut_{what}", str(count)) for what, count in evidence.cut.items())
