"""Commands that run the line: `demo`, `dev`, `worker`."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import Fatal
from streams.cli.terminal import AsJson, Exit, err, fail, out, reported
from streams.embedded import session
from streams.embedded.stack import Stack
from streams.settings import load
from streams.worker import NAMES, Worker

StateDir = Annotated[Path | None, typer.Option(help="Where keys, models, logs and the store go.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(demo)
    app.command()(dev)
    app.command()(worker)


def demo(
    *,
    external: Annotated[
        bool, typer.Option(help="Use the configured broker, store and model instead of embedded ones.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds after which unfinished requests count as lost.")
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Send a shipped sample of requests through the whole line and account for each of them.

    Exits with 1 when a request was lost, ended twice or led to a duplicate action.

    Example: `sluicegate demo --json | tail -n 1`
    """
    from streams.demo.show import demonstrate  # noqa: PLC0415 - loads the whole line

    with reported():
        raise typer.Exit(demonstrate(load(), external=external, timeout=timeout, as_json=as_json))


def dev() -> None:
    """Run the embedded line until Ctrl-C. Its data is not kept.

    Example: `sluicegate dev`, then in another terminal `sluicegate publish request.json`
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with reported(), Stack(load()) as stack:
        session.remember(stack.settings)
        _greet(stack)
        while not stopped.wait(0.5):
            ended = stack.failed()
            if ended is not None:
                fail(f"the process {ended} has ended; see {stack.logs / ended}.log", Exit.FAILED)


def worker(
    stages: Annotated[
        str, typer.Option(help="Stages to run, separated by commas; all by default.", show_default=False)
    ] = ",".join(NAMES),
) -> None:
    """Run stages against the configured broker until SIGTERM, which drains them.

    Example: `sluicegate worker --stages redact,admit`
    """
    with reported():
        names = [name.strip() for name in stages.split(",") if name.strip()]
        if not names:
            raise Fatal("unknown_stage", "none named")
        raise typer.Exit(Worker(names, load()).run())


def _greet(stack: Stack) -> None:
    settings = stack.settings
    out.print("[bold]Sluicegate runs.[/bold] The broker keeps everything in memory: data is not kept.")
    out.print(f"  broker   {settings.broker.bootstrap}", highlight=False)
    out.print(
        f"  store    {settings.store.url} (token in {settings.state_dir / session.FILE})", highlight=False
    )
    out.print(f"  logs     {stack.logs}", highlight=False)
    out.print("Try in another terminal: sluicegate publish FILE, sluicegate tail actions, sluicegate doctor")
    err.print("Ctrl-C ends it.")
