"""Commands for operators: `topics create`, `migrate`, `doctor`."""

from dataclasses import asdict

import typer

from schemas.errors import Fatal
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
from streams.cli.line import running_line
from streams.cli.terminal import AsJson, Exit, reported, say, show_json, show_table
from streams.doctor import Level, examine, grouped
from streams.embedded.session import effective
from streams.runtime.topics import create_topics
from streams.topic_specs import declared_topics

_PANEL = "Operate"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (doctor, migrate):
        app.command(rich_help_panel=_PANEL)(command)
    group = typer.Typer(help="Look after the broker's topics.", no_args_is_help=True)
    group.callback()(_group)
    group.command()(create)
    app.add_typer(group, name="topics", rich_help_panel=_PANEL)


def _group() -> None:
    """Keeps the one command a subcommand."""


def create(*, as_json: AsJson = False) -> None:
    """Create the topics that are missing, and say what the broker does not do as declared.

    Example: `SLUICEGATE_BROKER__BOOTSTRAP=127.0.0.1:9092 sluicegate topics create`
    """
    with reported():
        broker = running_line().broker
        specs = declared_topics(broker.partitions)
        unmet = create_topics(broker.bootstrap, specs, broker.replication)
    if as_json:
        document = [{**asdict(item), "confirmed": item.found is not None} for item in unmet]
        show_json({"topics": [spec.name for spec in specs], "unmet": document})
        return
    say(f"{len(specs)} topics with {broker.partitions} partitions each are there.")
    for setting, topics in grouped(unmet):
        say(f"Not confirmed by the broker: {setting} of {len(topics)} topics.")


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the trace store's schema up to date.

    Example: `SLUICEGATE_STORE__DSN=http://user:password@127.0.0.1:8123/sluicegate sluicegate migrate`
    """
    with reported():
        dsn = effective().store.dsn.get_secret_value()
        if not dsn:
            raise Fatal("store_missing", "set SLUICEGATE_STORE__DSN")
        with ClickHouseStore(Dsn.parse(dsn)) as store:
            applied = [migration.name for migration in store.migrate()]
    if as_json:
        show_json({"applied": applied})
    else:
        for line in [f"applied {name}" for name in applied] or ["The schema is up to date."]:
            say(line)


def doctor(*, as_json: AsJson = False) -> None:
    """Say what is missing or weak here, the embedded broker's limits included, and how the workers are.

    Exits with 1 when something is missing.

    Example: `sluicegate doctor`
    """
    with reported():
        findings = examine(effective())
    if as_json:
        show_json([finding._asdict() for finding in findings])
    else:
        show_table("", ("", "part", "finding"), [tuple(map(str, finding)) for finding in findings])
    raise typer.Exit(Exit.FAILED if any(finding.level is Level.MISSING for finding in findings) else Exit.OK)
