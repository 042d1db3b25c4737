"""Commands for publishers of knowledge: `documents load`, `documents list`, `documents delete`, `documents status`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from processors.tasks.documents import load_documents
from processors.tasks.task import KNOWLEDGE_FOLDER
from schemas.knowledge import Document
from sinks.knowledge.batch import Key
from streams.cli.line import running_line
from streams.cli.terminal import AsJson, Exit, fail, reported, say, show_json, show_table
from streams.embedded.session import effective
from streams.heartbeat import Heartbeat, KnowledgeSigns, heartbeats
from streams.knowledge.publishing import Act, Change, carry_out, compare, standing
from streams.knowledge.records import Published, Refused
from streams.settings import Settings

Row = dict[str, object]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(
        help="Publish and look after the documents that answers rest on.", no_args_is_help=True
    )
    group.command("list")(list_)
    for command in (load, delete, status):
        group.command()(command)
    app.add_typer(group, name="documents", rich_help_panel="Publish and consume")


def load(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Markdown, HTML and text files with front matter; by default the configured tasks' own.",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    *,
    tenant: Annotated[
        list[str] | None,
        typer.Option(help="Only documents of this tenant; may be repeated.", metavar="TENANT"),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete the tenants' other documents, whoever published them.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a folder's documents: those that are new or differ from what the topic holds.

    With `--prune`, the tenants named, or else those that the folder has documents for, keep no others.

    Example: `sluicegate documents load knowledge --tenant acme-shop --prune`
    """
    with reported():
        if folder is not None and not folder.is_dir():
            fail(f"no such directory: {folder}", Exit.NOT_FOUND)
        line = running_line()
        found = _of_tasks(line) if folder is None else load_documents(folder)
        tenants = frozenset(tenant or (each.tenant for each in found))
        wanted = [each for each in found if each.tenant in tenants]
        if not wanted and not prune:
            fail("the folder has no such documents", Exit.USAGE)
        bootstrap = line.broker.bootstrap
        changes = compare(wanted, standing(bootstrap), tenants if prune else frozenset())
        if not dry_run:
            carry_out(bootstrap, changes)
    _report(changes, as_json=as_json, done=not dry_run)


def list_(
    *,
    tenant: Annotated[str, typer.Option(help="Only this tenant.", metavar="TENANT")] = "",
    as_json: AsJson = False,
) -> None:
    """List the documents that the topic holds, and who may read them. Shows neither titles nor texts.

    Example: `sluicegate documents list --tenant acme-shop`
    """
    with reported():
        present = standing(running_line().broker.bootstrap)
    rows = [_row(key, present[key]) for key in sorted(present) if tenant in {"", key[0]}]
    if as_json:
        for row in rows:
            show_json(row)
    elif rows:
        show_table("", tuple(rows[0]), [_cells(row) for row in rows])
    else:
        say("No documents.")


def delete(
    tenant: Annotated[str, typer.Argument(help="Its tenant.", metavar="TENANT")],
    document: Annotated[str, typer.Argument(help="Its id.", metavar="ID")],
    *,
    as_json: AsJson = False,
) -> None:
    """Delete one document: within a second nobody can read it any more. Exits with 5 when there is none.

    Example: `sluicegate documents delete acme-shop gift-wrapping`
    """
    with reported():
        bootstrap, key = running_line().broker.bootstrap, (tenant, document)
        if key not in standing(bootstrap):
            fail("no such document", Exit.NOT_FOUND)
        changes = [Change(key, Act.DELETED)]
        carry_out(bootstrap, changes)
    _report(changes, as_json=as_json, done=True)


def status(*, as_json: AsJson = False) -> None:
    """Say how the workers' own indexes of the documents are.

    Exits with 1 when one of them answers nothing, because it may lack a change, and with 4 when no worker has one.

    Example: `sluicegate documents status`
    """
    with reported():
        found = heartbeats(effective().state_dir)
    indexes = [(beat, beat.knowledge) for beat in found if beat.alive and beat.knowledge is not None]
    if not indexes:
        fail("no worker of this directory keeps an index; `sluicegate dev` starts one", Exit.UNAVAILABLE)
    for beat, signs in indexes:
        if as_json:
            show_json({"worker": beat.pid, **signs.model_dump()})
        else:
            _tell(beat, signs)
    raise typer.Exit(Exit.OK if all(signs.ready for _, signs in indexes) else Exit.FAILED)


def _of_tasks(line: Settings) -> tuple[Document, ...]:
    return tuple(each for folder in line.task_dirs for each in load_documents(folder / KNOWLEDGE_FOLDER))


def _report(changes: Sequence[Change], *, as_json: bool, done: bool) -> None:
    shown = [each for each in changes if each.act is not Act.UNCHANGED]
    if as_json:
        for each in changes:
            tenant, document = each.key
            show_json(
                {"tenant": tenant, "id": document, "act": each.act, "remark": each.remark, "done": done}
            )
        return
    for each in shown:
        say(f"{each.act:9} {'/'.join(each.key)}{f'  ({each.remark})' if each.remark else ''}")
    counts = [f"{sum(each.act is act for each in changes)} {act}" for act in Act]
    say(f"{', '.join(counts)}{'' if done else '; nothing was published'}.")


def _row(key: Key, record: Published | Refused) -> Row:
    tenant, identity = key
    if isinstance(record, Refused):
        return {**dict.fromkeys(_COLUMNS, ""), "tenant": tenant, "id": identity, "state": record.reason}
    document = record.document
    return {
        "tenant": tenant,
        "id": identity,
        "version": document.version,
        "language": document.language,
        "type": document.document_type,
        "area": document.product_area,
        "readers": _readers(document.access.roles, document.access.principals, document.access.tenants),
        "valid": _validity(document.valid_from, document.valid_until),
        "state": "ok",
    }


_COLUMNS = ("tenant", "id", "version", "language", "type", "area", "readers", "valid", "state")


def _readers(roles: Sequence[str], principals: Sequence[str], tenants: Sequence[str]) -> str:
    if not roles and not principals:
        return "nobody"
    people = [f"{len(principals)} by name"] if principals else []
    return ", ".join([*roles, *people]) + (f" of {', '.join(tenants)} too" if tenants else "")


def _validity(begins: object, ends: object) -> str:
    return f"{_day(begins)}..{_day(ends)}" if begins or ends else "always"


def _day(moment: object) -> str:
    return str(moment)[:10] if moment else ""


def _cells(row: Row) -> list[object]:
    return list(row.values())


def _tell(beat: Heartbeat, signs: KnowledgeSigns) -> None:
    age = "never" if signs.stale_seconds is None else f"{signs.stale_seconds + beat.silent_seconds:.0f} s ago"
    state = "answers" if signs.ready else "answers nothing yet"
    say(
        f"worker {beat.pid} {state}: {signs.documents} documents in {signs.passages} passages, confirmed {age}"
    )
    if signs.waiting:
        say(f"  {signs.waiting} documents are being prepared")
    for name, count in signs.refused.items():
        say(f"  refused: {name} {count}")
    for name, count in signs.notes.items():
        say(f"  noted: {name} {count}")
    if signs.rebuilt:
        say(f"  built anew: {signs.rebuilt}")
