"""Commands for analysts: `trace`, `query`."""

from dataclasses import asdict
from typing import Annotated

import typer

from sinks.clickhouse.answer import QueryFailed
from sinks.clickhouse.story import find, story
from streams.cli.terminal import AsJson, Exit, fail, out, reported, show_json, show_table
from streams.embedded.session import effective
from streams.reading import open_reader
from streams.storytelling import told


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(trace)
    app.command()(query)


def trace(
    request: Annotated[str, typer.Argument(help="The request's id, or the id its publisher gave it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Tell a request's whole story: stages, model calls, evidence, verdict, ending, cost.

    Example: `sluicegate trace order-question-1`
    """
    with reported(), open_reader(effective()) as reader:
        stories = [story(reader, identity) for identity in find(reader, request)]
    if not stories:
        fail("no such request in the trace store", Exit.NOT_FOUND)
    for found in stories:
        if as_json:
            show_json(asdict(found))
        else:
            told(found, out)


def query(
    sql: Annotated[str, typer.Argument(help="One reading statement.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Ask the trace store in SQL.

    Example: `sluicegate query "SELECT stage, count() FROM stage_events GROUP BY stage"`
    """
    with reported(), open_reader(effective()) as reader:
        try:
            answer = reader.query(sql)
        except QueryFailed as error:
            fail(error.engine_message, Exit.USAGE)
    if as_json:
        for row in answer.rows:
            show_json(dict(zip(answer.columns, row, strict=True)))
    else:
        show_table("", answer.columns, answer.rows)
