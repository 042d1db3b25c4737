"""Commands that describe: `topology`, `contract`, `config`."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal import AsJson, Exit, fail, reported, say, show_json
from streams.contract import contract_documents, write_contract
from streams.diagram import mermaid, text
from streams.embedded.session import effective
from streams.settings import shown
from streams.topology import STAGES, verify


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (topology, contract, config):
        app.command(rich_help_panel="Describe")(command)


def topology(
    *,
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the diagram as Mermaid.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw the pipeline, after checking it.

    Example: `sluicegate topology --mermaid`
    """
    with reported():
        verify()
    if as_mermaid:
        print(mermaid())
    elif as_json:
        show_json(
            [
                {
                    "stage": each.name,
                    "runs": each.runs,
                    "consumes": [cls.topic for cls in each.consumes],
                    "emits": [cls.topic for cls in each.emits],
                    "folds": [cls.topic for cls in each.folds],
                }
                for each in STAGES
            ]
        )
    else:
        print(text())


def contract(
    *,
    name: Annotated[
        str | None,
        typer.Argument(help="A document's file name; without it all names are listed.", metavar="NAME"),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--write", help="Write all documents to a directory.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the AsyncAPI document or the JSON Schema of an event, generated from the models.

    Example: `sluicegate contract asyncapi.json`
    """
    documents = contract_documents()
    if directory is not None:
        write_contract(directory)
        say(f"{len(documents)} documents written to {directory}")
    elif name is None and as_json:
        show_json(sorted(documents))
    elif name is None:
        print("\n".join(sorted(documents)))
    elif name in documents:
        print(documents[name], end="")
    else:
        fail(f"there is no document {name}; `sluicegate contract` lists them", Exit.NOT_FOUND)


def config(*, as_json: AsJson = False) -> None:
    """Print the effective configuration by environment variable, secrets masked.

    Example: `SLUICEGATE_BROKER__BOOTSTRAP=kafka:9092 sluicegate config`
    """
    with reported():
        effective_settings = shown(effective())
    if as_json:
        show_json(effective_settings)
    else:
        for name, value in effective_settings.items():
            say(f"{name}={value}")
