"""A table of HTML, gathered row by row."""

from processors.ground.chunking.blocks import cells

_CELLS = frozenset({"td", "th"})


class TableRows:
    """The table being read. A table in a cell is read as that cell's text."""

    def __init__(self) -> None:
        self.number = 0
        self._depth = 0
        self._header = ""
        self._written = 0
        self._row: list[str] = []
        self._cell: list[str] | None = None
        self._heads = True

    @property
    def in_cell(self) -> bool:
        return self._cell is not None

    def write(self, text: str) -> None:
        if self._cell is not None:
            self._cell.append(text)
            self._cell.append(" ")

    def open(self, tag: str) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.number += 1
                self._header, self._written = "", 0
        elif self._depth == 1 and tag == "tr":
            self._row, self._heads = [], True
        elif self._depth == 1 and tag in _CELLS:
            self._cell = []
            self._heads = self._heads and tag == "th"

    def close(self, tag: str) -> list[tuple[str, str]]:
        """Return the rows that are complete now, each with its header."""
        if tag == "table":
            self._depth = max(self._depth - 1, 0)
            alone = self._depth == 0 and self._header and not self._written
            return [(self._header, "")] if alone else []
        if self._depth == 1 and tag in _CELLS and self._cell is not None:
            self._row.append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif self._depth == 1 and tag == "tr" and any(self._row):
            return self._complete()
        return []

    def _complete(self) -> list[tuple[str, str]]:
        row, self._row = cells(self._row), []
        if self._heads and not self._written and not self._header:
            self._header = row
            return []
        self._written += 1
        return [(row, self._header)]
