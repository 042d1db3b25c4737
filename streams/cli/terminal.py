"""How commands speak: to people on a terminal, or in JSON; and what their exit codes mean."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from schemas.errors import Fatal, Retryable, SluicegateError, Unprocessable

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text for people.")]


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    UNAVAILABLE = 4
    NOT_FOUND = 5


_CODES = {Fatal: Exit.CONFIGURATION, Retryable: Exit.UNAVAILABLE, Unprocessable: Exit.USAGE}


@contextmanager
def reported() -> Iterator[None]:
    """Turn our errors into one line on standard error and an exit code."""
    try:
        yield
    except SluicegateError as error:
        fail(str(error), _CODES.get(type(error), Exit.FAILED))


def fail(text: str, code: Exit) -> NoReturn:
    """Say why on standard error, and exit."""
    err.print(text, style="bold red", highlight=False, markup=False)
    raise typer.Exit(code)


def show_json(document: object) -> None:
    """Print one JSON document on one line."""
    print(json.dumps(document, default=str, ensure_ascii=False))


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers are aligned to the right. Cells are text, never markup."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) for row in rows) and bool(rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    out.print(table)


def _cell(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace("[", r"\[")
