"""Plain text read by its lines: paragraphs, bullets, underlined headings; with marks, Markdown's headings and tables too."""

import re
from collections.abc import Sequence

from processors.ground.chunking.blocks import Block, Kind, cells

DEEPEST_ITEM = 8

_BULLET = re.compile(r"([ \t]{0,200})([-*+\u2022\u2023\u25e6\u25aa]|\d{1,9}[.)]|[a-z][.)])[ \t]+(?=\S)")
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_FENCE = re.compile(r"[ \t]{0,3}(```|~~~)")
_COLUMNS = re.compile(r"\S(?:\t| {3})[ \t]*\S")
_UNDERLINES = {"=": 1, "-": 2, "~": 3}
_FEWEST_STROKES = 3


def read_text(text: str, *, marked: bool = False) -> list[Block]:
    """Return a plain text's blocks, in one pass over its lines.

    Args:
        marked: whether it is Markdown, to be read roughly: what is marked within a line stays as it is written.
    """
    return _Reader(text.split("\n"), marked).read()


class _Reader:
    def __init__(self, lines: Sequence[str], marked: bool) -> None:
        self._lines = lines
        self._marked = marked
        self._at = 0
        self._blocks: list[Block] = []
        self._held: list[str] = []
        self._marker = ""
        self._tables = 0

    def read(self) -> list[Block]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if not line.strip():
                self._flush()
            elif not (self._underlined(line) or (self._marked and self._block(line))):
                self._hold(line)
        self._flush()
        return self._blocks

    def _hold(self, line: str) -> None:
        bullet = _BULLET.match(line)
        if bullet:
            self._flush()
            self._marker = "  " * min(len(bullet[1].expandtabs(4)) // 2, DEEPEST_ITEM) + bullet[2] + " "
            line = line[bullet.end() :]
        self._held.append(line)

    def _flush(self) -> None:
        held, marker = self._held, self._marker
        self._held, self._marker = [], ""
        if held and not marker and any(map(_COLUMNS.search, held)):
            self._add(Kind.PARAGRAPH, "\n".join(line.strip() for line in held))
        elif held:
            kind = Kind.ITEM if marker else Kind.PARAGRAPH
            self._add(kind, marker + " ".join(" ".join(held).split()))

    def _add(self, kind: Kind, text: str, level: int = 0) -> None:
        self._blocks.append(Block(kind, text, level))

    def _underlined(self, line: str) -> bool:
        """A line that stands alone is a heading if the next one underlines it."""
        below = self._next().strip()
        if self._held or len(below) < _FEWEST_STROKES or below.strip(below[0]) or below[0] not in _UNDERLINES:
            return False
        if line.strip(" \t=-~") == "":
            return False
        self._at += 1
        self._add(Kind.HEADING, " ".join(line.split()), _UNDERLINES[below[0]])
        return True

    def _next(self) -> str:
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def _block(self, line: str) -> bool:
        heading, fence = _HEADING.match(line), _FENCE.match(line)
        if heading:
            self._flush()
            title = " ".join(line[heading.end() :].rstrip(" \t#").split())
            self._add(Kind.HEADING if title else Kind.PARAGRAPH, title or line.strip(), len(heading[1]))
        elif fence:
            self._flush()
            self._code(line, fence[1])
        elif "|" in line and _is_rule(self._next()):
            self._flush()
            self._table(_cells(line))
        else:
            return False
        return True

    def _code(self, opening: str, fence: str) -> None:
        start = self._at
        while self._at < len(self._lines) and not self._lines[self._at].lstrip().startswith(fence):
            self._at += 1
        info = opening.strip().strip("`~").strip()
        code = "\n".join([*([info] if info else []), *self._lines[start : self._at]])
        self._at += 1
        if code.strip():
            self._add(Kind.CODE, code)

    def _table(self, header: str) -> None:
        self._tables += 1
        self._at += 1
        rows = 0
        while "|" in self._next():
            row = _cells(self._next())
            self._at += 1
            if row.strip(" |"):
                rows += 1
                self._blocks.append(Block(Kind.ROW, row, header=header, table=self._tables))
        if not rows:
            self._blocks.append(Block(Kind.ROW, header, table=self._tables))


def _is_rule(line: str) -> bool:
    """Whether a line divides a table's header from its rows."""
    return "-" in line and "|" in line and not line.strip("|:- \t")


def _cells(line: str) -> str:
    texts = line.strip().removeprefix("|").removesuffix("|").split("|")
    return cells([" ".join(text.split()) for text in texts])
