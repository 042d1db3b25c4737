"""Commands for who keeps the keys: `keys list`, `keys history`, `keys rotate`, `keys rewrap`, `keys destroy`.

None prints key material. Each that changes something is recorded in the key store, with who did it.
"""

import getpass
import os
import socket
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from processors.redact.sealing import key_operations
from processors.redact.sealing.keyring import Keyring
from schemas.keys import KeyKind, StoredKey
from sinks.keys.sqlite import SqliteKeyStore
from streams.cli.terminal import AsJson, Exit, fail, reported, say, show_json, show_table
from streams.embedded.session import effective
from streams.keys import key_encryption_keys
from streams.settings import Settings

Tenant = Annotated[str, typer.Option(help="Only this tenant.", metavar="TENANT")]
By = Annotated[
    str, typer.Option("--as", help="Who does it, for the record.", show_default="you, as known here")
]

_SHOWN_CHARACTERS = 8


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(
        help="Rotate, rewrap and destroy the keys of tenants and data subjects.", no_args_is_help=True
    )
    group.command("list")(list_)
    for command in (history, rotate, rewrap, destroy):
        group.command()(command)
    app.add_typer(group, name="keys", rich_help_panel="Operate")


def list_(*, tenant: Tenant = "", as_json: AsJson = False) -> None:
    """List the keys of tenants, and how many data subjects have keys beneath each. Shows no key.

    Exits with 4 when there is no key store.

    Example: `sluicegate keys list --tenant acme-shop`
    """
    with reported():
        rows = _rows(_store(effective()).stored(tenant))
    if as_json:
        for row in rows:
            show_json(row)
    elif rows:
        columns = ("tenant", "kind", "version", "state", "subjects", "created")
        show_table("", columns, [[row[name] for name in columns] for row in rows])
    else:
        say("No keys yet: a tenant's are made when its first request is redacted.")


def history(*, as_json: AsJson = False) -> None:
    """Say who rotated, rewrapped or destroyed what, and when; data subjects by a keyed digest.

    Example: `sluicegate keys history`
    """
    with reported():
        recorded = _store(effective()).operations()
    rows = [
        {
            "at": _moment(each.operation.at),
            "by": each.operation.by,
            "act": each.operation.act.value,
            "tenant": each.operation.tenant,
            "subject": each.operation.subject,
            "keys": each.keys,
        }
        for each in recorded
    ]
    if as_json:
        for row in rows:
            show_json(row)
    elif rows:
        cut = [{**row, "subject": str(row["subject"])[:_SHOWN_CHARACTERS]} for row in rows]
        show_table("", list(cut[0]), [list(row.values()) for row in cut])
    else:
        say("Nothing was rotated, rewrapped or destroyed.")


def rotate(*, tenant: Tenant = "", by: By = "", as_json: AsJson = False) -> None:
    """Give tenants new keys: what is sealed from now on is sealed under new ones, what was sealed before still opens.

    Exits with 5 when there is no such tenant, with 4 when the key store or its key-encryption key is not at hand.

    Example: `sluicegate keys rotate --tenant acme-shop`
    """
    with reported():
        keyring = _keyring(effective())
        names = [tenant] if tenant else _tenants(keyring.store.stored())
        versions = {name: key_operations.rotate(keyring, name, by or _operator()) for name in names}
    if tenant and not versions[tenant]:
        fail(f"there is no key of a tenant {tenant}", Exit.NOT_FOUND)
    if as_json:
        show_json({"rotated": versions})
    else:
        for name, version in versions.items():
            say(f"{name}: version {version} seals from now on")
        say(f"{_counted(len(versions))} rotated.")


def rewrap(*, by: By = "", as_json: AsJson = False) -> None:
    """Wrap all tenants' keys under a new key-encryption key, in one step.

    First let the settings of redact, enforce and settle name the new key where they named the old one, and the old one in
    `SLUICEGATE_KEYS__VAULT_PREVIOUS` (or `_PREVIOUS_VALUE`, `_PREVIOUS_COMMAND`), and restart them one by one. Then run
    this with the same settings. Then take the previous key out of them, and destroy it.

    Exits with 3 when no key is named, with 4 when the store is under neither of the two; nothing has changed then.

    Example: `SLUICEGATE_KEYS__VAULT=new.key SLUICEGATE_KEYS__VAULT_PREVIOUS=old.key sluicegate keys rewrap`
    """
    with reported():
        settings = effective()
        count = key_operations.rewrap(_store(settings), key_encryption_keys(settings.keys), by or _operator())
    if as_json:
        show_json({"rewrapped": count})
    elif count:
        say(f"{_counted(count)} wrapped again; the previous key-encryption key can be retired.")
    else:
        say("All keys are under the current key-encryption key already.")


def destroy(
    *,
    tenant: Annotated[str, typer.Option(help="The tenant.", metavar="TENANT")],
    subject: Annotated[
        str,
        typer.Option(
            help="Only this data subject: the principal's id in its requests. All of the tenant otherwise.",
            metavar="ID",
            show_default=False,
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it: nothing brings the values back.")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Destroy keys, and with them every value sealed under them, wherever it has got to.

    Workers notice at once: what is still on its way becomes a dead letter if it needs such a value, and so does a request
    published before, whenever it is read. Who was destroyed may come back later, with new keys. Copies of the key store made before keep the wrapped keys; `keys rewrap` makes them
    worthless. Not reached are originals in `requests`, and those that published actions carry: retention ends them.

    Exits with 5 when there is nothing to destroy, with 2 without `--yes`.

    Example: `sluicegate keys destroy --tenant acme-shop --subject cust-42 --yes`
    """
    what = f"data subject of tenant {tenant}" if subject else f"tenant {tenant}"
    if not yes:
        fail(f"this would destroy all values of a {what} for good; say --yes to do it", Exit.USAGE)
    with reported():
        count = _destroyed(effective(), tenant, subject, by or _operator())
    if not count:
        fail(f"there is no key of such a {what}", Exit.NOT_FOUND)
    if as_json:
        show_json({"destroyed": count})
    else:
        say(f"{_counted(count)} destroyed: of a {what}.")


def _destroyed(settings: Settings, tenant: str, subject: str, by: str) -> int:
    """A tenant can be destroyed without the key-encryption key; a subject cannot be found without it."""
    if subject:
        return key_operations.destroy_subject(_keyring(settings), tenant, subject, by)
    return key_operations.destroy_tenant(_store(settings), tenant, by)


def _store(settings: Settings) -> SqliteKeyStore:
    return SqliteKeyStore(settings.key_store)


def _keyring(settings: Settings) -> Keyring:
    return Keyring(_store(settings), key_encryption_keys(settings.keys))


def _tenants(keys: Iterable[StoredKey]) -> list[str]:
    return sorted({key.tenant for key in keys if key.kind is KeyKind.TENANT and not key.destroyed})


def _rows(keys: Iterable[StoredKey]) -> list[dict[str, object]]:
    """Return a row for each of the tenants' own keys, with what is beneath it counted."""
    own: list[StoredKey] = []
    beneath: Counter[str] = Counter()
    for key in keys:
        if key.kind is KeyKind.SUBJECT:
            beneath[key.wrapped_by] += not key.destroyed
        else:
            own.append(key)
    own.sort(key=lambda key: (key.tenant, key.kind, key.version))
    newest = {(key.tenant, key.kind): key.key_id for key in own}
    return [_row(key, beneath[key.key_id], newest[key.tenant, key.kind] == key.key_id) for key in own]


def _row(key: StoredKey, subjects: int, newest: bool) -> dict[str, object]:
    in_use = "in force" if newest else "opens only"
    return {
        "tenant": key.tenant,
        "kind": key.kind.value,
        "version": key.version,
        "state": "destroyed" if key.destroyed else in_use,
        "subjects": subjects,
        "created": _moment(key.created_at),
        "key_id": key.key_id,
        "under": "" if key.destroyed else key.wrapped_by,
    }


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _counted(keys: int) -> str:
    return "1 key was" if keys == 1 else f"{keys} keys were"


def _operator() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # in a container nobody has a name
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"
