"""A request on its way: as published, redacted, admitted and grounded."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from schemas.base import LanguageTag, Model, Moment, Opaque, Slug, SourceName
from schemas.envelope import Budget, Event, Message, Principal, Priority, Usd
from schemas.knowledge import Evidence, Signal
from schemas.topics import Topic

MAX_TEXT_CHARACTERS = 20_000
MAX_REQUEST_BYTES = 262_144

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
MAX_FIELD_CHARACTERS = 4_000

FieldText = Annotated[str, StringConstraints(max_length=MAX_FIELD_CHARACTERS)]
FieldValue = str | int | float | bool | None


class Turn(Model):
    """An earlier message of the conversation."""

    role: Literal["requester", "assistant"]
    text: Text


class Request(Message):
    """What an upstream system publishes, as plain JSON or as the data of a CloudEvent.

    Attributes:
        id: the publisher's id; with `source` it names the request, and a repetition is a duplicate. As the principal's it
            is handed on in clear: what looks like a name, a number of a person or an encoded address is refused.
        conversation_id: what stays the same in a conversation. One made of words is handed on as a pseudonym.
        source: the publisher. The registry says for which tenants it may speak and which roles it may assert.
        fields: structured values beside the text, flat.
        deadline: when an answer stops being of use; the task's default applies if absent.
        budget: the most to spend on models; the task's default applies if absent.
    """

    topic: ClassVar[Topic] = Topic.REQUESTS
    event_type: ClassVar[str] = "sluicegate.request.v1"

    id: Opaque
    source: SourceName
    tenant: Slug
    principal: Principal
    task: Slug
    conversation_id: Opaque
    text: Text
    fields: dict[Slug, FieldText | int | float | bool | None] = Field(default_factory=dict, max_length=32)
    turns: tuple[Turn, ...] = Field(default=(), max_length=20)
    language: LanguageTag | None = None
    deadline: Moment | None = None
    priority: Priority = "normal"
    budget: Budget | None = None

    @field_validator("text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("blank")
        return text


class SealedValue(Model):
    """One original, encrypted with AES-256-GCM (NIST SP 800-38D); tenant, conversation, placeholder, key and version are bound as associated data."""

    placeholder: str
    nonce: str = Field(description="96 bits, base64")
    ciphertext: str = Field(description="ciphertext and tag, base64")


class SealedVault(Model):
    """The originals behind a request's placeholders, readable only with the data subject's key while that exists."""

    key_id: str = Field(default="", description="the data subject's key; empty where nothing is sealed")
    key_version: int = Field(default=0, ge=0, description="of that key; 0 where nothing is sealed")
    values: tuple[SealedValue, ...] = ()


class Finding(Model):
    """How many values of one type were replaced."""

    entity: str
    count: int = Field(ge=1)


class Content(Model):
    """A request's words with every personal value and secret replaced by a typed placeholder.

    Attributes:
        identifiers: values the task declares to be needed in clear (an order number), by name.
        redaction_version: of the engine and its rules.
    """

    text: str
    fields: dict[str, FieldValue] = Field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    identifiers: dict[str, str] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    signals: tuple[Signal, ...] = ()
    redaction_version: str

    @property
    def said_before(self) -> str:
        """The requester's message before this one, empty if there is none."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "requester"), "")


class Redacted(Event):
    """The request without personal data; originals are sealed in the vault that travels along."""

    topic: ClassVar[Topic] = Topic.REDACTED
    event_type: ClassVar[str] = "sluicegate.redacted.v1"

    content: Content
    vault: SealedVault = SealedVault()


class Hold(Model):
    """Money and tokens set aside for a request's generation."""

    reservation_id: UUID
    cost_usd: Usd
    tokens: int


class Admitted(Redacted):
    """The request may be worked on, within the hold."""

    topic: ClassVar[Topic] = Topic.ADMITTED
    event_type: ClassVar[str] = "sluicegate.admitted.v1"

    hold: Hold


class Grounded(Admitted):
    """The request with the evidence its requester may see."""

    topic: ClassVar[Topic] = Topic.GROUNDED
    event_type: ClassVar[str] = "sluicegate.grounded.v1"

    evidence: Evidence = Evidence()
    lookup_rounds: int = Field(default=0, ge=0)
