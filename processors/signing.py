"""Signatures on what leaves the line: Ed25519 (RFC 8032) over the message's canonical JSON.

Left out are the signature itself and `work`, the record of how long the stage took: it is no part of what is vouched
for, and is known only when the work, signing included, is done.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.codec import canonical
from schemas.endings import ActionPublished, Signature
from schemas.envelope import Work
from schemas.ports import Signer


class Ed25519Signer:
    """Signs with one private key; the key id is the start of the public key's SHA-256.

    Args:
        seed: the 32 bytes of the private key.
    """

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = hashlib.sha256(self.public_key).hexdigest()[:16]

    def sign(self, payload: bytes) -> Signature:
        """Sign canonical bytes."""
        return Signature(key_id=self.key_id, value=base64.b64encode(self._key.sign(payload)).decode())


def signed(action: ActionPublished, signer: Signer) -> ActionPublished:
    """Return the message with its signature."""
    return action.model_copy(update={"signature": signer.sign(_payload(action))})


def verify(action: ActionPublished, public_key: bytes) -> bool:
    """Whether a message was signed by the holder of this key and is unchanged since; works offline."""
    if action.signature is None:
        return False
    try:
        value = base64.b64decode(action.signature.value, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(value, _payload(action))
    except (InvalidSignature, ValueError):
        return False
    return True


def _payload(action: ActionPublished) -> bytes:
    return canonical(action.model_copy(update={"signature": None, "work": Work()}))
