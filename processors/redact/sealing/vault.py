"""Sealing originals: AES-256-GCM (NIST SP 800-38D), each value under a random 96-bit nonce and its data subject's key.

Tenant, conversation, placeholder, key and version are bound to a value as associated data, so that it opens nowhere else.
Placeholders and payload digests are HMAC-SHA-256 (FIPS 198-1) under the tenant's digest key, which no rotation changes:
they are the same in a redelivery, a replay and after a rotation. The keys are `processors.redact.sealing.keyring`'s.

Sealing makes keys that are missing; opening and digesting never do, so that a worker at the wrong key store holds what it
gets instead of judging it by keys of its own.
"""

import asyncio
import base64
import binascii
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from processors.redact import placeholders
from processors.redact.framing import frame
from processors.redact.sealing.keyring import DataKey, Keyring
from processors.redact.sealing.wrapping import NONCE_BYTES
from schemas.actions import Action
from schemas.codec import canonical
from schemas.envelope import Context
from schemas.errors import Unprocessable
from schemas.requests import SealedValue, SealedVault

_PSEUDONYM_CHARACTERS = 32


class AesVault:
    """The vault over a keyring. The data subject is the context's principal.

    Raises:
        Retryable: `vault_key_missing` and what the key store raises, from every method.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def prepare(self, context: Context) -> None:
        """Have the keys that sealing needs made or found in a thread, as a new one waits for the disk.

        Raises:
            Unprocessable: as `seal`.
        """
        if not self._keyring.is_ready(context.tenant, context.principal.id):
            await asyncio.to_thread(self._sealing_key, context)

    def placeholder(self, context: Context, entity: str, value: str) -> str:
        """Return the placeholder of a value: the same for the same value within a conversation."""
        key = self._keyring.ensure_digest_key(context.tenant)
        return placeholders.keyed(key, context.conversation_id, entity, value)

    def pseudonym(self, tenant: str, identifier: str) -> str:
        """Return 128 bits of the identifier's digest under the tenant's digest key, which no rotation changes."""
        digest = hmac.digest(
            self._keyring.ensure_digest_key(tenant), frame("pseudonym", identifier), "sha256"
        )
        return f"p-{digest.hex()[:_PSEUDONYM_CHARACTERS]}"

    def seal(self, context: Context, values: Mapping[str, str]) -> SealedVault:
        """Encrypt originals by placeholder, each under a fresh nonce.

        Raises:
            Unprocessable: `subject_erased` if they were published before keys of their data subject were destroyed.
        """
        if not values:
            self._keyring.ensure_digest_key(context.tenant)
            return SealedVault()
        key = self._sealing_key(context)
        empty = SealedVault(key_id=key.key_id, key_version=key.version)
        sealed = tuple(
            _seal(key.cipher, _associated(context, empty, name), name, value)
            for name, value in values.items()
        )
        return empty.model_copy(update={"values": sealed})

    def open(self, context: Context, vault: SealedVault, placeholder: str) -> str:
        """Return one original.

        Raises:
            Unprocessable: `unknown_placeholder` if this vault has no such value, `forged_placeholder` if it was not
                sealed for this tenant, principal, conversation and placeholder, `vault_key_destroyed` if its
                tenant's or principal's key was destroyed since.
        """
        sealed = next((value for value in vault.values if value.placeholder == placeholder), None)
        if sealed is None:
            raise Unprocessable("unknown_placeholder", "this request's vault has no such value")
        key = self._keyring.opening_key(context.tenant, context.principal.id, vault.key_id)
        original = _open(key.cipher, _associated(context, vault, placeholder), sealed)
        if original is None:
            raise Unprocessable("forged_placeholder", "the value was not sealed for this placeholder")
        return original

    def digest(self, context: Context, action: Action, vault: SealedVault) -> str:
        """Return the keyed digest of an action with the originals it refers to; equal in every redelivery.

        Raises:
            Unprocessable: as `open`.
        """
        body = canonical(action).decode()
        originals = [self.open(context, vault, placeholder) for placeholder in placeholders.found_in([body])]
        key = self._keyring.digest_key(context.tenant)
        message = frame("payload", context.conversation_id, body, *originals)
        return hmac.digest(key, message, "sha256").hex()

    def _sealing_key(self, context: Context) -> DataKey:
        return self._keyring.sealing_key(context.tenant, context.principal.id, context.received_at)


def _seal(cipher: AESGCM, associated: bytes, placeholder: str, value: str) -> SealedValue:
    nonce = os.urandom(NONCE_BYTES)
    ciphertext = cipher.encrypt(nonce, value.encode(), associated)
    return SealedValue(placeholder=placeholder, nonce=_encoded(nonce), ciphertext=_encoded(ciphertext))


def _open(cipher: AESGCM, associated: bytes, sealed: SealedValue) -> str | None:
    try:
        nonce = base64.b64decode(sealed.nonce, validate=True)
        ciphertext = base64.b64decode(sealed.ciphertext, validate=True)
        return cipher.decrypt(nonce, ciphertext, associated).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None


def _associated(context: Context, vault: SealedVault, placeholder: str) -> bytes:
    key = (vault.key_id, str(vault.key_version))
    return frame("sluicegate value 1", context.tenant, context.conversation_id, placeholder, *key)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
