"""What every key store does, in memory or in a file."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.keys import KeyAct, KeyKind, KeyOperation, RecordedOperation, StoredKey
from schemas.ports import KeyStore
from sinks.keys import sqlite
from sinks.keys.memory import MemoryKeyStore
from sinks.keys.sqlite import SqliteKeyStore

AT = datetime(2025, 3, 3, 12, 0, 1, 5, tzinfo=UTC)
LATER = datetime(2025, 3, 4, tzinfo=UTC)
ROOT = "root-1"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    if request.param == "memory":
        yield MemoryKeyStore()
        return
    made = SqliteKeyStore(tmp_path / "keys.sqlite")
    made.create()
    yield made
    made.close()


def key(kind: KeyKind = KeyKind.TENANT, tenant: str = "acme", **changes: object) -> StoredKey:
    given: dict[str, object] = {"subject": "", "version": 1, "wrapped_by": ROOT, "wrapped": b"\x00wrapped"}
    given.update(changes)
    name = f"{kind}-{tenant}-{given['subject']}-{given['version']}"
    return StoredKey(**{"key_id": name, "kind": kind, "tenant": tenant, "created_at": AT, **given})  # type: ignore[arg-type]


def subject(name: str = "s1", tenant: str = "acme", **changes: object) -> StoredKey:
    parent = {"subject": name, "wrapped_by": f"tenant-{tenant}--1"}
    return key(KeyKind.SUBJECT, tenant, **{**parent, **changes})


def done(act: KeyAct = KeyAct.ROTATE, tenant: str = "acme", name: str = "") -> KeyOperation:
    return KeyOperation(LATER, "ann@desk", act, tenant, name)


def filled(store: KeyStore) -> KeyStore:
    """Two tenants, with a subject that both have, and one that only the first has."""
    for tenant in ("acme", "nord"):
        for each in (key(tenant=tenant), key(KeyKind.DIGEST, tenant), subject("s1", tenant)):
            assert store.add(each) == each
    assert store.add(subject("s2")) == subject("s2")
    return store


def test_an_empty_store_has_nothing(store: KeyStore) -> None:
    assert store.find("any") is None
    assert store.newest("acme", KeyKind.TENANT) is None
    assert (store.key_encryption_key(), list(store.stored()), list(store.operations())) == ("", [], [])


def test_a_key_comes_back_as_it_was_added(store: KeyStore) -> None:
    filled(store)
    assert store.find("tenant-acme--1") == key()
    assert store.newest("acme", KeyKind.SUBJECT, "s2") == subject("s2")
    assert store.newest("nord", KeyKind.SUBJECT, "s2") is None
    assert store.newest("acme", KeyKind.SUBJECT) is None
    assert {each.key_id for each in store.stored("nord")} == {
        "tenant-nord--1",
        "digest-nord--1",
        "subject-nord-s1-1",
    }
    assert len(list(store.stored())) == 7


def test_of_two_that_add_a_version_both_get_the_first(store: KeyStore) -> None:
    first, second = key(key_id="first"), key(key_id="second")
    assert store.add(first) == first
    assert store.add(second) == first
    assert store.find("second") is None


def test_of_many_that_add_a_version_at_once_all_get_one(store: KeyStore) -> None:
    store.add(key())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: store.add(subject(key_id=f"k{number}")), range(64)))
    assert len({each.key_id for each in found if each is not None}) == 1
    assert None not in found


def test_the_newest_version_is_the_highest(store: KeyStore) -> None:
    for version in range(1, 12):
        assert store.add(key(version=version)) is not None
    assert store.newest("acme", KeyKind.TENANT) == key(version=11)


def test_the_first_key_encryption_key_stays_in_force(store: KeyStore) -> None:
    store.add(key())
    assert store.key_encryption_key() == ROOT
    assert store.add(key(KeyKind.DIGEST, wrapped_by="root-2")) is None
    assert store.newest("acme", KeyKind.DIGEST) is None
    assert store.key_encryption_key() == ROOT


def test_a_subjects_key_needs_a_tenants_key_that_is_there(store: KeyStore) -> None:
    assert store.add(subject()) is None
    store.add(key())
    assert store.add(subject()) == subject()
    store.destroy("acme", "", done(KeyAct.DESTROY_TENANT))
    assert store.add(subject("s2")) is None


def test_an_erasure_is_remembered_for_its_subject_and_a_tenants_for_all_of_it(store: KeyStore) -> None:
    filled(store)
    assert store.erased_at("acme", "s1") is None
    store.destroy("acme", "s1", done(KeyAct.DESTROY_SUBJECT, name="s1"))
    store.add(subject("s1", version=2))
    assert (store.erased_at("acme", "s1"), store.erased_at("acme", "s2")) == (LATER, None)
    assert (store.erased_at("acme"), store.erased_at("nord", "s1")) == (None, None)

    again = LATER + timedelta(microseconds=1)
    store.destroy("acme", "", replace(done(KeyAct.DESTROY_TENANT), at=again))

    assert {store.erased_at("acme", name) for name in ("", "s1", "s2", "s3")} == {again}
    assert store.erased_at("nord") is None


def test_a_rotation_adds_a_version_and_is_recorded(store: KeyStore) -> None:
    filled(store)
    before = store.changes()
    assert store.rotate(key(version=2), done())
    assert store.newest("acme", KeyKind.TENANT) == key(version=2)
    assert store.find("tenant-acme--1") == key()
    assert list(store.operations()) == [RecordedOperation(done(), 1)]
    assert store.changes() != before


def test_a_rotation_that_came_second_changes_nothing(store: KeyStore) -> None:
    filled(store)
    before = store.changes()
    assert not store.rotate(key(key_id="late"), done())
    assert not store.rotate(key(version=2, wrapped_by="root-2"), done())
    assert store.newest("acme", KeyKind.TENANT) == key()
    assert (store.changes(), list(store.operations())) == (before, [])


def test_rewrapping_replaces_what_is_under_the_key_encryption_key(store: KeyStore) -> None:
    filled(store)
    store.destroy("nord", "", done(KeyAct.DESTROY_TENANT, "nord"))
    before = store.changes()
    operation = done(KeyAct.REWRAP, "")
    assert store.rewrap("root-2", lambda each: b"again " + each.wrapped, operation) == 2
    assert store.key_encryption_key() == "root-2"
    assert store.find("tenant-acme--1") == key(wrapped=b"again \x00wrapped", wrapped_by="root-2")
    assert store.find("subject-acme-s1-1") == subject()
    destroyed = store.find("tenant-nord--1")
    assert destroyed is not None
    assert destroyed.wrapped == b""
    assert store.operations()[-1] == RecordedOperation(operation, 2)
    assert store.changes() != before
    assert store.add(key(tenant="new")) is None


def test_rewrapping_that_fails_leaves_all_as_it_was(store: KeyStore) -> None:
    filled(store)
    before, keys = store.changes(), list(store.stored())

    def fails_late(each: StoredKey) -> bytes:
        if each.tenant == "nord":
            raise LookupError
        return b"again"

    with pytest.raises(LookupError):
        store.rewrap("root-2", fails_late, done(KeyAct.REWRAP))
    assert (store.changes(), list(store.stored()), store.key_encryption_key()) == (before, keys, ROOT)


@pytest.mark.parametrize(
    ("name", "erased"),
    [
        ("s1", {"subject-acme-s1-1", "subject-acme-s1-2"}),
        (
            "",
            {
                "tenant-acme--1",
                "digest-acme--1",
                "subject-acme-s1-1",
                "subject-acme-s1-2",
                "subject-acme-s2-1",
            },
        ),
    ],
)
def test_what_is_destroyed_has_no_key_material_left(store: KeyStore, name: str, erased: set[str]) -> None:
    filled(store)
    store.add(subject(version=2))
    before = store.changes()
    operation = done(KeyAct.DESTROY_TENANT if not name else KeyAct.DESTROY_SUBJECT, "acme", name)

    assert store.destroy("acme", name, operation) == len(erased)

    assert {each.key_id for each in store.stored() if each.destroyed} == erased
    assert {each.key_id for each in store.stored() if not each.wrapped} == erased
    assert {each.destroyed_at for each in store.stored()} == {None, LATER}
    assert list(store.operations()) == [RecordedOperation(operation, len(erased))]
    assert store.changes() != before


def test_what_is_not_there_is_not_destroyed(store: KeyStore) -> None:
    filled(store)
    before = store.changes()
    for tenant, name in (("acme", "s3"), ("other", ""), ("other", "s1")):
        assert store.destroy(tenant, name, done(KeyAct.DESTROY_SUBJECT, tenant, name)) == 0
    store.destroy("acme", "s1", done(KeyAct.DESTROY_SUBJECT, "acme", "s1"))
    assert store.destroy("acme", "s1", done(KeyAct.DESTROY_SUBJECT, "acme", "s1")) == 0
    assert len(store.operations()) == 1
    assert store.changes() != before


def test_who_was_destroyed_comes_back_with_another_version(store: KeyStore) -> None:
    filled(store)
    store.destroy("acme", "s1", done(KeyAct.DESTROY_SUBJECT, "acme", "s1"))
    newest = store.newest("acme", KeyKind.SUBJECT, "s1")
    assert newest is not None
    assert newest.destroyed
    assert store.add(subject(version=2)) == subject(version=2)


def test_a_tenant_that_returns_while_it_is_destroyed_keeps_its_new_keys(store: KeyStore) -> None:
    filled(store)
    store.destroy("acme", "", done(KeyAct.DESTROY_TENANT))
    store.add(key(version=2))
    back = subject("s1", version=2, wrapped_by="tenant-acme--2")
    assert store.add(back) == back
    assert store.find(back.key_id) == back
    assert store.find("subject-acme-s2-1") != subject("s2")


@pytest.mark.parametrize("act", ["add", "find", "newest"])
def test_adding_and_reading_change_no_key_that_is_remembered(store: KeyStore, act: str) -> None:
    filled(store)
    before = store.changes()
    acts: dict[str, Callable[[], object]] = {
        "add": lambda: store.add(subject("s9")),
        "find": lambda: store.find("tenant-acme--1"),
        "newest": lambda: store.newest("acme", KeyKind.TENANT),
    }
    acts[act]()
    assert store.changes() == before


def test_of_many_none_is_left_out(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BATCH", 4)
    monkeypatch.setattr(sqlite, "_ERASED_AT_ONCE", 4)
    store.add(key())
    for number in range(15):
        store.add(subject(f"s{number}"))
    assert len({each.key_id for each in store.stored("acme")}) == 16
    assert store.destroy("acme", "", done(KeyAct.DESTROY_TENANT)) == 16
    assert all(each.destroyed for each in store.stored())
