"""Documents cut into passages along their headings."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.knowledge import Document

MAX_CHUNK_CHARACTERS = 1_200
UNTITLED = "top"

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_SLUG_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one section.

    Attributes:
        chunk_id: document id, version and section; stable while the document's version stands.
        title: the document's title, and the section's heading if there is one.
    """

    chunk_id: str
    title: str
    text: str


def passages(document: Document) -> list[Passage]:
    """Return a document's passages, in order. Chunk ids are unique within the document."""
    found: list[Passage] = []
    taken: dict[str, int] = {}
    for heading, body in _sections(document.text):
        title = f"{document.title}: {heading}" if heading else document.title
        for text in _pieces(body):
            slug = _slug(heading)
            taken[slug] = taken.get(slug, 0) + 1
            suffix = f".{taken[slug]}" if taken[slug] > 1 else ""
            chunk_id = f"{document.document_id}@{document.version}#{slug}{suffix}"
            found.append(Passage(chunk_id, title, text))
    return found


def _sections(text: str) -> Iterator[tuple[str, str]]:
    start, heading = 0, ""
    for match in _HEADING.finditer(text):
        yield heading, text[start : match.start()]
        start, heading = match.end(), match[1]
    yield heading, text[start:]


def _pieces(body: str) -> Iterator[str]:
    """Yield paragraphs together while they fit; a paragraph that is too long alone is cut."""
    held = ""
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        whole = " ".join(paragraph.split())
        if held and len(held) + len(whole) + 2 > MAX_CHUNK_CHARACTERS:
            yield held
            held = ""
        for start in range(0, len(whole), MAX_CHUNK_CHARACTERS):
            piece = whole[start : start + MAX_CHUNK_CHARACTERS]
            held = f"{held}\n\n{piece}" if held else piece
            if len(held) >= MAX_CHUNK_CHARACTERS:
                yield held
                held = ""
    if held:
        yield held


def _slug(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_CHARACTERS] or UNTITLED
