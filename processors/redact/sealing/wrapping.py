"""Keys under keys: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce.

What a wrapped key is, whose and of which version is bound to it as associated data, so that a row of the key store that
was exchanged for another does not open. The 32 bytes that an operator provides are never used as they are: wrapping key
and key id are derived from them by HKDF-SHA-256 (RFC 5869).
"""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from processors.redact.framing import frame
from schemas.errors import Retryable
from schemas.keys import StoredKey

KEY_BYTES = 32
NONCE_BYTES = 12

_KEY_ID_CHARACTERS = 16


@dataclass(frozen=True)
class WrappingKey:
    """A key that other keys are wrapped under, ready to be used."""

    key_id: str
    cipher: AESGCM = field(repr=False)


def key_encryption_key(secret: bytes) -> WrappingKey:
    """Return the key at the root, which is not in the key store.

    Args:
        secret: 32 random bytes.

    Raises:
        ValueError: another length.
    """
    if len(secret) != KEY_BYTES:
        raise ValueError(f"the key-encryption key needs {KEY_BYTES} bytes")
    return WrappingKey(
        _derived(secret, "key id").hex()[:_KEY_ID_CHARACTERS], AESGCM(_derived(secret, "wrap"))
    )


@dataclass(frozen=True)
class KeyEncryptionKeys:
    """The key-encryption key to use and, while it is being changed, the one before it."""

    current: WrappingKey
    previous: WrappingKey | None = None

    def of(self, key_id: str) -> WrappingKey:
        """Return the one with this id.

        Raises:
            Retryable: `vault_key_missing`.
        """
        for key in (self.current, self.previous):
            if key is not None and key.key_id == key_id:
                return key
        raise Retryable("vault_key_missing", "the key store is under another key-encryption key")


def wrap(cipher: AESGCM, key: StoredKey, material: bytes) -> bytes:
    """Return a key encrypted, bound to what it is."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, material, _associated(key))


def unwrap(cipher: AESGCM, key: StoredKey) -> bytes:
    """Return a key in clear.

    Raises:
        Retryable: `vault_key_missing` if it was not wrapped under this key, or as another: the store is damaged.
    """
    try:
        return cipher.decrypt(key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:], _associated(key))
    except (InvalidTag, ValueError):
        pass
    raise Retryable("vault_key_missing", "a key in the key store does not unwrap")


def _associated(key: StoredKey) -> bytes:
    return frame("sluicegate key 1", key.kind, key.tenant, key.subject, str(key.version), key.key_id)


def _derived(secret: bytes, purpose: str) -> bytes:
    info = frame("sluicegate key-encryption key 1", purpose)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)
