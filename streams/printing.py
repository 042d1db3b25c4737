"""Text and tables for people on a terminal. What is printed may come from a request: it is shown, never obeyed."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table


def printable(text: str) -> str:
    """Return the text without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def cell(value: object) -> str:
    """Return a value as text without markup; a decimal keeps its places."""
    formats = {float: ".10g", Decimal: "f"}
    return escape(printable(format(value, formats.get(type(value), ""))))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table in which numbers are aligned to the right."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float | Decimal) for row in rows) and bool(rows)
        made.add_column(escape(column), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def lines(pairs: Iterable[tuple[str, str]]) -> Table:
    """Return lines of text, each after what it is about, broken where they are too long."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in pairs:
        grid.add_row(f"  {name}", cell(text))
    return grid
