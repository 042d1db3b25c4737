"""Text and tables for people on a terminal. What is printed may come from a request: it is shown, never obeyed."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text


def printable(text: str) -> str:
    """Return the text without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def cell(value: object) -> str:
    """Return a value as text without markup."""
    formats = {float: ".10g", Decimal: "f"}
    return escape(printable(format(value, formats.get(type(value), ""))))


def titled(title: str, below: Table) -> Group:
    """Return a table under a title, which may be wider than it."""
    return Group(Text(title, style="bold"), below)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table in which numbers are aligned to the right, decimals of a column with as many places as they need."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    by_column = [_aligned([row[index] for row in rows]) for index in range(len(columns))]
    for name, values in zip(columns, by_column, strict=True):
        numeric = bool(values) and all(isinstance(value, int | float | Decimal) for value in values)
        made.add_column(escape(name), justify="right" if numeric else "left", overflow="fold")
    for row in zip(*by_column, strict=True):
        made.add_row(*map(cell, row))
    return made


def _aligned(values: list[object]) -> list[object]:
    """Give decimals, where there is nothing else, the same number of places."""
    decimals = [value for value in values if isinstance(value, Decimal) and value.is_finite()]
    if len(decimals) != len(values):
        return values
    places = max((_places(value) for value in decimals), default=0)
    return [value.quantize(Decimal(1).scaleb(-places)) for value in decimals]


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def lines(pairs: Iterable[tuple[str, str]]) -> Table:
    """Return lines of text, each after what it is about, broken where they are too long."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in pairs:
        grid.add_row(f"  {name}", cell(text))
    return grid
