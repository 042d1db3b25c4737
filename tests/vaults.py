"""Vaults over a key store in memory."""

from processors.redact.sealing.keyring import Keyring
from processors.redact.sealing.vault import AesVault
from processors.redact.sealing.wrapping import KeyEncryptionKeys, key_encryption_key
from schemas.ports import KeyStore
from sinks.keys.memory import MemoryKeyStore

SECRET = bytes(range(32))
TENANTS = ("acme-shop", "nordwind")


def roots(secret: bytes = SECRET, previous: bytes | None = None) -> KeyEncryptionKeys:
    """Return key-encryption keys made of these bytes."""
    return KeyEncryptionKeys(
        key_encryption_key(secret), None if previous is None else key_encryption_key(previous)
    )


def keyring(store: KeyStore | None = None, secret: bytes = SECRET) -> Keyring:
    """Return a keyring over a store, by default an empty one of its own."""
    return Keyring(store or MemoryKeyStore(), roots(secret))


def vault(store: KeyStore | None = None) -> AesVault:
    """Return a vault in which the tests' tenants have their own keys, as they have once redact has seen a request."""
    ring = keyring(store)
    for tenant in TENANTS:
        ring.ensure_digest_key(tenant)
    return AesVault(ring)
