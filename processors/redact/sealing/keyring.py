"""The keys of tenants and data subjects: made at random, kept wrapped, unwrapped for as long as they are used.

| key | of | wrapped under | rotated | destroyed with |
|---|---|---|---|---|
| tenant | a tenant, versions | the key-encryption key | on request | the tenant |
| digest | a tenant, one | the key-encryption key | never: placeholders stay the same | the tenant |
| subject | a tenant's principal, versions | the tenant's key in force | with it, at the next sealing | tenant or subject |

Each is 32 bytes from the operating system. A subject is known to the store by HMAC-SHA-256 (FIPS 198-1) of its id under
the tenant's digest key, so that a tenant's destroyed digest key leaves nothing to recognise anybody by. Destroying a
tenant's key makes all keys beneath it unreadable at once, however many there are.

What is left of a destroyed key says when that was. What was published before is sealed under no later key: a record that
is read again, or was not read yet, brings nothing back. Who publishes later has new keys.

Unwrapped keys are remembered up to a number and for a time, and the store is asked before every use whether any was
rotated or destroyed since. So a destruction holds from the moment the store has it, in every worker; a store that cannot
be asked opens nothing.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from processors.redact.framing import frame
from processors.redact.sealing.wrapping import KEY_BYTES, KeyEncryptionKeys, WrappingKey, unwrap, wrap
from schemas.errors import Retryable, Unprocessable
from schemas.keys import KeyKind, StoredKey
from schemas.ports import KeyStore

REMEMBERED_KEYS = 10_000
REMEMBERED_SECONDS = 300.0
_TRIES = 5
_RESTLESS = "the keys were rotated or destroyed again and again while one was asked for"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DataKey:
    """A subject's key, ready to be used.

    Attributes:
        erased_at: when keys of the subject or its tenant were last destroyed; this one was made since.
    """

    key_id: str
    version: int
    cipher: AESGCM = field(repr=False)
    erased_at: datetime | None = None


@dataclass
class Keyring:
    """Finds keys and, where it is asked to seal, makes what is missing. Safe to be used from several threads.

    Attributes:
        capacity: unwrapped keys remembered; the one remembered for longest is forgotten.
        seconds: for how long each is remembered.
        clock: monotonic seconds.

    Raises:
        Retryable: `vault_key_missing` from every method, when a key is not in the store or not under a
            key-encryption key at hand; and whatever the store raises.
        Unprocessable: `vault_key_destroyed` from every method that does not make keys.
    """

    store: KeyStore
    key_encryption_keys: KeyEncryptionKeys
    capacity: int = REMEMBERED_KEYS
    seconds: float = REMEMBERED_SECONDS
    clock: Callable[[], float] = time.monotonic
    _known: dict[Hashable, tuple[float, object]] = field(default_factory=dict, repr=False)
    _changes: int = -1
    _lock: Lock = field(default_factory=Lock, repr=False)

    def ensure_digest_key(self, tenant: str) -> bytes:
        """Return the tenant's digest key; make it if there is none, or none any more."""
        return self._remembered(
            ("digest", tenant), lambda: self._unwrapped(self._ensured(KeyKind.DIGEST, tenant))
        )

    def digest_key(self, tenant: str) -> bytes:
        """Return the tenant's digest key."""
        return self._remembered(("digest", tenant), lambda: self._unwrapped(self._existing(tenant)))

    def sealing_key(self, tenant: str, subject_id: str, published_at: datetime) -> DataKey:
        """Return the key that a data subject's values are sealed under now; make it if need be.

        Args:
            published_at: when the values were published.

        Raises:
            Unprocessable: `subject_erased` if keys of the subject or its tenant were destroyed since.
        """
        key = self._remembered(
            ("seal", tenant, subject_id), lambda: self._sealing_key(tenant, subject_id, published_at)
        )
        _refuse_erased(published_at, key.erased_at)
        return key

    def is_ready(self, tenant: str, subject_id: str) -> bool:
        """Whether the key to seal under is remembered, so that it is had in microseconds."""
        return ("seal", tenant, subject_id) in self._known

    def opening_key(self, tenant: str, subject_id: str, key_id: str) -> DataKey:
        """Return the key that a data subject's values were sealed under.

        Raises:
            Unprocessable: also `forged_placeholder`, if that key is another tenant's or another subject's.
        """
        return self._remembered(
            ("open", tenant, subject_id, key_id), lambda: self._opening_key(tenant, subject_id, key_id)
        )

    def subject_digest(self, tenant: str, subject_id: str) -> str:
        """Return what a data subject is called in the store."""
        return _subject_digest(self.digest_key(tenant), subject_id)

    def new_tenant_key(self, tenant: str, version: int) -> StoredKey:
        """Return a tenant's key that is not in the store yet."""
        return _made(KeyKind.TENANT, tenant, "", version, self._root())

    def _sealing_key(self, tenant: str, subject_id: str, published_at: datetime) -> DataKey:
        """The parent is read first: if it still stands when its child is added, nothing read between was destroyed.

        For what is refused no key is made; and a destruction while one was made is seen afterwards.
        """
        _refuse_erased(published_at, self.store.erased_at(tenant))
        for _ in range(_TRIES):
            parent = self._wrapping(self._ensured(KeyKind.TENANT, tenant))
            digest_key = self._unwrapped(self._ensured(KeyKind.DIGEST, tenant))
            subject = _subject_digest(digest_key, subject_id)
            _refuse_erased(published_at, self.store.erased_at(tenant, subject))
            found = self._current(KeyKind.SUBJECT, tenant, subject, parent)
            if found is not None and found.wrapped_by == parent.key_id:
                return replace(_data_key(found, parent), erased_at=self.store.erased_at(tenant, subject))
        raise Retryable("vault_key_missing", _RESTLESS)

    def _opening_key(self, tenant: str, subject_id: str, key_id: str) -> DataKey:
        key = _usable(self.store.find(key_id))
        if key.kind is not KeyKind.SUBJECT or key.tenant != tenant:
            raise Unprocessable("forged_placeholder", "the value was sealed for another tenant")
        parent = self._wrapping(_usable(self.store.find(key.wrapped_by)))
        digest_key = self._unwrapped(self._existing(tenant))
        if not hmac.compare_digest(key.subject, _subject_digest(digest_key, subject_id)):
            raise Unprocessable("forged_placeholder", "the value was sealed for another data subject")
        return _data_key(key, parent)

    def _existing(self, tenant: str) -> StoredKey:
        return _usable(self.store.newest(tenant, KeyKind.DIGEST))

    def _ensured(self, kind: KeyKind, tenant: str) -> StoredKey:
        for _ in range(_TRIES):
            found = self._current(kind, tenant, "", self._root())
            if found is not None:
                return found
        raise Retryable("vault_key_missing", _RESTLESS)

    def _current(self, kind: KeyKind, tenant: str, subject: str, parent: WrappingKey) -> StoredKey | None:
        """Return the newest version, a new one if that is destroyed or from before a rotation; None if overtaken."""
        newest = self.store.newest(tenant, kind, subject)
        if newest is not None and not newest.destroyed and newest.wrapped_by == parent.key_id:
            return newest
        version = newest.version + 1 if newest else 1
        added = self.store.add(_made(kind, tenant, subject, version, parent))
        return None if added is None or added.destroyed else added

    def _root(self) -> WrappingKey:
        in_force = self.store.key_encryption_key()
        return self.key_encryption_keys.of(in_force) if in_force else self.key_encryption_keys.current

    def _unwrapped(self, key: StoredKey) -> bytes:
        return unwrap(self.key_encryption_keys.of(key.wrapped_by).cipher, key)

    def _wrapping(self, key: StoredKey) -> WrappingKey:
        return WrappingKey(key.key_id, AESGCM(self._unwrapped(key)))

    def _remembered(self, name: Hashable, find: Callable[[], T]) -> T:
        """Return what was found under a name before, unless a key was rotated or destroyed since, or it is too old.

        Nothing is locked while the store is searched or written: who only reads does not wait for who makes a key.
        """
        changes, now = self.store.changes(), self.clock()
        with self._lock:
            self._forget(changes, now)
            if name in self._known:
                return self._known[name][1]  # type: ignore[return-value]
        found = find()
        with self._lock:
            if changes == self._changes:
                self._known[name] = (now + self.seconds, found)
        return found

    def _forget(self, changes: int, now: float) -> None:
        """Drop what may no longer be used: everything after a change, what is too old, and the oldest of too many."""
        if changes != self._changes:
            self._known.clear()
            self._changes = changes
        while self._known:
            name, (until, _) = next(iter(self._known.items()))
            if until > now and len(self._known) < self.capacity:
                break
            del self._known[name]


def _refuse_erased(published_at: datetime, erased_at: datetime | None) -> None:
    if erased_at is not None and published_at <= erased_at:
        raise Unprocessable(
            "subject_erased", "it was published before the keys of its data subject were destroyed"
        )


def _usable(key: StoredKey | None) -> StoredKey:
    if key is None:
        raise Retryable("vault_key_missing", "the key store has no such key")
    if key.destroyed:
        raise Unprocessable("vault_key_destroyed", "the key was destroyed, and all that was sealed under it")
    return key


def _made(kind: KeyKind, tenant: str, subject: str, version: int, parent: WrappingKey) -> StoredKey:
    """Return a new random key, wrapped."""
    key_id, now = secrets.token_hex(16), datetime.now(UTC)
    blank = StoredKey(key_id, kind, tenant, subject, version, parent.key_id, b"", now)
    return replace(blank, wrapped=wrap(parent.cipher, blank, secrets.token_bytes(KEY_BYTES)))


def _data_key(key: StoredKey, parent: WrappingKey) -> DataKey:
    return DataKey(key.key_id, key.version, AESGCM(unwrap(parent.cipher, key)))


def _subject_digest(digest_key: bytes, subject_id: str) -> str:
    return hmac.digest(digest_key, frame("subject", subject_id), "sha256").hex()
