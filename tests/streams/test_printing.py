from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from streams.printing import cell, lines, printable, table, titled


def printed(what: RenderableType, width: int = 80) -> list[str]:
    text = StringIO()
    Console(file=text, width=width).print(what)
    return [line.rstrip() for line in text.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain, ärlig 🙂", "plain, ärlig 🙂"),
        ("red \x1b[31m", "red  [31m"),
        ("two\nlines\ttab", "two lines tab"),
        ("\u202eright to left", " right to left"),
        ("\x9b2J", " 2J"),
    ],
)
def test_text_cannot_steer_the_terminal(given: str, shown: str) -> None:
    assert printable(given) == shown


def test_text_is_never_markup() -> None:
    assert printed(cell("[bold]not bold[/bold]")) == ["[bold]not bold[/bold]"]
    assert printed(lines([("asked", "[red]x[/red]")])) == ["  asked  [red]x[/red]"]


def test_numbers_are_on_the_right_and_decimals_have_as_many_places_as_they_need() -> None:
    rows = [("a", 5, Decimal("1.500"), 2.5), ("bb", 100, Decimal("0E-9"), 10.0)]
    assert printed(table(("name", "count", "cost", "share"), rows)) == [
        "name   count   cost   share",
        "───────────────────────────",
        "a          5    1.5     2.5",
        "bb       100    0.0      10",
    ]


def test_text_among_numbers_is_on_the_left() -> None:
    assert printed(table(("value",), [(1,), ("x",)]))[2:] == ["1", "x"]


def test_a_table_without_rows_has_its_columns() -> None:
    assert printed(titled("Nothing here", table(("a", "b"), [])))[:2] == ["Nothing here", "a   b"]


def test_what_is_too_long_is_broken_beside_its_name() -> None:
    assert printed(lines([("asked", "word " * 8)]), width=30) == [
        "  asked  word word word word",
        "         word word word word",
    ]
