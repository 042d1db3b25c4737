"""Commands for analysts: `trace`, `query`."""

from dataclasses import asdict
from typing import Annotated

import typer

from sinks.clickhouse.answer import Answer, QueryFailed
from sinks.clickhouse.guard import admit
from sinks.clickhouse.story import find, story
from streams.cli.terminal import AsJson, Exit, fail, out, reported, say, show_json, show_rows
from streams.embedded.session import effective
from streams.reading import open_reader
from streams.storytelling import told

_PANEL = "Decide and look into"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (trace, query):
        app.command(rich_help_panel=_PANEL)(command)


def trace(
    request: Annotated[
        str,
        typer.Argument(
            help="A request's id, the id its publisher gave it, or its action's id.", metavar="ID"
        ),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Tell a request's whole story: stages, model calls, evidence, verdict, ending, cost.

    Works while the line runs, and afterwards on what it recorded.

    Example: `sluicegate trace order-question-1`
    """
    with reported(), open_reader(effective()) as reader:
        stories = [story(reader, identity) for identity in find(reader, request)]
    if not stories:
        fail(
            f"the trace store knows no request {request}; what was just published takes a moment",
            Exit.NOT_FOUND,
        )
    for found in stories:
        if as_json:
            show_json(asdict(found))
        else:
            told(found, out)


def query(
    sql: Annotated[str, typer.Argument(help="One reading statement of ClickHouse SQL.", metavar="SQL")],
    *,
    as_json: AsJson = False,
) -> None:
    """Ask the trace store in SQL. `SHOW TABLES` lists what is there; views start with `v_`.

    Example: `sluicegate query "SELECT stage, count() FROM stage_events GROUP BY stage"`

    Example: `sluicegate query "SELECT * FROM v_cost_by_tenant" --json`
    """
    with reported():
        admit(sql, ())  # a server would run what its user may
        try:
            with open_reader(effective()) as reader:
                answer = reader.query(sql)
        except QueryFailed as error:
            fail(_in_short(error.engine_message), Exit.USAGE)
        _show(answer, as_json=as_json)


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        for row in answer.records():
            show_json(row)
    elif answer.rows:
        show_rows(answer.columns, answer.rows)
    else:
        say("no rows")


def _in_short(engine_message: str) -> str:
    """Return the engine's words without its client's."""
    return engine_message.partition("DB::Exception: ")[2] or engine_message
