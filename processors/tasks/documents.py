"""A task's knowledge: Markdown files with front matter, one document for each tenant they are meant for."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from processors.tasks.files import invalid, parse_yaml, split_front_matter
from schemas.base import Code, LanguageTag, Model, Moment, Opaque, Slug
from schemas.knowledge import AccessList, Document


class FrontMatter(Model):
    """Head of a knowledge file. Without `access` nobody may read the document."""

    document_id: Opaque
    version: int = Field(ge=1)
    title: str = Field(min_length=1, max_length=300)
    document_type: Code = "article"
    product_area: Slug | Literal[""] = ""
    language: LanguageTag
    tenants: tuple[Slug, ...]
    access: AccessList = AccessList()
    valid_from: Moment | None = None
    valid_until: Moment | None = None


def load_documents(folder: Path) -> tuple[Document, ...]:
    """Return the documents of a folder, ordered by file name. Raises Fatal `task_invalid`."""
    seen: set[tuple[str, str]] = set()
    loaded: list[Document] = []
    for file in sorted(folder.glob("*.md")):
        for document in _documents(file):
            key = (document.tenant, document.document_id)
            if key in seen:
                raise invalid(file, "document_id", "is used twice for one tenant")
            seen.add(key)
            loaded.append(document)
    return tuple(loaded)


def _documents(file: Path) -> list[Document]:
    head, body = split_front_matter(file)
    if not body:
        raise invalid(file, "body", "is empty")
    front = parse_yaml(file, head, FrontMatter)
    shared = front.model_dump(exclude={"tenants"})
    return [Document.model_validate({**shared, "tenant": tenant, "text": body}) for tenant in front.tenants]
