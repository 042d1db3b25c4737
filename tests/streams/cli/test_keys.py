"""`sluicegate keys`: what it shows, does and says, and that it never shows a key."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from processors.redact.sealing.keyring import Keyring
from schemas.keys import KeyKind
from sinks.keys.sqlite import SqliteKeyStore
from streams.cli.main import application
from streams.cli.terminal import Exit
from streams.keys import ensure_key
from tests.vaults import roots

OLD, NEW = "ab" * 32, "cd" * 32


def keys(*arguments: str) -> Result:
    done = CliRunner().invoke(application("keys"), ["keys", *arguments])
    assert OLD not in done.output + done.stderr
    assert NEW not in done.output + done.stderr
    return done


def documents(*arguments: str) -> list[dict[str, object]]:
    done = keys(*arguments, "--json")
    assert done.exit_code == Exit.OK, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteKeyStore:
    """Two tenants with two data subjects and one."""
    path = tmp_path / "keys.sqlite"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SLUICEGATE_KEYS__STORE", str(path))
    monkeypatch.setenv("SLUICEGATE_KEYS__VAULT_VALUE", OLD)
    made = SqliteKeyStore(path)
    made.create()
    ring = Keyring(made, roots(bytes.fromhex(OLD)))
    for tenant, subject in (("acme-shop", "cust-1"), ("acme-shop", "cust-2"), ("nordwind", "cust-1")):
        ring.sealing_key(tenant, subject, datetime.now(UTC))
    return made


def live(store: SqliteKeyStore, tenant: str) -> int:
    return sum(not key.destroyed for key in store.stored(tenant))


def test_keys_are_listed_with_who_is_beneath_them_and_never_shown(store: SqliteKeyStore) -> None:
    rows = documents("list")
    assert [(row["tenant"], row["kind"], row["subjects"]) for row in rows] == [
        ("acme-shop", "digest", 0),
        ("acme-shop", "tenant", 2),
        ("nordwind", "digest", 0),
        ("nordwind", "tenant", 1),
    ]
    assert {row["state"] for row in rows} == {"in force"}
    assert {row["tenant"] for row in documents("list", "--tenant", "nordwind")} == {"nordwind"}
    shown = keys("list").output
    assert "acme-shop" in shown
    for key in store.stored():
        assert key.wrapped.hex() not in shown + str(rows)


def test_listing_needs_no_key_encryption_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICEGATE_KEYS__VAULT_VALUE")
    assert len(documents("list")) == 4
    assert keys("rotate").exit_code == Exit.CONFIGURATION


def test_a_rotation_gives_one_tenant_or_all_a_new_version(store: SqliteKeyStore) -> None:
    assert documents("rotate", "--tenant", "acme-shop") == [{"rotated": {"acme-shop": 2}}]
    assert documents("rotate", "--as", "ann") == [{"rotated": {"acme-shop": 3, "nordwind": 2}}]
    states = [(row["version"], row["state"]) for row in documents("list", "--tenant", "acme-shop")]
    assert states == [(1, "in force"), (1, "opens only"), (2, "opens only"), (3, "in force")]
    history = documents("history")
    assert [(row["act"], row["tenant"]) for row in history] == [
        ("rotate", "acme-shop"),
        ("rotate", "acme-shop"),
        ("rotate", "nordwind"),
    ]
    assert re.fullmatch(r".+@.+", str(history[0]["by"]))
    assert history[2]["by"] == "ann"
    unknown = keys("rotate", "--tenant", "nobody")
    assert (unknown.exit_code, unknown.stderr) == (Exit.NOT_FOUND, "there is no key of a tenant nobody\n")


def test_the_key_encryption_key_is_changed(
    store: SqliteKeyStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = store.key_encryption_key()
    (tmp_path / "new").write_text(NEW)
    monkeypatch.delenv("SLUICEGATE_KEYS__VAULT_VALUE")
    monkeypatch.setenv("SLUICEGATE_KEYS__VAULT", str(tmp_path / "new"))
    refused = keys("rewrap")
    assert refused.exit_code == Exit.UNAVAILABLE
    assert refused.stderr.startswith("vault_key_missing: ")
    assert store.key_encryption_key() == before

    monkeypatch.setenv("SLUICEGATE_KEYS__VAULT_PREVIOUS_VALUE", OLD)
    assert documents("rewrap") == [{"rewrapped": 4}]
    assert store.key_encryption_key() != before
    assert documents("rewrap") == [{"rewrapped": 0}]
    monkeypatch.delenv("SLUICEGATE_KEYS__VAULT_PREVIOUS_VALUE")
    assert keys("rotate").exit_code == Exit.OK


@pytest.mark.parametrize("options", [(), ("--subject", "cust-1")])
def test_nothing_is_destroyed_without_being_told_twice(
    store: SqliteKeyStore, options: tuple[str, ...]
) -> None:
    refused = keys("destroy", "--tenant", "acme-shop", *options)
    assert refused.exit_code == Exit.USAGE
    assert "--yes" in refused.stderr
    assert live(store, "acme-shop") == 4
    assert documents("history") == []


def test_a_data_subject_is_destroyed_and_recorded_without_its_name(store: SqliteKeyStore) -> None:
    done = keys("destroy", "--tenant", "acme-shop", "--subject", "cust-1", "--yes")
    assert (done.exit_code, done.stdout) == (
        Exit.OK,
        "1 key was destroyed: of a data subject of tenant acme-shop.\n",
    )
    assert (live(store, "acme-shop"), live(store, "nordwind")) == (3, 3)
    (row,) = documents("history")
    assert (row["act"], row["tenant"], row["keys"]) == ("destroy_subject", "acme-shop", 1)
    assert re.fullmatch(r"[0-9a-f]{64}", str(row["subject"]))
    assert "cust-1" not in done.output + str(row)
    for subject in ("cust-1", "nobody"):
        again = keys("destroy", "--tenant", "acme-shop", "--subject", subject, "--yes")
        assert again.exit_code == Exit.NOT_FOUND


def test_a_tenant_is_destroyed_without_the_key_encryption_key(
    store: SqliteKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLUICEGATE_KEYS__VAULT_VALUE")
    assert documents("destroy", "--tenant", "acme-shop", "--yes") == [{"destroyed": 4}]
    assert (live(store, "acme-shop"), live(store, "nordwind")) == (0, 3)
    newest = store.newest("acme-shop", KeyKind.TENANT)
    assert newest is not None
    assert newest.destroyed
    assert {row["state"] for row in documents("list", "--tenant", "acme-shop")} == {"destroyed"}
    assert keys("destroy", "--tenant", "acme-shop", "--yes").exit_code == Exit.NOT_FOUND


@pytest.mark.parametrize(
    "command", [("list",), ("history",), ("rotate",), ("destroy", "--tenant", "a", "--yes")]
)
def test_without_a_key_store_it_says_so(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLUICEGATE_KEYS__STORE", str(tmp_path / "absent"))
    done = keys(*command)
    assert (done.exit_code, done.stderr.partition(":")[0]) == (Exit.UNAVAILABLE, "key_store_missing")
    assert not (tmp_path / "absent").exists()


def test_an_empty_store_is_said_to_be_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    SqliteKeyStore(tmp_path / "empty").create()
    monkeypatch.setenv("SLUICEGATE_KEYS__STORE", str(tmp_path / "empty"))
    assert keys("list").stdout.startswith("No keys yet")
    assert keys("history").stdout.startswith("Nothing was rotated")


def test_a_key_in_a_file_others_may_not_read_does_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SLUICEGATE_KEYS__VAULT_VALUE")
    monkeypatch.setenv("SLUICEGATE_KEYS__VAULT", str(ensure_key(tmp_path / "vault.key")))
    wrong = keys("rotate", "--tenant", "acme-shop")
    assert (wrong.exit_code, wrong.stderr.partition(":")[0]) == (Exit.UNAVAILABLE, "vault_key_missing")
