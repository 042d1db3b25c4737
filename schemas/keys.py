"""The keys of the vault as a key store holds them: wrapped, never in clear."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class KeyKind(StrEnum):
    """What a key is for.

    Attributes:
        TENANT: wraps the keys of a tenant's data subjects; rotated on request.
        DIGEST: keys a tenant's placeholders, payload digests and subject digests; never rotated, or they would change.
        SUBJECT: encrypts the originals of one data subject.
    """

    TENANT = "tenant"
    DIGEST = "digest"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A wrapped key, or what is left of one: once destroyed it stays as a record without key material.

    Attributes:
        subject: keyed digest (HMAC-SHA-256, hexadecimal) of a data subject's id; empty for a tenant's own keys.
        version: counts up from 1 within tenant, kind and subject; the newest one seals.
        wrapped_by: id of the key it is wrapped under: the key-encryption key, or for a subject the tenant's.
        wrapped: nonce, ciphertext and tag of AES-256-GCM; empty once destroyed.
    """

    key_id: str
    kind: KeyKind
    tenant: str
    subject: str
    version: int
    wrapped_by: str
    wrapped: bytes = field(repr=False)
    created_at: datetime
    destroyed_at: datetime | None = None

    @property
    def destroyed(self) -> bool:
        return self.destroyed_at is not None


class KeyAct(StrEnum):
    """What an operator can do to keys."""

    ROTATE = "rotate"
    REWRAP = "rewrap"
    DESTROY_TENANT = "destroy_tenant"
    DESTROY_SUBJECT = "destroy_subject"


@dataclass(frozen=True, slots=True)
class KeyOperation:
    """A line of the key store's own record: who did what to which keys, and when. It names no person and no value.

    Attributes:
        by: the operator, as the command was told or the machine knows them.
        tenant: empty when all tenants were meant.
        subject: keyed digest of the data subject's id, empty when none was named.
    """

    at: datetime
    by: str
    act: KeyAct
    tenant: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class RecordedOperation:
    """An operation and how many keys it made, wrapped again or destroyed."""

    operation: KeyOperation
    keys: int
