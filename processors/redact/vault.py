"""Sealing originals: AES-256-GCM (NIST SP 800-38D) under keys derived by HKDF-SHA-256 (RFC 5869)."""

import base64
import binascii
import hmac
import os
from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from processors.redact import placeholders
from schemas.actions import Action
from schemas.codec import canonical
from schemas.envelope import Context
from schemas.errors import Retryable, Unprocessable
from schemas.requests import SealedValue, SealedVault

KEY_BYTES = 32
_NONCE_BYTES = 12


class AesVault:
    """The vault: one data key per tenant, one digest key per conversation, all derived from one key.

    Args:
        key_encryption_key: 32 random bytes. Whoever holds them can open every vault.

    Raises:
        ValueError: the key has another length.
    """

    def __init__(self, key_encryption_key: bytes) -> None:
        if len(key_encryption_key) != KEY_BYTES:
            raise ValueError(f"the key-encryption key needs {KEY_BYTES} bytes")
        self._key = key_encryption_key
        self.key_id = self._derive("key id").hex()[:16]

    def __repr__(self) -> str:
        return f"AesVault(key_id={self.key_id!r})"

    def placeholder(self, context: Context, entity: str, value: str) -> str:
        """Return the placeholder of a value: the same for the same value within a conversation."""
        key = self._derive("placeholder", context.tenant, context.conversation_id)
        subject = _frame(entity, placeholders.canonical(entity, value))
        return placeholders.compose(entity, hmac.new(key, subject, sha256).hexdigest())

    def seal(self, context: Context, values: Mapping[str, str]) -> SealedVault:
        """Encrypt originals by placeholder, each under a fresh nonce."""
        if not values:
            return SealedVault()
        cipher = AESGCM(self._derive("data", context.tenant))
        sealed = tuple(_seal(cipher, context, placeholder, value) for placeholder, value in values.items())
        return SealedVault(key_id=self.key_id, values=sealed)

    def open(self, context: Context, vault: SealedVault, placeholder: str) -> str:
        """Return one original.

        Raises:
            Unprocessable: `unknown_placeholder` if this vault has no such value, `forged_placeholder` if it was not
                sealed for this tenant, conversation and placeholder.
            Retryable: `vault_key_missing` if it was sealed under another key.
        """
        sealed = next((value for value in vault.values if value.placeholder == placeholder), None)
        if sealed is None:
            raise Unprocessable("unknown_placeholder", "this request's vault has no such value")
        if not hmac.compare_digest(vault.key_id.encode(), self.key_id.encode()):
            raise Retryable("vault_key_missing", "the vault was sealed under a key that is not at hand")
        original = _open(AESGCM(self._derive("data", context.tenant)), context, sealed)
        if original is None:
            raise Unprocessable("forged_placeholder", "the value was not sealed for this placeholder")
        return original

    def digest(self, context: Context, action: Action, vault: SealedVault) -> str:
        """Return the keyed digest of an action with the originals it refers to; equal in every redelivery.

        Raises:
            Unprocessable: as `open`.
        """
        body = canonical(action)
        issued = placeholders.found_in([body.decode()])
        originals = [self.open(context, vault, placeholder) for placeholder in issued]
        key = self._derive("digest", context.tenant, context.conversation_id)
        return hmac.new(key, _frame(body.decode(), *originals), sha256).hexdigest()

    def _derive(self, purpose: str, *scope: str) -> bytes:
        info = _frame("sluicegate vault 1", purpose, *scope)
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._key)


def _seal(cipher: AESGCM, context: Context, placeholder: str, value: str) -> SealedValue:
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = cipher.encrypt(nonce, value.encode(), _associated(context, placeholder))
    return SealedValue(placeholder=placeholder, nonce=_encoded(nonce), ciphertext=_encoded(ciphertext))


def _open(cipher: AESGCM, context: Context, sealed: SealedValue) -> str | None:
    try:
        nonce = base64.b64decode(sealed.nonce, validate=True)
        ciphertext = base64.b64decode(sealed.ciphertext, validate=True)
        return cipher.decrypt(nonce, ciphertext, _associated(context, sealed.placeholder)).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None


def _associated(context: Context, placeholder: str) -> bytes:
    return _frame(context.tenant, context.conversation_id, placeholder)


def _frame(*parts: str) -> bytes:
    """Join parts so that no other parts give the same bytes: each is preceded by its length."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
