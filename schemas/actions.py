"""The actions: all that the line can ever ask a downstream system to do. What is not here cannot be proposed."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter

from schemas.base import Code, LanguageTag, Model, Moment


class Risk(StrEnum):
    """What a wrong action could cost."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


MAX_QUOTE_CHARACTERS = 500


class Citation(Model):
    """A passage that an answer rests on: the chunk and words quoted from it verbatim."""

    chunk_id: str = Field(min_length=1, max_length=200)
    quote: str = Field(min_length=1, max_length=MAX_QUOTE_CHARACTERS)


class PassageSource(Model):
    """A passage that an action cites.

    Attributes:
        version: of the document.
        owner: the tenant whose document it is.
        access_version: of the access list that let the requester read it.
    """

    kind: Literal["passage"] = "passage"
    chunk_id: str
    document_id: str
    version: int
    title: str
    owner: str = ""
    access_version: str = ""


class RecordSource(Model):
    """A tool's record that an action says something of.

    Attributes:
        read_at: when the system of record was asked.
    """

    kind: Literal["record"] = "record"
    tool: Code
    read_at: Moment | None = None


Source = Annotated[PassageSource | RecordSource, Field(discriminator="kind")]
"""What an action rests on."""


def _in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


Cents = Annotated[Decimal, AfterValidator(_in_cents)]
"""An amount of money, always written with two decimal places."""


class BaseAction(Model):
    """Base of all actions.

    Class attributes:
        risk: what a wrong one could cost; policy reads it.
        permission: what the requester must hold, by policy, for it to be taken.
        restorable: for each field that may carry restored personal data, the placeholder types it accepts.
    """

    risk: ClassVar[Risk]
    permission: ClassVar[str]
    restorable: ClassVar[Mapping[str, frozenset[str]]] = MappingProxyType({})


class SendReply(BaseAction):
    """Answer the requester in the conversation."""

    risk: ClassVar[Risk] = Risk.LOW
    permission: ClassVar[str] = "reply.send"
    restorable: ClassVar[Mapping[str, frozenset[str]]] = MappingProxyType({"body": frozenset({"PERSON"})})

    type: Literal["send_reply"] = "send_reply"
    language: LanguageTag
    subject: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    body: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    citations: tuple[Citation, ...] = Field(default=(), max_length=10)
    confidence: float = Field(ge=0, le=1)


class AskClarification(BaseAction):
    """Ask the requester for what is missing."""

    risk: ClassVar[Risk] = Risk.LOW
    permission: ClassVar[str] = "reply.send"
    restorable: ClassVar[Mapping[str, frozenset[str]]] = MappingProxyType({"question": frozenset({"PERSON"})})

    type: Literal["ask_clarification"] = "ask_clarification"
    language: LanguageTag
    question: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    missing: tuple[Code, ...] = Field(default=(), max_length=10)


class IssueRefund(BaseAction):
    """Pay money back for an order."""

    risk: ClassVar[Risk] = Risk.HIGH
    permission: ClassVar[str] = "refund.issue"

    type: Literal["issue_refund"] = "issue_refund"
    order_number: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[0-9]{6}$")]
    amount: Cents = Field(gt=0, le=100_000, max_digits=8, decimal_places=2)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    reason: Code


class HandToHuman(BaseAction):
    """Give the conversation to a person."""

    risk: ClassVar[Risk] = Risk.LOW
    permission: ClassVar[str] = "conversation.hand_over"

    type: Literal["hand_to_human"] = "hand_to_human"
    queue: Code
    urgency: Literal["low", "normal", "high"] = "normal"
    reason: Code
    summary: Annotated[str, StringConstraints(max_length=1000)] = ""


Action = Annotated[SendReply | AskClarification | IssueRefund | HandToHuman, Field(discriminator="type")]
"""Every action there is. A type that is not a member cannot be parsed, so the default is to deny."""

ACTION_TYPES: dict[str, type[BaseAction]] = {
    action.model_fields["type"].default: action for action in get_args(get_args(Action)[0])
}
ACTION: TypeAdapter[Action] = TypeAdapter(Action)
