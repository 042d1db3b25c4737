"""Labelled texts of others, from a folder: JSON lists of texts with their spans, and files in two columns (CoNLL)."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from tests.bench.redaction_score import Gold, Labelled

PERSONAL = frozenset({"PER", "LOC", "person", "location"})
"""What counts as personal in columns: people and places, as the sets that are written so name them."""

Token = tuple[str, str]


class _Span(BaseModel):
    start_position: int
    end_position: int
    entity_type: str


class _Row(BaseModel):
    full_text: str
    spans: list[_Span]


_ROWS = TypeAdapter(list[_Row])


def sets(folder: Path) -> dict[str, list[Labelled]]:
    """Return the sets of a folder: each JSON file is one, and all CoNLL files side by side are one.

    Raises:
        FileNotFoundError: there is none in it.
        pydantic.ValidationError: a JSON file is no list of texts with spans.
    """
    found = {path.stem: from_json(path) for path in sorted(folder.rglob("*.json"))}
    columns = sorted(folder.rglob("*.conll"))
    for parent in sorted({path.parent for path in columns}):
        found[parent.name] = [
            text for path in columns if path.parent == parent for text in from_columns(path)
        ]
    if not found:
        raise FileNotFoundError("the folder has neither JSON nor CoNLL files")
    return found


def from_json(path: Path) -> list[Labelled]:
    """Return the texts of a list of `{full_text, spans: [{start_position, end_position, entity_type}]}`."""
    return [_labelled(row) for row in _ROWS.validate_json(path.read_bytes())]


def _labelled(row: _Row) -> Labelled:
    spans = (Gold(span.start_position, span.end_position, span.entity_type) for span in row.spans)
    return Labelled(row.full_text, tuple(spans))


def from_columns(path: Path) -> list[Labelled]:
    """Return the texts of a file with a word and its tag (`B-PER`, `I-PER`, `O`) on a line, texts apart by an empty one."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return [_joined(tokens) for tokens in _texts(lines)]


def _texts(lines: Iterable[str]) -> Iterator[list[Token]]:
    tokens: list[Token] = []
    for line in [*lines, ""]:
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) > 1:
            tokens.append((cells[0].strip(), cells[-1].strip()))
        elif not line.strip() and tokens:
            yield tokens
            tokens = []


def _joined(tokens: Sequence[Token]) -> Labelled:
    gold: list[Gold] = []
    before, start = "", 0
    for word, tag in tokens:
        label, end = _label(tag), start + len(word)
        if label and tag.startswith("I-") and label == before:
            gold[-1] = Gold(gold[-1].start, end, label)
        elif label:
            gold.append(Gold(start, end, label))
        before, start = label, end + 1
    return Labelled(" ".join(word for word, _ in tokens), tuple(gold))


def _label(tag: str) -> str:
    label = tag.partition("-")[2]
    return label if label in PERSONAL else ""
