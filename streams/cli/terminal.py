"""How commands speak: to people on a terminal, or in JSON; and what their exit codes mean."""

import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.measure import Measurement

from schemas.errors import Fatal, Retryable, SluicegateError, Unprocessable
from streams.printing import printable, table, titled

out = Console()
err = Console(stderr=True)

_UNLIMITED = 100_000

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
    """Turn our errors into one line on standard error and an exit code; a reader that went away ends the command."""
    try:
        yield
        sys.stdout.flush()
    except SluicegateError as error:
        fail(str(error), next((code for cls, code in _CODES.items() if isinstance(error, cls)), Exit.FAILED))
    except BrokenPipeError:  # `sluicegate tail ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(Exit.OK) from None


def fail(text: str, code: Exit) -> NoReturn:
    """Say why on standard error, and exit."""
    err.print(printable(text), style="bold red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(code)


def say(text: str) -> None:
    """Print a line of text for people."""
    out.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def show_json(document: object) -> None:
    """Print one JSON document on one line."""
    print(json.dumps(document, default=str, ensure_ascii=False))


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in the width of the terminal, under a title if there is one. Cells are text, never markup."""
    made = table(columns, rows)
    out.print(titled(title, made) if title else made)


def show_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in the width they need: a row that is broken into many lines cannot be read, nor cut by a pager."""
    made = table(columns, rows)
    unlimited = out.options.update(max_width=_UNLIMITED)
    width = Measurement.get(out, unlimited, made).maximum
    wide = Console(width=max(width, 1), force_terminal=out.is_terminal, soft_wrap=True)
    wide.print(made)


def silence_failing_handlers() -> None:
    """Have a log handler that fails (a full disk, a closed pipe) print nothing: it would print the exception at hand."""
    logging.raiseExceptions = False
