"""Knowledge in a folder: files with front matter, one document for each tenant they are meant for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from processors.tasks.files import invalid, parse_yaml, split_front_matter
from schemas.base import Code, LanguageTag, Model, Moment, Opaque, Slug
from schemas.knowledge import AccessList, Document

MEDIA_TYPES: Mapping[str, str] = {".md": "text/markdown", ".html": "text/html", ".txt": "text/plain"}
"""What a file's name says about its text."""


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
    """Return the documents of a folder's Markdown, HTML and text files, ordered by file name.

    Raises:
        Fatal: `task_invalid`, naming file and field.
    """
    seen: set[tuple[str, str]] = set()
    loaded: list[Document] = []
    for file in sorted(each for each in folder.glob("*") if each.suffix in MEDIA_TYPES):
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
    shared = {**front.model_dump(exclude={"tenants"}), "text": body, "media_type": MEDIA_TYPES[file.suffix]}
    try:
        return [Document.model_validate({**shared, "tenant": tenant}) for tenant in front.tenants]
    except ValidationError:
        raise invalid(file, "body", "is too long") from None
