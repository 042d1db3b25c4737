"""Commands that run the line: `demo`, `dev`, `worker`."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from schemas.errors import Fatal
from streams.cli.terminal import AsJson, Exit, fail, out, reported, say, silence_failing_handlers
from streams.embedded import session
from streams.embedded.stack import Stack
from streams.settings import Settings, load
from streams.topology import STAGES

_PANEL = "Run the line"
_POLL_SECONDS = 0.25
_INTERRUPTED = 128 + signal.SIGINT


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (demo, dev, worker):
        app.command(rich_help_panel=_PANEL)(command)


def demo(
    *,
    external: Annotated[
        bool,
        typer.Option(
            "--external",
            help="Use the broker, store and model that the environment names, not embedded ones.",
        ),
    ] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds after which requests that have not ended count as lost.", min=1)
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Send the shipped sample of requests through a line of its own and account for each of them.

    Exits with 1 when a request was lost, ended twice or led to a duplicate action. What was recorded stays behind for
    `sluicegate trace` and `sluicegate query`.

    Example: `sluicegate demo --json | tail -n 1`
    """
    from streams.demo.show import demonstrate  # noqa: PLC0415 - loads what only a demonstration needs

    with reported(), _ended_by_signals(_INTERRUPTED):
        raise typer.Exit(demonstrate(load(), external=external, timeout=timeout, as_json=as_json))


def dev() -> None:
    """Run the embedded line until Ctrl-C. What its broker held is gone then; what was recorded stays until the next start.

    Example: `sluicegate dev`, then in another terminal `sluicegate publish request.json`
    """
    with reported(), _ended_by_signals(Exit.OK):
        started = time.monotonic()
        say("Starting broker, model, store and workers ...")
        with Stack(load()) as stack:
            _await_ready(stack)
            _greet(stack.settings, time.monotonic() - started)
            while True:
                _check(stack)
                time.sleep(_POLL_SECONDS)


def worker(
    stages: Annotated[
        str, typer.Option(help="Stages to run, separated by commas; all by default.", show_default=False)
    ] = "",
) -> None:
    """Run stages against the configured broker until SIGTERM, which drains them.

    Besides the stages of the line there are `record`, which fills the trace store, and `delay`, which forwards what
    waits to be tried again. Exits with 3 when something it needs is missing.

    Example: `sluicegate worker --stages redact,admit`
    """
    from streams.worker import NAMES, Worker  # noqa: PLC0415 - loads the runtime

    with reported():
        settings = load()
        _log_stages(settings)
        names = [name.strip() for name in stages.split(",") if name.strip()]
        if stages and not names:
            raise Fatal("unknown_stage", f"none named; known are {', '.join(NAMES)}")
        raise typer.Exit(Worker(names or NAMES, settings).run())


@contextmanager
def _ended_by_signals(code: int) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM unwind what runs here and end with this code; a second one does not wait for that."""

    def end(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(code) from None


def _await_ready(stack: Stack) -> None:
    while stack.waiting():
        _check(stack)
        time.sleep(_POLL_SECONDS)


def _check(stack: Stack) -> None:
    ended = stack.failed()
    if ended is not None:
        fail(f"the process {ended} has ended; see {stack.logs / ended}.log", Exit.FAILED)


def _greet(settings: Settings, seconds: float) -> None:
    out.print(
        f"[bold]Ready[/bold] after {seconds:.1f} s: {len(STAGES)} stages and the recorder.", highlight=False
    )
    say(f"  broker  {settings.broker.bootstrap} (in memory: what it holds ends with it)")
    say(f"  store   {settings.store.url or 'as configured'}")
    say(f"  logs    {settings.state_dir / 'logs'}")
    say(f"  tokens  {settings.state_dir / session.FILE}")
    say("In another terminal of this directory:")
    for command in ("publish FILE", "tail actions --follow", "reviews list", "trace ID", "doctor"):
        say(f"  sluicegate {command}")
    say("Ctrl-C ends it.")


def _log_stages(settings: Settings) -> None:
    from streams.runtime.line import StageNames  # noqa: PLC0415 - loads the runtime

    handler = logging.StreamHandler()
    handler.addFilter(StageNames())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(stage)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    silence_failing_handlers()
