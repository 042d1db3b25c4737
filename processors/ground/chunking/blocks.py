"""What every reader makes of a document: its blocks, in the order in which they are read."""

from dataclasses import dataclass
from enum import StrEnum

HIDDEN_TEXT = "hidden_text"
ACTIVE_CONTENT = "active_content"

LOOKED_AT = 500
"""Characters of what was taken out that are searched for signs."""


class Kind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that a reader of the document would not have seen, and that is not passed on.

    Attributes:
        kind: the mark to leave where it was (`hidden_text`, `active_content`); empty if only what it says may be marked.
        text: its beginning, to be searched for signs and then forgotten.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document that is cut only if it is too long.

    Attributes:
        level: of a heading, from 1.
        header: of a table's row: the row that names its columns; empty if the table has none.
        table: of a table's row: which table of the document it belongs to.
        removed: what was taken out of it, or before it.
    """

    kind: Kind
    text: str
    level: int = 0
    header: str = ""
    table: int = 0
    removed: tuple[Removed, ...] = ()


def cells(texts: list[str]) -> str:
    """Return a table's row as text, without the empty cells at its end."""
    filled = next((at for at in range(len(texts), 0, -1) if texts[at - 1]), 0)
    return " | ".join(texts[:filled])
