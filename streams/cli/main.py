"""All commands, each in the module of what it is about; only the module of the command asked for is loaded."""

import logging
import sys
from importlib import import_module
from types import MappingProxyType
from typing import Final

import typer

from streams.cli.terminal import silence_failing_handlers

HOMES: Final = MappingProxyType(
    {
        "demo": "running",
        "dev": "running",
        "worker": "running",
        "publish": "publishing",
        "tail": "tailing",
        "redact": "redacting",
        "eval": "evaluating",
        "reviews": "reviewing",
        "documents": "documents",
        "trace": "analysing",
        "query": "analysing",
        "keys": "keys",
        "doctor": "operating",
        "topics": "operating",
        "migrate": "operating",
        "topology": "describing",
        "contract": "describing",
        "config": "describing",
    }
)
"""Every command and the module it is in, in the order of the help."""


def application(command: str = "") -> typer.Typer:
    """Return the application with this command, or with all of them where the command is unknown."""
    app = typer.Typer(
        name="sluicegate",
        help="Turn untrusted language-model output into verified actions.\n\n"
        "Start with `sluicegate demo`; or keep a line running with `sluicegate dev` and, in another terminal of the "
        "same directory, publish to it, watch it and ask it.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for home in [HOMES[command]] if command in HOMES else dict.fromkeys(HOMES.values()):
        import_module(f"streams.cli.{home}").register(app)
    return app


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    silence_failing_handlers()
    application(sys.argv[1] if len(sys.argv) > 1 else "")()


def _root() -> None:
    """Keeps a single command a subcommand."""
