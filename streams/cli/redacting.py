"""The command that redacts by itself, without a line: `redact`."""

import asyncio
import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from processors.tasks.task import TASK_FILE, read_spec
from schemas.ports import Profile
from schemas.tasks import TaskSpec
from streams.arriving import ArrivingLines
from streams.cli.terminal import Exit, err, fail, reported
from streams.embedded.session import effective
from streams.redacting import MAX_LINE_BYTES, Answer, LineRedactor

_MOST_LINES = 64
_BUDGET_SECONDS = 60.0
"""Processor time for a batch. A line keeps nobody waiting but its reader, so it may take longer than in a stage."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(rich_help_panel="Publish and consume")(redact)


def redact(
    *,
    profile: Annotated[
        Profile | None,
        typer.Option(
            help="strict: what is found, and every uncommon capitalised word and long number; balanced: what is "
            "found; patterns: what has a shape. Without it strict, or what a request's task says.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            help="Language (BCP 47) of lines without a member `language`. Without it, it is detected.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Replace personal data and secrets in JSON lines from standard input.

    A line is an object with a `text` of at most 100,000 code points and, if you like, an `id` and a `language`; or a
    whole request, whose text, fields and turns are redacted together. Each line is answered by one, in order and at
    once: the redacted `text`, and `spans` in code points of the text as it came. A value has the same placeholder
    within a line or conversation, and no other run repeats it. What cannot be searched is replaced as a whole, by a
    placeholder of type UNSCANNED.

    An id that is a number or at most 256 characters comes back **as it is**, so let it be no name. A line that cannot
    be redacted is answered by its `error` with a `reason`, and the exit code is 1 in the end. No broker, key or network
    is needed.

    Example: `echo '{"id": 1, "text": "I am Jane Doe, jane@mail.example"}' | sluicegate redact`
    """
    with reported(), _streams():
        failed, total = _redact(_redactor(profile, language))
    if failed:
        fail(f"{failed} of {total} lines could not be redacted", Exit.FAILED)


@contextmanager
def _streams() -> Iterator[None]:
    """Say in a line that standard input or output cannot be used, but for a reader that went away."""
    if sys.stdin is None or sys.stdout is None:  # closed by whoever started this
        _unusable(errno.EBADF)
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what is left cannot be written at exit either
        _unusable(error.errno or errno.EIO)


def _unusable(number: int) -> NoReturn:
    fail(f"standard input or output: {os.strerror(number)}", Exit.FAILED)


def _redactor(profile: Profile | None, language: str | None) -> LineRedactor:
    from processors.redact.detection.detector import PresidioDetector  # noqa: PLC0415 - a second that help need not wait

    return LineRedactor(PresidioDetector(_BUDGET_SECONDS), profile, language, _tasks())


def _tasks() -> Mapping[str, TaskSpec]:
    specs = [read_spec(folder / TASK_FILE) for folder in effective().task_dirs]
    return {spec.name: spec for spec in specs}


def _redact(redactor: LineRedactor) -> tuple[int, int]:
    """Return how many lines failed, of how many."""
    if sys.stdin.isatty():
        err.print("Reading JSON lines from the terminal; Ctrl-D ends.", highlight=False)
    lines = ArrivingLines(sys.stdin.fileno(), MAX_LINE_BYTES)
    failed = total = 0
    with asyncio.Runner() as runner:
        while taken := lines.take(_MOST_LINES):
            answers = runner.run(redactor.redact(taken))
            _print(answers)
            failed += sum(answer.failed for answer in answers)
            total += len(answers)
    return failed, total


def _print(answers: Sequence[Answer]) -> None:
    printed = [json.dumps(answer.document, ensure_ascii=False) + "\n" for answer in answers]
    sys.stdout.buffer.write("".join(printed).encode())
    sys.stdout.buffer.flush()
