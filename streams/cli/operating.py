"""Commands for operators: `topics create`, `migrate`, `doctor`."""

import typer

from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
from streams.cli.terminal import AsJson, Exit, out, reported, show_json, show_table
from streams.doctor import Level, examine
from streams.embedded.session import effective
from streams.runtime.topics import create_topics
from streams.topic_specs import declared_topics


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="Look after the broker's topics.", no_args_is_help=True)
    group.command()(create)
    app.add_typer(group, name="topics")
    app.command()(migrate)
    app.command()(doctor)


def create(*, as_json: AsJson = False) -> None:
    """Create the topics that are missing, and say what the broker does not do as declared.

    Example: `SLUICEGATE_BROKER__BOOTSTRAP=127.0.0.1:9092 sluicegate topics create`
    """
    with reported():
        broker = effective().broker
        specs = declared_topics(broker.partitions)
        unmet = create_topics(broker.bootstrap, specs, broker.replication)
    rows = [(item.topic, item.setting, item.wanted, item.found or "not confirmed") for item in unmet]
    if as_json:
        show_json({"topics": [spec.name for spec in specs], "unmet": rows})
        return
    out.print(f"{len(specs)} topics with {broker.partitions} partitions are there.")
    if rows:
        show_table("Not as declared", ("topic", "setting", "declared", "found"), rows)


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the trace store's schema up to date.

    Example: `SLUICEGATE_STORE__DSN=http://user:password@127.0.0.1:8123/sluicegate sluicegate migrate`
    """
    with reported(), ClickHouseStore(Dsn.parse(effective().store.dsn.get_secret_value())) as store:
        applied = [migration.name for migration in store.migrate()]
    if as_json:
        show_json({"applied": applied})
    else:
        out.print("\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")


def doctor(*, as_json: AsJson = False) -> None:
    """Say what is missing or weak here, the embedded broker's limits included. Exits with 1 when something is missing.

    Example: `sluicegate doctor`
    """
    with reported():
        findings = examine(effective())
    if as_json:
        show_json([finding._asdict() for finding in findings])
    else:
        rows = [(finding.level, finding.part, finding.text) for finding in findings]
        show_table("Doctor", ("level", "part", "finding"), rows)
    raise typer.Exit(Exit.FAILED if any(finding.level is Level.MISSING for finding in findings) else Exit.OK)
