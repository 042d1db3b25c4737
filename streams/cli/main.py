"""All commands, each in the module of what it is about."""

import logging

import typer

from streams.cli import analysing, describing, operating, publishing, reviewing, running
from streams.runtime.line import StageNames

app = typer.Typer(
    name="sluicegate",
    help="Turn untrusted language-model output into verified actions.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (running, publishing, analysing, reviewing, describing, operating):
    module.register(app)


def main() -> None:
    """Run the command line."""
    _log_plainly()
    app()


def _log_plainly() -> None:
    handler = logging.StreamHandler()
    handler.addFilter(StageNames())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(stage)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
