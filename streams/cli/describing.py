"""Commands that describe: `topology`, `contract`, `config`."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal import AsJson, Exit, fail, out, reported, show_json, show_table
from streams.contract import contract_documents, write_contract
from streams.diagram import mermaid, text
from streams.embedded.session import effective
from streams.settings import shown
from streams.topology import STAGES, verify


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(topology)
    app.command()(contract)
    app.command()(config)


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
        str | None, typer.Argument(help="A document's file name; all names are listed without it.")
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
        out.print(f"{len(documents)} documents written to {directory}")
    elif name is None and as_json:
        show_json(sorted(documents))
    elif name is None:
        print("\n".join(sorted(documents)))
    elif name in documents:
        print(documents[name], end="")
    else:
        fail(f"there is no document {name}", Exit.NOT_FOUND)


def config(*, as_json: AsJson = False) -> None:
    """Print the effective configuration by environment variable, secrets masked.

    Example: `SLUICEGATE_BROKER__BOOTSTRAP=kafka:9092 sluicegate config`
    """
    with reported():
        effective_settings = shown(effective())
    if as_json:
        show_json(effective_settings)
    else:
        show_table("Effective configuration", ("variable", "value"), list(effective_settings.items()))
