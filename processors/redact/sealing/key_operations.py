"""What an operator does to keys: rotate, wrap again, destroy. Each is recorded in the key store with who did it and when.

Destroying erases values wherever their ciphertext has got to (crypto-erasure, NIST SP 800-88): topics, dead letters and
backups of them. What it does not reach: originals in `requests` and in the declared fields of `actions`, which keep their
topics' retention, and what downstream systems did with them.
"""

from datetime import UTC, datetime

from processors.redact.sealing.keyring import Keyring
from processors.redact.sealing.wrapping import KeyEncryptionKeys, unwrap, wrap
from schemas.errors import Retryable
from schemas.keys import KeyAct, KeyKind, KeyOperation, StoredKey
from schemas.ports import KeyStore

_TRIES = 5


def rotate(keyring: Keyring, tenant: str, by: str) -> int:
    """Give a tenant a new key, under which its subjects' next values are sealed; old versions open what they sealed.

    Returns:
        The version in force now, 0 if the tenant has no key to rotate.

    Raises:
        Retryable: as the keyring.
    """
    for _ in range(_TRIES):
        newest = keyring.store.newest(tenant, KeyKind.TENANT)
        if newest is None or newest.destroyed:
            return 0
        key = keyring.new_tenant_key(tenant, newest.version + 1)
        if keyring.store.rotate(key, _operation(by, KeyAct.ROTATE, tenant)):
            return key.version
    raise Retryable("key_store_unavailable", "others rotate the same key again and again")


def rewrap(store: KeyStore, key_encryption_keys: KeyEncryptionKeys, by: str) -> int:
    """Wrap all tenants' keys under the current key-encryption key, in one step; the previous one is needed to read them.

    Subjects' keys are wrapped under their tenants', so they stay as they are.

    Returns:
        How many were wrapped again, 0 if they are under the current one already.

    Raises:
        Retryable: `vault_key_missing` if they are under neither key; nothing has changed then.
    """
    current = key_encryption_keys.current
    if store.key_encryption_key() in {"", current.key_id}:
        return 0

    def again(key: StoredKey) -> bytes:
        material = unwrap(key_encryption_keys.of(key.wrapped_by).cipher, key)
        return wrap(current.cipher, key, material)

    return store.rewrap(current.key_id, again, _operation(by, KeyAct.REWRAP))


def destroy_tenant(store: KeyStore, tenant: str, by: str) -> int:
    """Destroy all keys of a tenant. Its values, placeholders and subjects cannot be told by anybody any more.

    Returns:
        How many keys were destroyed, 0 if there was none.
    """
    return store.destroy(tenant, "", _operation(by, KeyAct.DESTROY_TENANT, tenant))


def destroy_subject(keyring: Keyring, tenant: str, subject_id: str, by: str) -> int:
    """Destroy all keys of a data subject, a principal of the tenant's requests.

    Returns:
        How many keys were destroyed, 0 if there was none.

    Raises:
        Retryable: as the keyring: without the key-encryption key the subject cannot be found in the store.
    """
    subject = subject_of(keyring, tenant, subject_id)
    if not subject:
        return 0
    return keyring.store.destroy(tenant, subject, _operation(by, KeyAct.DESTROY_SUBJECT, tenant, subject))


def subject_of(keyring: Keyring, tenant: str, subject_id: str) -> str:
    """Return what a data subject is called in the store, empty if the tenant has no keys to tell by.

    Raises:
        Retryable: as the keyring.
    """
    newest = keyring.store.newest(tenant, KeyKind.DIGEST)
    if newest is None or newest.destroyed:
        return ""
    return keyring.subject_digest(tenant, subject_id)


def _operation(by: str, act: KeyAct, tenant: str = "", subject: str = "") -> KeyOperation:
    return KeyOperation(datetime.now(UTC), by, act, tenant, subject)
