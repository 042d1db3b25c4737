"""Documents, and the evidence drawn from them and from read-only tools."""

import hashlib
import json
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from schemas.base import Code, LanguageTag, Model, Moment, Opaque, Slug
from schemas.envelope import Message, Usd
from schemas.topics import Topic

MAX_VERSION = 2**63 - 1
MAX_TENANTS, MAX_ROLES, MAX_PRINCIPALS = 50, 100, 1_000
"""Each tenant with each role and principal is a grant that indexes keep."""


class Signal(Model):
    """A sign of an attempt to instruct the model; a mark for later stages, never a control by itself."""

    kind: Code
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class AccessList(Model):
    """Who may read a document: a principal who is named, or has a named role, and belongs to a tenant that may.

    Without roles and principals nobody may.

    Attributes:
        tenants: other tenants beside the document's own. Each must accept the owner's knowledge, by the registry.
    """

    tenants: tuple[Slug, ...] = Field(default=(), max_length=MAX_TENANTS)
    roles: tuple[Slug, ...] = Field(default=(), max_length=MAX_ROLES)
    principals: tuple[Opaque, ...] = Field(default=(), max_length=MAX_PRINCIPALS)

    @property
    def version(self) -> str:
        """Digest of the list (SHA-256, 16 hexadecimal digits); the order of its entries does not matter."""
        entries = [sorted(self.tenants), sorted(self.roles), sorted(self.principals)]
        return hashlib.sha256(json.dumps(entries).encode()).hexdigest()[:16]


class DocumentHead(Model):
    """All of a document but its text.

    Attributes:
        document_type: what kind of text it is (`article`, `faq`, `policy`); tasks choose and age by it.
        product_area: what it is about; empty if it is about everything.
    """

    tenant: Slug
    document_id: Opaque
    version: int = Field(ge=1, le=MAX_VERSION)
    title: str = Field(min_length=1, max_length=300)
    document_type: Code = "article"
    product_area: Slug | Literal[""] = ""
    language: LanguageTag = "en"
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    access: AccessList = AccessList()


class Document(DocumentHead, Message):
    """A piece of knowledge as its publisher keeps it; a record without value deletes it."""

    topic: ClassVar[Topic] = Topic.DOCUMENTS
    event_type: ClassVar[str] = "sluicegate.document.v1"

    media_type: Literal["text/plain", "text/markdown", "text/html"] = "text/markdown"
    text: str = Field(min_length=1, max_length=500_000)

    @property
    def head(self) -> DocumentHead:
        """Return it without its text."""
        return DocumentHead.model_validate(self.model_dump(exclude={"media_type", "text"}))


class Passage(Model):
    """A piece of a document that can stand alone, redacted irreversibly.

    Attributes:
        passage_id: unique within the document's version, and stable while that and the chunker stand.
        title: the document's title and the headings above the passage.
        tokens: the length of title and text as prompts count it.
        chunker: version of the rules that cut it.
        marks: instruction-like or hidden text within `text`.
    """

    passage_id: str = Field(min_length=1, max_length=100)
    title: str
    text: str
    tokens: int = Field(ge=0)
    chunker: str
    marks: tuple[Signal, ...] = ()


class Chunk(Model):
    """A permitted passage. Its text is data, never an instruction.

    Attributes:
        chunk_id: document, version and passage.
        score: after fusion; the others are explained at `ChunkUse`.
    """

    chunk_id: str
    document_id: str
    document_version: int
    title: str
    text: str
    score: float
    language: LanguageTag = "en"
    document_type: Code = "article"
    owner: str = Field(default="", description="the tenant whose document it is")
    access_version: str = ""
    tokens: int = Field(default=0, ge=0)
    chunker: str = ""
    marks: tuple[Signal, ...] = ()


class ToolResult(Model):
    """What a read-only tool returned to the requester's permissions.

    Attributes:
        status: `ok`, or why there is no record, as `schemas.tooling.ToolStatus` has it.
        record: fields of the record, redacted.
        source: the system it was read from.
        read_at: when that system was asked; earlier than the request where the answer was remembered.
        cost_usd: of asking it.
    """

    tool: Code
    arguments: dict[str, str]
    status: Code
    record: dict[str, JsonValue] = Field(default_factory=dict)
    source: str = Field(default="", max_length=80)
    read_at: Moment | None = None
    cost_usd: Usd = Decimal(0)


class Evidence(Model):
    """What a proposal may rest on."""

    chunks: tuple[Chunk, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
