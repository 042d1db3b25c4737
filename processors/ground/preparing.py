"""A document made ready to be found: cut into passages, redacted irreversibly, marked where it tries to instruct."""

import asyncio
from collections.abc import Iterator, Sequence

from processors.ground.chunking import CHUNKER, Piece, chunk, count_tokens
from processors.ground.sanitising import Sanitiser
from processors.redact import signals
from schemas.knowledge import Document, Passage, Signal

REDACTED_ID = "redacted"
"""Begins the id of a passage whose headings say what may not be said; what follows is its place in the document."""

AT_ONCE = 32
"""Passages that are searched together; other work has its turn after each lot."""


async def prepare(document: Document, sanitiser: Sanitiser) -> tuple[Passage, ...]:
    """Return a document's passages in order, without personal data, in text and titles.

    A mark's span is a place in the passage's text. It is empty, at the beginning, for what is not in the text: for what
    nobody would have seen and was taken out, and for what is in the title.

    Raises:
        Unprocessable: `document_unreadable`, `document_empty`, `too_many_passages`; it will be so on every try.
        Retryable: it could not be searched for personal data.
    """
    pieces = await asyncio.to_thread(chunk, document)
    passages: list[Passage] = []
    for start in range(0, len(pieces), AT_ONCE):
        lot = pieces[start : start + AT_ONCE]
        clean = await sanitiser.passages([(piece.title, piece.text) for piece in lot], document.language)
        passages += await asyncio.to_thread(_passages, lot, clean, start)
    return tuple(passages)


def _passages(pieces: Sequence[Piece], clean: Sequence[tuple[str, str]], first: int) -> list[Passage]:
    found = zip(pieces, clean, strict=True)
    return [_passage(piece, title, text, first + place) for place, (piece, (title, text)) in enumerate(found)]


def _passage(piece: Piece, title: str, text: str, place: int) -> Passage:
    """An id is made of headings in clear, so it goes where something of them was redacted."""
    return Passage(
        passage_id=piece.passage_id if title == piece.title else f"{REDACTED_ID}:{place}",
        title=title,
        text=text,
        tokens=count_tokens(title) + count_tokens(text),
        chunker=CHUNKER,
        marks=tuple(
            sorted(set(_marks(piece, title, text)), key=lambda mark: (mark.start, mark.end, mark.kind))
        ),
    )


def _marks(piece: Piece, title: str, text: str) -> Iterator[Signal]:
    yield from signals.find(text)
    yield from signals.beside([title, "\n".join(removed.text for removed in piece.removed)])
    kinds = {removed.kind for removed in piece.removed if removed.kind}
    yield from (Signal(kind=kind, start=0, end=0) for kind in kinds)
