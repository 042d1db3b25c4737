"""Keys of tenants and subjects: made once, rotated, wrapped again, destroyed, and never used past that."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.redact.sealing.key_operations import destroy_subject, destroy_tenant, rewrap, rotate
from processors.redact.sealing.keyring import Keyring
from processors.redact.sealing.vault import AesVault
from schemas.envelope import Principal
from schemas.errors import Retryable, Unprocessable
from schemas.keys import KeyAct, KeyKind, StoredKey
from schemas.ports import KeyStore
from schemas.requests import SealedVault
from sinks.keys.memory import MemoryKeyStore
from sinks.keys.sqlite import SqliteKeyStore
from tests.events import context, reply
from tests.processors.redact import samples
from tests.vaults import SECRET, roots

NEW = bytes(range(1, 33))
TENANT, SUBJECT = "acme-shop", "cust-1"
JANE = "<PERSON_0000000a>"
LATER = datetime.now(UTC) + timedelta(days=1)
"""After whatever these tests destroy."""

OURS = context(received_at=LATER)
OTHERS = context(received_at=LATER, principal=Principal(id="cust-2"))
BY = "ann@desk"


@pytest.fixture(params=["memory", "sqlite"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], KeyStore]]:
    """Give the same store to several workers: in memory the very object, in a file each its own connection."""
    one = MemoryKeyStore()
    opened: list[SqliteKeyStore] = []

    def connected() -> KeyStore:
        if request.param == "memory":
            return one
        opened.append(SqliteKeyStore(tmp_path / "keys.sqlite"))
        opened[-1].create()
        return opened[-1]

    yield connected
    for each in opened:
        each.close()


@pytest.fixture
def keys(connect: Callable[[], KeyStore]) -> Keyring:
    return Keyring(connect(), roots())


@pytest.fixture
def elsewhere(connect: Callable[[], KeyStore]) -> Keyring:
    """A keyring in another worker."""
    return Keyring(connect(), roots())


def sealed(keyring: Keyring, value: str = "Jane", by: object = OURS) -> SealedVault:
    return AesVault(keyring).seal(by, {JANE: value})  # type: ignore[arg-type]


def test_workers_agree_on_keys(keys: Keyring, elsewhere: Keyring) -> None:
    assert AesVault(keys).placeholder(OURS, "PERSON", "Jane") == AesVault(elsewhere).placeholder(
        OURS, "PERSON", "Jane"
    )
    assert (
        keys.sealing_key(TENANT, SUBJECT, LATER).key_id
        == elsewhere.sealing_key(TENANT, SUBJECT, LATER).key_id
    )
    assert AesVault(elsewhere).open(OURS, sealed(keys), JANE) == "Jane"


def test_workers_that_meet_a_subject_at_once_agree(connect: Callable[[], KeyStore]) -> None:
    rings = [Keyring(connect(), roots()) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(
            lambda number: rings[number % 4].sealing_key(TENANT, f"s{number // 16}", LATER), range(64)
        )
    assert len({key.key_id for key in found}) == 4
    assert len(list(rings[0].store.stored())) == 6


def test_tenants_and_subjects_have_keys_of_their_own(keys: Keyring) -> None:
    found = {
        keys.sealing_key(tenant, subject, LATER).key_id
        for tenant in ("a", "b")
        for subject in ("s1", "s2", TENANT)
    }
    assert len(found) == 6
    stored = list(keys.store.stored())
    assert len({key.wrapped for key in stored}) == len(stored) == 10


def test_the_store_knows_no_subject_by_name(keys: Keyring) -> None:
    keys.sealing_key(TENANT, SUBJECT, LATER)
    keys.sealing_key("nordwind", SUBJECT, LATER)
    subjects = [key.subject for key in keys.store.stored() if key.kind is KeyKind.SUBJECT]
    assert len(set(subjects)) == 2
    assert SUBJECT not in repr(list(keys.store.stored()))


def test_after_a_rotation_new_values_have_a_new_key_and_old_ones_open(
    keys: Keyring, elsewhere: Keyring
) -> None:
    vault = AesVault(elsewhere)
    before, placeholder = sealed(elsewhere), vault.placeholder(OURS, "PERSON", "Jane")
    digest = vault.digest(OURS, reply(JANE), before)

    assert rotate(keys, TENANT, BY) == 2
    after = sealed(elsewhere)

    assert (before.key_version, after.key_version) == (1, 2)
    assert before.key_id != after.key_id
    assert vault.open(OURS, before, JANE) == vault.open(OURS, after, JANE) == "Jane"
    assert vault.placeholder(OURS, "PERSON", "Jane") == placeholder
    assert vault.digest(OURS, reply(JANE), before) == vault.digest(OURS, reply(JANE), after) == digest


def test_a_rotation_touches_one_tenant_and_needs_one(keys: Keyring) -> None:
    first, other = keys.sealing_key(TENANT, SUBJECT, LATER), keys.sealing_key("nordwind", SUBJECT, LATER)
    assert rotate(keys, TENANT, BY) == 2
    assert rotate(keys, TENANT, BY) == 3
    assert keys.sealing_key(TENANT, SUBJECT, LATER).version == first.version + 1
    assert keys.sealing_key("nordwind", SUBJECT, LATER).key_id == other.key_id
    assert rotate(keys, "nobody", BY) == 0
    assert [done.operation.act for done in keys.store.operations()] == [KeyAct.ROTATE] * 2
    assert {done.operation.by for done in keys.store.operations()} == {BY}


def test_a_destroyed_subject_is_unreadable_everywhere_at_once(keys: Keyring, elsewhere: Keyring) -> None:
    theirs, others = sealed(elsewhere), sealed(elsewhere, "John", OTHERS)
    rotate(keys, TENANT, BY)
    later = sealed(elsewhere)
    vault = AesVault(elsewhere)
    assert vault.open(OURS, theirs, JANE) == "Jane"

    assert destroy_subject(keys, TENANT, SUBJECT, BY) == 2

    for each in (theirs, later):
        with pytest.raises(Unprocessable, match="vault_key_destroyed"):
            vault.open(OURS, each, JANE)
        with pytest.raises(Unprocessable, match="vault_key_destroyed"):
            vault.digest(OURS, reply(JANE), each)
    assert vault.open(OTHERS, others, JANE) == "John"
    assert len(vault.digest(OURS, reply("no value"), theirs)) == 64


def test_a_destroyed_tenant_is_unreadable_everywhere_at_once(keys: Keyring, elsewhere: Keyring) -> None:
    vault = AesVault(elsewhere)
    theirs, others = sealed(elsewhere), sealed(elsewhere, "John", context(tenant="nordwind"))
    placeholder = vault.placeholder(OURS, "PERSON", "Jane")
    vault.digest(OURS, reply("no value"), theirs)

    assert destroy_tenant(keys.store, TENANT, BY) == 3

    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        vault.open(OURS, theirs, JANE)
    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        vault.digest(OURS, reply("no value"), theirs)
    assert vault.open(context(tenant="nordwind"), others, JANE) == "John"
    assert vault.placeholder(OURS, "PERSON", "Jane") != placeholder


@pytest.mark.parametrize("whole", [True, False])
def test_who_was_destroyed_may_come_back_without_what_was(keys: Keyring, whole: bool) -> None:
    before = sealed(keys)
    if whole:
        destroy_tenant(keys.store, TENANT, BY)
    else:
        destroy_subject(keys, TENANT, SUBJECT, BY)

    after = sealed(keys, "Jane again")

    assert AesVault(keys).open(OURS, after, JANE) == "Jane again"
    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        AesVault(keys).open(OURS, before, JANE)
    assert (destroy_tenant if whole else _destroy_ours)(keys.store, TENANT, BY) > 0
    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        AesVault(keys).open(OURS, after, JANE)


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_published_before_an_erasure_is_sealed_by_nobody_after_it(
    keys: Keyring, elsewhere: Keyring, whole: bool
) -> None:
    earlier = context(received_at=datetime.now(UTC))
    sealed(keys, by=earlier)
    sealed(elsewhere, by=earlier)
    erased = destroy_tenant(keys.store, TENANT, BY) if whole else destroy_subject(keys, TENANT, SUBJECT, BY)
    assert erased > 0

    for ring in (keys, elsewhere):
        with pytest.raises(Unprocessable, match="subject_erased"):
            sealed(ring, by=earlier)
    assert all(key.destroyed for key in keys.store.stored(TENANT) if key.kind is KeyKind.SUBJECT)

    sealed(keys)  # who comes back has a key, under which what was is not sealed either
    rotate(keys, TENANT, BY)
    for ring in (keys, elsewhere):
        with pytest.raises(Unprocessable, match="subject_erased"):
            sealed(ring, by=earlier)
        assert sealed(ring, by=OURS).key_version > 1


def test_an_erasure_is_one_subjects_and_a_rotation_is_none(keys: Keyring) -> None:
    earlier = context(received_at=datetime.now(UTC))
    sealed(keys, by=earlier)
    destroy_subject(keys, TENANT, "cust-2", BY)
    destroy_tenant(keys.store, "nordwind", BY)
    rotate(keys, TENANT, BY)

    assert sealed(keys, by=earlier).key_version == 2


class _Erasing(MemoryKeyStore):
    """Somebody destroys the subject's keys while this worker makes it a new one."""

    armed = False

    def add(self, key: StoredKey) -> StoredKey | None:
        if self.armed and key.kind is KeyKind.SUBJECT:
            self.armed = False
            assert destroy_subject(Keyring(self, roots()), TENANT, SUBJECT, BY) == 1
        return super().add(key)


def test_an_erasure_while_a_key_is_made_is_noticed() -> None:
    store = _Erasing()
    ring = Keyring(store, roots())
    earlier = context(received_at=datetime.now(UTC))
    sealed(ring, by=earlier)
    rotate(ring, TENANT, BY)  # so that the next sealing makes a key
    store.armed = True

    with pytest.raises(Unprocessable, match="subject_erased"):
        sealed(ring, by=earlier)


def _destroy_ours(store: KeyStore, tenant: str, by: str) -> int:
    return destroy_subject(Keyring(store, roots()), tenant, SUBJECT, by)


def test_a_subject_whose_tenants_key_is_gone_is_destroyed_before_its_own_key_is() -> None:
    """A large tenant's subjects are erased in parts, after its own keys."""
    store = MemoryKeyStore()
    before = sealed(Keyring(store, roots()))
    parent = store.newest(TENANT, KeyKind.TENANT)
    assert parent is not None
    store._keys[parent.key_id] = replace(parent, wrapped=b"", destroyed_at=parent.created_at)
    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        AesVault(Keyring(store, roots())).open(OURS, before, JANE)


@pytest.mark.parametrize("kind", [KeyKind.TENANT, KeyKind.DIGEST])
def test_a_tenants_own_key_opens_no_value(keys: Keyring, kind: KeyKind) -> None:
    keys.sealing_key(TENANT, SUBJECT, LATER)
    own = keys.store.newest(TENANT, kind)
    assert own is not None
    with pytest.raises(Unprocessable, match="forged_placeholder"):
        keys.opening_key(TENANT, SUBJECT, own.key_id)


def test_nothing_to_destroy_is_no_error(keys: Keyring) -> None:
    assert destroy_subject(keys, TENANT, SUBJECT, BY) == 0
    keys.sealing_key(TENANT, "cust-2", LATER)
    assert destroy_subject(keys, TENANT, SUBJECT, BY) == 0
    assert destroy_tenant(keys.store, "nobody", BY) == 0
    assert destroy_tenant(keys.store, TENANT, BY) == 3
    assert rotate(keys, TENANT, BY) == destroy_subject(keys, TENANT, SUBJECT, BY) == 0
    assert len(keys.store.operations()) == 1


def test_the_key_encryption_key_is_changed_while_workers_run(connect: Callable[[], KeyStore]) -> None:
    old = Keyring(connect(), roots())
    before = sealed(old)
    both = Keyring(connect(), roots(NEW, SECRET))
    assert AesVault(both).open(OURS, before, JANE) == "Jane"
    assert AesVault(old).open(OTHERS, sealed(both, "John", OTHERS), JANE) == "John"

    assert rewrap(connect(), roots(NEW, SECRET), BY) == 2
    assert rewrap(connect(), roots(NEW, SECRET), BY) == 0

    for keyring in (both, Keyring(connect(), roots(NEW))):
        assert AesVault(keyring).open(OURS, before, JANE) == "Jane"
        assert sealed(keyring).key_id == before.key_id
    with pytest.raises(Retryable, match="vault_key_missing"):
        AesVault(old).open(OURS, before, JANE)
    with pytest.raises(Retryable, match="vault_key_missing"):
        old.sealing_key("new-tenant", SUBJECT, LATER)


def test_rewrapping_needs_both_keys(keys: Keyring) -> None:
    assert rewrap(keys.store, roots(NEW), BY) == 0
    keys.sealing_key(TENANT, SUBJECT, LATER)
    with pytest.raises(Retryable, match="vault_key_missing"):
        rewrap(keys.store, roots(NEW), BY)
    with pytest.raises(Retryable, match="vault_key_missing"):
        rewrap(keys.store, roots(NEW, bytes(32)), BY)
    assert AesVault(keys).open(OURS, sealed(keys), JANE) == "Jane"
    assert list(keys.store.operations()) == []


def test_with_another_key_encryption_key_nothing_is_made_or_opened(connect: Callable[[], KeyStore]) -> None:
    right, wrong = Keyring(connect(), roots()), Keyring(connect(), roots(NEW))
    before = sealed(right)
    count = len(list(right.store.stored()))
    for use in (
        lambda: wrong.opening_key(TENANT, SUBJECT, before.key_id),
        lambda: wrong.sealing_key(TENANT, SUBJECT, LATER),
        lambda: wrong.sealing_key("new-tenant", SUBJECT, LATER),
        lambda: wrong.ensure_digest_key("new-tenant"),
    ):
        with pytest.raises(Retryable, match="vault_key_missing"):
            use()
    assert len(list(right.store.stored())) == count


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_put_in_anothers_place_does_not_open(kind: KeyKind) -> None:
    store = MemoryKeyStore()
    mine = sealed(Keyring(store, roots()))
    sealed(Keyring(store, roots()), "John", OTHERS)
    Keyring(store, roots()).sealing_key("nordwind", SUBJECT, LATER)
    sources = {
        KeyKind.SUBJECT: [key for key in store.stored(TENANT) if key.kind is kind],
        KeyKind.TENANT: [key for key in store.stored() if key.kind is kind],
        KeyKind.DIGEST: [key for key in store.stored() if key.kind is kind],
    }[kind]
    first, second = sources[:2]
    store._keys[first.key_id] = replace(first, wrapped=second.wrapped)
    with pytest.raises(Retryable, match="does not unwrap"):
        AesVault(Keyring(store, roots())).open(OURS, mine, JANE)


class Counted(MemoryKeyStore):
    """Counts how often keys are read."""

    reads = 0
    away = False

    def find(self, key_id: str) -> StoredKey | None:
        self.reads += 1
        return super().find(key_id)

    def changes(self) -> int:
        if self.away:
            raise Retryable("key_store_unavailable")
        return super().changes()


def test_keys_are_remembered_for_a_time_and_up_to_a_number() -> None:
    moment = [0.0]
    store = Counted()
    keys = Keyring(store, roots(), capacity=4, seconds=10, clock=lambda: moment[0])
    ids = {name: keys.sealing_key(TENANT, name, LATER).key_id for name in ("s1", "s2", "s3", "s4", "s5")}

    def reads(name: str) -> int:
        before = store.reads
        keys.opening_key(TENANT, name, ids[name])
        return store.reads - before

    assert (reads("s1"), reads("s1")) == (2, 0)
    moment[0] = 9.0
    assert reads("s1") == 0
    moment[0] = 10.0
    assert (reads("s1"), reads("s1")) == (2, 0)
    for name in ("s2", "s3", "s4", "s5"):
        reads(name)
    assert len(keys._known) <= 4
    assert reads("s1") == 2


def test_what_is_too_old_is_dropped_and_not_only_unused() -> None:
    moment = [0.0]
    keys = Keyring(MemoryKeyStore(), roots(), seconds=10, clock=lambda: moment[0])
    keys.sealing_key(TENANT, "s1", LATER)
    moment[0] = 11.0
    keys.sealing_key(TENANT, "s2", LATER)
    assert [name for name in keys._known if "s1" in str(name)] == []


def test_a_store_that_cannot_be_asked_opens_and_seals_nothing_remembered() -> None:
    store = Counted()
    keys = Keyring(store, roots())
    before = sealed(keys)
    vault = AesVault(keys)
    vault.open(OURS, before, JANE)
    store.away = True
    for use in (
        lambda: vault.open(OURS, before, JANE),
        lambda: vault.seal(OURS, {JANE: "Jane"}),
        lambda: vault.placeholder(OURS, "PERSON", "Jane"),
        lambda: vault.digest(OURS, reply("no value"), before),
    ):
        with pytest.raises(Retryable, match="key_store_unavailable"):
            use()
    store.away = False
    assert vault.open(OURS, before, JANE) == "Jane"


async def test_a_request_is_not_redacted_without_its_key_store() -> None:
    """Not even one in which there is nothing to seal."""
    store = Counted()
    redact = replace(samples.stage(), vault=AesVault(Keyring(store, roots())))
    texts = ("I am ada@example.com", "Where is it?")
    for text in texts:
        assert "@" not in (await redact(samples.published(text=text))).content.text
    store.away = True
    for text in texts:
        with pytest.raises(Retryable, match="key_store_unavailable"):
            await redact(samples.published(text=text))


class Racing(MemoryKeyStore):
    """Somebody destroys the tenant between this worker's reading its key and adding a subject's."""

    races = 1

    def add(self, key: StoredKey) -> StoredKey | None:
        if key.kind is KeyKind.SUBJECT and self.races:
            self.races -= 1
            destroy_tenant(self, key.tenant, BY)
        return super().add(key)


def test_a_destruction_amid_a_creation_is_overtaken_by_a_new_key() -> None:
    keys = Keyring(Racing(), roots())
    assert AesVault(keys).open(OURS, sealed(keys), JANE) == "Jane"


class Overtaking(MemoryKeyStore):
    """Another worker makes the same version, and it is destroyed, between this worker's reading and adding."""

    races = 1

    def add(self, key: StoredKey) -> StoredKey | None:
        if key.kind is KeyKind.SUBJECT and self.races:
            self.races -= 1
            destroyed = replace(key, key_id="theirs", wrapped=b"", destroyed_at=key.created_at)
            super().add(destroyed)
        return super().add(key)


def test_a_version_that_was_made_and_destroyed_by_others_is_passed_over() -> None:
    keys = Keyring(Overtaking(), roots())
    assert keys.sealing_key(TENANT, SUBJECT, LATER).version == 2


class Interrupted(MemoryKeyStore):
    """While a key is read here, it is destroyed, and another thread notices that first."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def newest(self, tenant: str, kind: KeyKind, subject: str = "") -> StoredKey | None:
        found = super().newest(tenant, kind, subject)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return found


def test_what_was_read_before_a_destruction_is_not_remembered_after_it() -> None:
    store = Interrupted()
    keys = Keyring(store, roots())
    for tenant in (TENANT, "nordwind"):
        Keyring(store, roots()).ensure_digest_key(tenant)

    def meanwhile() -> None:
        destroy_tenant(store, TENANT, BY)
        keys.digest_key("nordwind")

    store.meanwhile = meanwhile
    keys.digest_key(TENANT)

    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        keys.digest_key(TENANT)


def test_a_store_in_which_keys_vanish_again_and_again_holds_the_event() -> None:
    store = Racing()
    store.races = 99
    with pytest.raises(Retryable, match="vault_key_missing"):
        sealed(Keyring(store, roots()))
