"""The published contract: one AsyncAPI document and one JSON Schema a message, generated, never written by hand.

`python -m streams.contract --write schemas/contract` renews the committed copy, `--check` says whether it is stale.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from streams.asyncapi import asyncapi_document
from streams.json_schema import MESSAGES, json_schema

ASYNCAPI_FILE = "asyncapi.json"
COMMITTED = Path("schemas") / "contract"


def contract_documents() -> dict[str, str]:
    """Return the contract as text by file name."""
    schemas = {f"{message.event_type}.schema.json": _text(json_schema(message)) for message in MESSAGES}
    return {ASYNCAPI_FILE: _text(asyncapi_document()), **schemas}


def write_contract(directory: Path) -> None:
    """Write the contract, and remove JSON files there that are no longer part of it."""
    directory.mkdir(parents=True, exist_ok=True)
    documents = contract_documents()
    for file in _committed(directory):
        if file not in documents:
            (directory / file).unlink()
    for file, text in documents.items():
        (directory / file).write_text(text, encoding="utf-8")


def stale(directory: Path) -> list[str]:
    """Return the files there that differ from the contract, are missing, or do not belong to it."""
    documents, committed = contract_documents(), _committed(directory)
    return sorted(
        file for file in documents.keys() | committed.keys() if documents.get(file) != committed.get(file)
    )


def _committed(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.json"))}


def _text(document: Mapping[str, JsonValue]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check a copy. Returns 1 if a checked copy is stale."""
    parser = argparse.ArgumentParser(prog="python -m streams.contract", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="DIRECTORY")
    what.add_argument("--check", type=Path, metavar="DIRECTORY")
    chosen = parser.parse_args(arguments)
    if chosen.write:
        write_contract(chosen.write)
        return 0
    differing = stale(chosen.check)
    if differing:
        sys.stderr.write(f"stale: {', '.join(differing)}; renew with --write {chosen.check}\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
