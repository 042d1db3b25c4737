"""Documents, and the evidence drawn from them and from read-only tools."""

from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from schemas.base import Code, LanguageTag, Model, Moment, Opaque, Slug
from schemas.envelope import Message
from schemas.topics import Topic


class AccessList(Model):
    """Who may read a document. Empty means nobody."""

    roles: tuple[Slug, ...] = ()
    principals: tuple[Opaque, ...] = ()


class Document(Message):
    """A piece of knowledge as its publisher keeps it; a record without value deletes it."""

    topic: ClassVar[Topic] = Topic.DOCUMENTS
    event_type: ClassVar[str] = "sluicegate.document.v1"

    tenant: Slug
    document_id: Opaque
    version: int = Field(ge=1)
    title: str = Field(min_length=1, max_length=300)
    media_type: Literal["text/plain", "text/markdown", "text/html"] = "text/markdown"
    text: str = Field(min_length=1, max_length=500_000)
    language: LanguageTag = "en"
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    access: AccessList = AccessList()


class Chunk(Model):
    """A permitted passage. Its text is data, never an instruction."""

    chunk_id: str
    document_id: str
    document_version: int
    title: str
    text: str
    score: float


class ToolResult(Model):
    """What a read-only tool returned to the requester's permissions.

    Attributes:
        status: `ok`, or why there is no record: `not_found`, `not_permitted`, `unavailable`.
        record: fields of the record, redacted.
    """

    tool: Code
    arguments: dict[str, str]
    status: Code
    record: dict[str, JsonValue] = Field(default_factory=dict)


class Evidence(Model):
    """What a proposal may rest on."""

    chunks: tuple[Chunk, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
