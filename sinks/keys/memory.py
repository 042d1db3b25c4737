"""A key store that ends with its process, for tests and experiments: what was sealed is unreadable afterwards."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from schemas.keys import KeyKind, KeyOperation, RecordedOperation, StoredKey

_Scope = tuple[str, KeyKind, str]


@dataclass
class MemoryKeyStore:
    """Keeps wrapped keys in memory. Safe to be used from several threads."""

    _keys: dict[str, StoredKey] = field(default_factory=dict, repr=False)
    _versions: dict[_Scope, list[str]] = field(default_factory=dict, repr=False)
    _operations: list[RecordedOperation] = field(default_factory=list, repr=False)
    _root: str = ""
    _lock: Lock = field(default_factory=Lock, repr=False)

    def changes(self) -> int:
        return len(self._operations)

    def key_encryption_key(self) -> str:
        return self._root

    def find(self, key_id: str) -> StoredKey | None:
        return self._keys.get(key_id)

    def newest(self, tenant: str, kind: KeyKind, subject: str = "") -> StoredKey | None:
        versions = self._versions.get((tenant, kind, subject))
        return self._keys[versions[-1]] if versions else None

    def erased_at(self, tenant: str, subject: str = "") -> datetime | None:
        scopes = [(tenant, KeyKind.TENANT, ""), *([(tenant, KeyKind.SUBJECT, subject)] if subject else [])]
        versions = [self._keys[key_id] for scope in scopes for key_id in self._versions.get(scope, ())]
        return max((key.destroyed_at for key in versions if key.destroyed_at is not None), default=None)

    def add(self, key: StoredKey) -> StoredKey | None:
        with self._lock:
            return self._add(key)

    def rotate(self, key: StoredKey, operation: KeyOperation) -> bool:
        with self._lock:
            added = self._add(key) == key
            if added:
                self._operations.append(RecordedOperation(operation, 1))
            return added

    def rewrap(
        self, key_encryption_key: str, wrap: Callable[[StoredKey], bytes], operation: KeyOperation
    ) -> int:
        with self._lock:
            wrapped = {
                key.key_id: replace(key, wrapped=wrap(key), wrapped_by=key_encryption_key)
                for key in self._keys.values()
                if not key.destroyed and key.kind is not KeyKind.SUBJECT
            }
            self._keys.update(wrapped)
            self._root = key_encryption_key
            self._operations.append(RecordedOperation(operation, len(wrapped)))
            return len(wrapped)

    def destroy(self, tenant: str, subject: str, operation: KeyOperation) -> int:
        with self._lock:
            doomed = [
                key
                for key in self._keys.values()
                if key.tenant == tenant and subject in {"", key.subject} and not key.destroyed
            ]
            self._keys.update({key.key_id: _destroyed(key, operation.at) for key in doomed})
            if doomed:
                self._operations.append(RecordedOperation(operation, len(doomed)))
            return len(doomed)

    def stored(self, tenant: str = "") -> Iterator[StoredKey]:
        return (key for key in list(self._keys.values()) if tenant in {"", key.tenant})

    def operations(self) -> Sequence[RecordedOperation]:
        return tuple(self._operations)

    def _add(self, key: StoredKey) -> StoredKey | None:
        versions = self._versions.setdefault((key.tenant, key.kind, key.subject), [])
        if key.version <= len(versions):
            return self._keys[versions[key.version - 1]]
        if not self._in_force(key):
            return None
        self._keys[key.key_id] = key
        versions.append(key.key_id)
        return key

    def _in_force(self, key: StoredKey) -> bool:
        """Tell whether what wraps a key is in force; the first key-encryption key that wraps one is."""
        if key.kind is KeyKind.SUBJECT:
            parent = self._keys.get(key.wrapped_by)
            return parent is not None and not parent.destroyed
        self._root = self._root or key.wrapped_by
        return self._root == key.wrapped_by


def _destroyed(key: StoredKey, at: datetime) -> StoredKey:
    return replace(key, wrapped=b"", destroyed_at=at)
