"""The key store in a file: several processes, crashes, what is left on the disk, and a file that is not there."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.errors import Fatal, Retryable
from schemas.keys import KeyAct, KeyKind, KeyOperation, StoredKey
from sinks.keys import access
from sinks.keys.sqlite import SqliteKeyStore

AT = datetime(2025, 3, 3, tzinfo=UTC)
WRAPPED = bytes(range(100, 160))
OPERATION = KeyOperation(AT, "ann@desk", KeyAct.DESTROY_SUBJECT, "acme", "s1")
TENANT = StoredKey("t1", KeyKind.TENANT, "acme", "", 1, "root", b"tenant", AT)

ADDS = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from schemas.keys import KeyKind, StoredKey
from sinks.keys.sqlite import SqliteKeyStore

store = SqliteKeyStore(Path(sys.argv[1]))
store.create()
input()
mine = sys.argv[2]
for number in range(40):
    key = StoredKey(f"{mine}-{number}", KeyKind.SUBJECT, "acme", f"s{number}", 1, "t1", mine.encode(), datetime.now(UTC))
    print(store.add(key).key_id)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteKeyStore]:
    made = SqliteKeyStore(path)
    made.create()
    yield made
    made.close()


def subject(name: str = "s1", wrapped: bytes = WRAPPED, version: int = 1) -> StoredKey:
    return StoredKey(f"{name}-{version}", KeyKind.SUBJECT, "acme", name, version, "t1", wrapped, AT)


def on_disk(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


def test_the_file_is_for_its_owner_only_and_nothing_else_is_left(store: SqliteKeyStore, path: Path) -> None:
    store.add(TENANT)
    files = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert files == dict.fromkeys(("keys.sqlite", "keys.sqlite-shm", "keys.sqlite-wal"), 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_store_that_is_there_is_kept(store: SqliteKeyStore, path: Path) -> None:
    store.add(TENANT)
    again = SqliteKeyStore(path)
    again.create()
    assert again.find("t1") == TENANT
    again.close()


def test_a_store_that_cannot_be_made_is_the_workers_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Fatal, match="key_store_invalid: "):
        SqliteKeyStore(tmp_path / "file" / "keys.sqlite").create()


def test_processes_that_start_at_once_agree_on_every_key(path: Path) -> None:
    names = ("a", "b", "c")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", ADDS, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    SqliteKeyStore(path).create()
    parent = SqliteKeyStore(path)
    parent.add(TENANT)
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    printed = [worker.communicate(timeout=60)[0].split() for worker in workers]
    parent.close()
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert printed[0] == printed[1] == printed[2]
    assert len(printed[0]) == 40


def test_another_connections_changes_are_seen_at_once(store: SqliteKeyStore, path: Path) -> None:
    store.add(TENANT)
    store.add(subject())
    other = SqliteKeyStore(path)
    before = other.changes()
    store.destroy("acme", "s1", OPERATION)
    assert other.changes() == store.changes() != before
    found = other.find("s1-1")
    assert found is not None
    assert found.destroyed
    other.close()


@pytest.mark.parametrize("name", ["s1", ""])
def test_nothing_of_a_destroyed_key_is_left_on_the_disk(store: SqliteKeyStore, path: Path, name: str) -> None:
    """Neither in the file nor in the log, while another process has it open."""
    store.add(TENANT)
    store.add(subject())
    other = SqliteKeyStore(path)
    other.changes()
    assert WRAPPED in on_disk(path)

    store.destroy("acme", name, OPERATION)

    assert WRAPPED not in on_disk(path)
    other.close()


def test_nothing_of_what_was_wrapped_before_is_left_on_the_disk(store: SqliteKeyStore, path: Path) -> None:
    store.add(StoredKey("t1", KeyKind.TENANT, "acme", "", 1, "root", WRAPPED, AT))
    store.rewrap("root-2", lambda _: b"x" * 60, OPERATION)
    assert WRAPPED not in on_disk(path)


def test_without_its_file_nothing_is_read_or_made(path: Path) -> None:
    absent = SqliteKeyStore(path)
    for use in (absent.changes, absent.key_encryption_key, absent.operations):
        with pytest.raises(Retryable, match="key_store_missing"):
            use()
    with pytest.raises(Retryable, match="key_store_missing"):
        absent.add(TENANT)
    assert not path.parent.exists()


def test_a_file_that_goes_away_is_missed_and_found_again(store: SqliteKeyStore, path: Path) -> None:
    store.add(TENANT)
    store.close()
    away = path.with_name("away")
    path.rename(away)
    with pytest.raises(Retryable, match="key_store_missing"):
        store.changes()
    away.rename(path)
    assert store.find("t1") == TENANT


def test_another_file_in_its_place_is_another_store(store: SqliteKeyStore, path: Path) -> None:
    """A copy from before a destruction, say: what is remembered of the store that was there counts no longer."""
    store.add(TENANT)
    store.add(subject())
    store.close()
    shutil.copy(path, path.with_name("copy"))
    store.destroy("acme", "s1", OPERATION)
    before = store.changes()
    path.with_name("copy").rename(path)
    assert store.changes() != before
    assert store.find("s1-1") == subject()


def test_a_new_store_is_told_from_the_one_that_was_lost(store: SqliteKeyStore, path: Path) -> None:
    before = store.changes()
    path.unlink()
    SqliteKeyStore(path).create()
    assert store.changes() != before


def test_a_key_is_destroyed_even_while_somebody_reads(
    store: SqliteKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log cannot be emptied then; the next destruction does it."""
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.0)
    store.add(TENANT)
    store.add(subject())
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM key").fetchone()
    assert store.destroy("acme", "s1", OPERATION) == 1
    reader.execute("COMMIT")
    reader.close()
    store.destroy("acme", "", OPERATION)
    assert WRAPPED not in on_disk(path)


class Returning(SqliteKeyStore):
    """The tenant is back, with new keys, before all of its subjects' old ones are erased."""

    def _erase_beneath(self, tenant: str, at: datetime) -> None:
        self.add(replace(TENANT, key_id="t2", version=2))
        self.add(replace(subject("s2"), wrapped_by="t2"))
        super()._erase_beneath(tenant, at)


def test_a_tenant_that_returns_while_it_is_destroyed_keeps_its_new_keys(path: Path) -> None:
    returning = Returning(path)
    returning.create()
    for key in (TENANT, subject()):
        returning.add(key)
    returning.destroy("acme", "", OPERATION)
    assert {key.key_id: key.destroyed for key in returning.stored()} == {
        "t1": True,
        "s1-1": True,
        "t2": False,
        "s2-1": False,
    }
    returning.close()


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to look at" * 99])
def test_a_file_that_is_no_key_store_cannot_be_used(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Retryable, match="key_store_unavailable"):
        SqliteKeyStore(path).changes()


def test_a_store_of_a_later_version_is_left_alone(store: SqliteKeyStore, path: Path) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(Retryable, match="not a key store of this version"):
        store.changes()


def test_a_store_that_is_held_by_another_is_read_but_not_written(
    store: SqliteKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.0)
    store.add(TENANT)
    store.close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Retryable, match="key_store_unavailable: OperationalError"):
        store.add(subject())
    assert store.find("t1") == TENANT
    holder.execute("ROLLBACK")
    holder.close()
    assert store.add(subject()) == subject()


def test_who_reads_does_not_wait_for_who_writes(
    store: SqliteKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BUSY_SECONDS", 60.0)
    store.add(TENANT)
    changes = store.changes()
    store.close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(store.add, subject())
        while not adding.running():
            pass
        assert store.find("t1") == TENANT
        assert store.changes() == changes
        assert not adding.done()
        holder.execute("ROLLBACK")
        holder.close()
        assert adding.result() == subject()


def test_a_process_that_dies_while_it_writes_leaves_the_store_as_it_was(
    store: SqliteKeyStore, path: Path
) -> None:
    store.add(TENANT)
    code = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute(\"UPDATE key SET wrapped = x''\")\n"
        "os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    assert store.find("t1") == TENANT
    assert store.add(subject()) == subject()
