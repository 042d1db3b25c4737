"""HTML read as a browser shows it: by its tree, however broken its markup is, without what nobody sees."""

from dataclasses import replace
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from processors.ground.chunking.blocks import LOOKED_AT, Block, Kind, Removed
from processors.ground.chunking.from_text import DEEPEST_ITEM
from processors.ground.chunking.hiding import removal
from processors.ground.chunking.nesting import is_too_deep
from processors.ground.chunking.table_rows import TableRows
from schemas.errors import Unprocessable

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "listing",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "plaintext",
        "pre",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
        "xmp",
    ]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_VERBATIM = frozenset({"pre", "listing", "xmp", "plaintext"})
_BREAK = "\0"
"""A line break inside a paragraph; no text in a tree has this character."""

_LONGEST_NUMBER = 6


def read_html(text: str) -> list[Block]:
    """Return the blocks of a page or of a part of one.

    Raises:
        Unprocessable: `document_unreadable`, if its elements are nested deeper than any page's.
    """
    if is_too_deep(text):
        raise Unprocessable("document_unreadable", "its elements are nested too deep")
    root = LexborHTMLParser(text).root
    return _Reader().read(root) if root is not None else []


class _Reader:
    """Walks through a tree, and makes blocks of the texts on the way."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._removed: list[Removed] = []
        self._numbers: list[int | None] = []
        self._marker = ""
        self._terms = self._verbatim = self._level = 0
        self._table = TableRows()

    def read(self, root: LexborNode) -> list[Block]:
        node: LexborNode | None = root
        depth = 0
        while node is not None:
            entered = self._enter(node)
            below = node.first_child if entered else None
            if below is not None:
                node, depth = below, depth + 1
                continue
            if entered:
                self._leave(node)
            following = node.next if depth else None
            while following is None and depth:
                depth -= 1
                node = _above(node)
                self._leave(node)
                following = node.next if depth else None
            node = following
        self._flush()
        return self._with_last()

    def _with_last(self) -> list[Block]:
        """What was taken out after the last block is noted at that one."""
        if self._blocks and self._removed:
            last = self._blocks[-1]
            self._blocks[-1] = replace(last, removed=(*last.removed, *self._removed))
        return self._blocks

    def _enter(self, node: LexborNode) -> bool:
        """Take up a node; return whether to go on with what is in it."""
        tag = node.tag or ""
        if tag == "-text":
            self._text.append(node.text_content or "")
            return False
        if not node.is_element_node:
            self._note(node)
            return False
        attributes = node.attributes
        kind = removal(tag, attributes)
        if kind:
            self._removed.append(Removed(kind, _beginning(node)))
            return False
        for name in ("src", "href"):
            self._target(attributes.get(name))
        return self._open(tag, attributes, node)

    def _note(self, node: LexborNode) -> None:
        if node.is_comment_node:
            self._removed.append(Removed("", f"<!--{(node.comment_content or '')[:LOOKED_AT]}-->"))

    def _target(self, address: str | None) -> None:
        """Where a link leads is not shown; what is put together out of data there is noted."""
        if address and not address.isalnum():
            self._removed.append(Removed("", unquote(address[:LOOKED_AT])))

    def _open(self, tag: str, attributes: dict[str, str | None], node: LexborNode) -> bool:
        if tag == "br":
            self._text.append(_BREAK)
        elif tag == "img":
            self._text.append(f" {attributes.get('alt') or ''} ")
        elif tag == "title" and (above := node.parent) is not None and above.tag == "head":
            return False
        elif tag in _BLOCKS:
            self._flush()
            self._begin(tag, attributes)
        return True

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in _LISTS:
            self._numbers.append(_first(attributes) if tag == "ol" else None)
        elif tag in _HEADINGS:
            self._level = _HEADINGS[tag]
        elif tag == "li":
            self._marker = self._bullet()
        elif tag in {"dt", "dd"}:
            self._terms += 1
        elif tag in _VERBATIM:
            self._verbatim += 1
        else:
            self._table.open(tag)

    def _bullet(self) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "- "
        self._numbers[-1] = number + 1
        return f"{number}. "

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag not in _BLOCKS:
            return
        self._flush()
        if tag in _LISTS:
            self._numbers.pop()
        elif tag in _HEADINGS:
            self._level = 0
        elif tag == "li":
            self._marker = ""
        elif tag in {"dt", "dd"}:
            self._terms -= 1
        elif tag in _VERBATIM:
            self._verbatim -= 1
        else:
            for row, header in self._table.close(tag):
                self._add(Kind.ROW, row, header=header, table=self._table.number)

    def _flush(self) -> None:
        """Make a block of the text so far; in a table's cell it is put there."""
        raw, self._text = "".join(self._text), []
        if self._table.in_cell:
            self._table.write(raw.replace(_BREAK, " "))
        elif self._verbatim:
            self._write(Kind.CODE, raw.replace(_BREAK, "\n").strip("\n").rstrip())
        elif text := _text(raw):
            self._write(Kind.HEADING if self._level else Kind.PARAGRAPH, text)

    def _write(self, kind: Kind, text: str) -> None:
        """Only the first words in a heading are one: what follows an end that is missing is not."""
        if kind is Kind.HEADING:
            self._add(kind, " ".join(text.split()), self._level)
            self._level = 0
        elif kind is Kind.PARAGRAPH and (self._numbers or self._terms or self._marker):
            deep = max(len(self._numbers) - 1, 0) + (0 if self._marker else bool(self._numbers))
            self._add(Kind.ITEM, "  " * min(deep, DEEPEST_ITEM) + self._marker + text)
            self._marker = ""
        elif text.strip():
            self._add(kind, text)

    def _add(self, kind: Kind, text: str, level: int = 0, header: str = "", table: int = 0) -> None:
        removed, self._removed = tuple(self._removed), []
        self._blocks.append(Block(kind, text, level, header, table, removed))


def _text(raw: str) -> str:
    if _BREAK not in raw:
        return " ".join(raw.split())
    return "\n".join(filter(None, (" ".join(line.split()) for line in raw.split(_BREAK))))


def _above(node: LexborNode) -> LexborNode:
    above = node.parent
    assert above is not None
    return above


def _beginning(node: LexborNode) -> str:
    return " ".join(node.text()[:LOOKED_AT].split())


def _first(attributes: dict[str, str | None]) -> int:
    start = attributes.get("start") or ""
    return int(start) if start.isascii() and start.isdigit() and len(start) <= _LONGEST_NUMBER else 1
