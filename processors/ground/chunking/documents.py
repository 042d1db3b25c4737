"""A document cut into passages, before anything in it is redacted."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2s

from processors.ground.chunking.blocks import Block, Removed
from processors.ground.chunking.cleaning import cleaned, shown
from processors.ground.chunking.from_html import read_html
from processors.ground.chunking.from_markdown import read_markdown
from processors.ground.chunking.from_text import read_text
from processors.ground.chunking.packing import Packed, Trail, packed
from schemas.errors import Unprocessable
from schemas.knowledge import Document

CHUNKER = "3"
"""Version of the rules. Raise it whenever a document would be cut or redacted otherwise, or its passages be called otherwise."""

UNTITLED = "top"
MOST_PASSAGES = 5_000

_SLUG_CHARACTERS = 40
_READERS = {"text/plain": read_text, "text/markdown": read_markdown, "text/html": read_html}


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage in clear.

    Attributes:
        passage_id: its heading as a slug, and which of those with this slug it is.
        title: the document's title and the headings above the text.
        removed: what nobody would have seen, and is not in the text.
    """

    passage_id: str
    title: str
    text: str
    removed: tuple[Removed, ...] = ()


def chunk(document: Document) -> tuple[Piece, ...]:
    """Return a document's passages in order; equal documents have equal passages. Takes up to a second.

    Raises:
        Unprocessable: `document_unreadable` (damaged characters, no text at all), `document_empty` (nothing that is
            shown), `too_many_passages`.
    """
    found: list[Piece] = []
    taken: Counter[str] = Counter()
    for each in packed(shown(_blocks(document))):
        if len(found) == MOST_PASSAGES:
            raise Unprocessable("too_many_passages", "a document this long has to be published in parts")
        slug = _slug(each.heading)
        taken[slug] += 1
        found.append(_piece(document.title, each, slug, taken[slug]))
    if not found:
        raise Unprocessable("document_empty", "nothing in it is shown")
    return tuple(found)


def _blocks(document: Document) -> Sequence[Block]:
    """Whatever a parser makes of a text it cannot take, no error of its goes on: it could quote the text."""
    text = cleaned(document.text)
    try:
        return _READERS[document.media_type](text)
    except Unprocessable:
        raise
    except Exception:  # noqa: BLE001 - see above
        raise Unprocessable("document_unreadable", "a parser fails on it") from None


def _piece(title: str, packed_text: Packed, slug: str, ordinal: int) -> Piece:
    passage_id = f"{slug}.{ordinal}" if ordinal > 1 else slug
    return Piece(passage_id, _title(title, packed_text.trail), packed_text.text, packed_text.removed)


def _title(title: str, trail: Trail) -> str:
    """A document that begins with its own title as a heading is not called by it twice."""
    below = list(_below(title, trail))
    return f"{title}: {' > '.join(below)}" if below else title


def _below(title: str, trail: Trail) -> Iterator[str]:
    for place, heading in enumerate(trail):
        if place or heading.casefold() != title.casefold():
            yield heading


def _slug(heading: str) -> str:
    """A heading in another script has nothing that could stand in an identifier, and is called by its digest."""
    if not heading:
        return UNTITLED
    plain = unicodedata.normalize("NFKD", heading.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_CHARACTERS].strip("-")
    return slug or "h-" + blake2s(heading.encode(), digest_size=4).hexdigest()
