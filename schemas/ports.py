"""What processors need from the outside, as Protocols. Sinks implement them; doubles ship beside the real ones."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from schemas.actions import Action
from schemas.base import Clock
from schemas.endings import Signature
from schemas.envelope import Context, ModelCall, Principal, Tier, Usd
from schemas.keys import KeyKind, KeyOperation, RecordedOperation, StoredKey
from schemas.proposals import Classification
from schemas.requests import SealedVault
from schemas.verdicts import Verdict

__all__ = [
    "ChatMessage",
    "ChatModel",
    "Clock",
    "Completion",
    "Detector",
    "IntentClassifier",
    "KeyStore",
    "PolicyEngine",
    "Profile",
    "Prompt",
    "Signer",
    "Span",
    "Vault",
]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, in code points, and what it is."""

    start: int
    end: int
    entity: str
    score: float


class Profile(StrEnum):
    """How much a detector takes away.

    Attributes:
        STRICT: what is found, and by default-deny every uncommon capitalised word and long number. For free text.
        BALANCED: what is found: patterns, and the names that a language model recognises.
        PATTERNS: only what has a shape or tell-tale words around it. For machine-made text.
    """

    STRICT = "strict"
    BALANCED = "balanced"
    PATTERNS = "patterns"


class Detector(Protocol):
    """Finds personal data and secrets."""

    @property
    def version(self) -> str:
        """Version of engine and rules."""

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        """Return the spans of each text. Raises Retryable when detection could not be completed."""


class KeyStore(Protocol):
    """Keeps wrapped keys for all who seal and open, at the same time and in several processes.

    Every method raises Retryable (`key_store_missing`, `key_store_unavailable`) when the store cannot be read or
    written: nobody may go on with what they remember of it.
    """

    def changes(self) -> int:
        """Return a number that is another one after every rotation, rewrapping and destruction, whoever made it.

        It is asked before every use of a remembered key, so it takes microseconds.
        """

    def key_encryption_key(self) -> str:
        """Return the id of the key that tenants' keys are wrapped under; empty as long as there are none."""

    def find(self, key_id: str) -> StoredKey | None:
        """Return a key, or what is left of it, or None if this store never had it."""

    def newest(self, tenant: str, kind: KeyKind, subject: str = "") -> StoredKey | None:
        """Return the newest version, which may be destroyed."""

    def erased_at(self, tenant: str, subject: str = "") -> datetime | None:
        """Return when keys of a tenant were last destroyed; with a subject, its own as well; None if never."""

    def add(self, key: StoredKey) -> StoredKey | None:
        """Keep a key, durably, unless its version is there already; return the one that is there then.

        Of several that add the same version at once, all get the same key. Returns None if what wraps it is not (or
        no longer) in force: a destroyed tenant's key, another key-encryption key.
        """

    def rotate(self, key: StoredKey, operation: KeyOperation) -> bool:
        """Keep a new version as `add` does and record the operation; False if that version was there already."""

    def rewrap(
        self, key_encryption_key: str, wrap: Callable[[StoredKey], bytes], operation: KeyOperation
    ) -> int:
        """Replace, all or none, what tenants' keys are wrapped under; return how many there were.

        Args:
            wrap: returns a key's new `wrapped`; what it raises leaves the store as it was.
        """

    def destroy(self, tenant: str, subject: str, operation: KeyOperation) -> int:
        """Erase the key material of a data subject, or of a whole tenant if none is named; return how many keys."""

    def stored(self, tenant: str = "") -> Iterator[StoredKey]:
        """Yield all keys, or a tenant's, destroyed ones included."""

    def operations(self) -> Sequence[RecordedOperation]:
        """Return what was done, oldest first."""


class Vault(Protocol):
    """Seals originals behind placeholders, and opens them for declared fields only.

    Every method raises Retryable when the keys cannot be had: the event is held.
    """

    async def prepare(self, context: Context) -> None:
        """Have ready what sealing for this context needs, without keeping other events from being worked on."""

    def placeholder(self, context: Context, entity: str, value: str) -> str:
        """Return the placeholder of a value: the same for the same value within a conversation."""

    def pseudonym(self, tenant: str, identifier: str) -> str:
        """Return what stands for a publisher's identifier: always the same within a tenant, telling nothing of it."""

    def seal(self, context: Context, values: Mapping[str, str]) -> SealedVault:
        """Encrypt originals by placeholder, under the key of the context's principal.

        The first stage seals for every request, also when there is nothing to seal: the tenant has its keys then.

        Raises Unprocessable (`subject_erased`), as `prepare` does, for values that were published before a key of their
        tenant or data subject was destroyed: what is read again after an erasure stays erased.
        """

    def open(self, context: Context, vault: SealedVault, placeholder: str) -> str:
        """Return one original.

        Raises Unprocessable for an unknown or forged placeholder, and `vault_key_destroyed`, which is final, when
        the key of its tenant or data subject was destroyed.
        """

    def digest(self, context: Context, action: Action, vault: SealedVault) -> str:
        """Return the keyed digest of an action with the sealed values it refers to (HMAC-SHA-256, hexadecimal).

        Raises Unprocessable as `open` does.
        """


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A model call to be made.

    Attributes:
        schema: JSON Schema that the answer must satisfy.
        version: of the prompt's template.
    """

    messages: tuple[ChatMessage, ...]
    schema: Mapping[str, JsonValue]
    max_output_tokens: int
    purpose: str
    version: str

    @property
    def characters(self) -> int:
        """What is sent, in characters: messages and schema."""
        said = sum(len(message.content) for message in self.messages)
        return said + len(json.dumps(dict(self.schema)))

    @property
    def bytes(self) -> int:
        """What is sent, in bytes of UTF-8: messages and schema."""
        said = sum(len(message.content.encode()) for message in self.messages)
        return said + len(json.dumps(dict(self.schema)))


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of a model call: text, or a failure with its code. Every attempt is in `calls`."""

    text: str | None
    calls: tuple[ModelCall, ...]
    failure: str = ""
    temporary: bool = False


class ChatModel(Protocol):
    """A model behind an endpoint. It never raises for what the endpoint does."""

    @property
    def model(self) -> str:
        """Name of the model."""

    def worst_case(self, prompt_bytes: int, max_output_tokens: int) -> tuple[Usd, int]:
        """Return the most that one call of that size can cost, whatever its prompt says, and its tokens."""

    async def complete(self, context: Context, prompt: Prompt, tier: Tier) -> Completion:
        """Call the model, within the context's deadline."""


class IntentClassifier(Protocol):
    """The cheap tier."""

    def classify(self, text: str) -> Classification:
        """Label a text with a calibrated confidence."""


class PolicyEngine(Protocol):
    """Evaluates versioned policy."""

    @property
    def version(self) -> str:
        """SHA-256 of the policy set in force."""

    def judge(
        self, context: Context, action: Action, facts: Mapping[str, JsonValue], payload_digest: str
    ) -> Verdict:
        """Return the verdict. Raises Retryable when policy cannot be had."""

    def permits(self, tenant: str, task: str, principal: Principal, permission: str) -> bool:
        """Whether the principal's roles grant a permission."""


class Signer(Protocol):
    """Signs what leaves."""

    def sign(self, payload: bytes) -> Signature:
        """Sign canonical bytes."""


class FixedClock:
    """A clock that stands still, for tests and reproducible runs."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment
