"""Documents, passages and scopes to test indexes with."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from processors.ground.access import held
from schemas.envelope import Principal
from schemas.knowledge import AccessList, DocumentHead, Passage
from schemas.retrieval import Hit, PassageIndex, Reader, Scope
from sinks.knowledge.batch import Place, Tombstone, Upsert

AT = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)


def head(
    document_id: str,
    *,
    tenant: str = "acme",
    version: int = 1,
    tenants: Sequence[str] = (),
    roles: Sequence[str] = ("customer",),
    principals: Sequence[str] = (),
    **rest: object,
) -> DocumentHead:
    access = AccessList(tenants=tuple(tenants), roles=tuple(roles), principals=tuple(principals))
    named = {"tenant": tenant, "document_id": document_id, "version": version, "title": "T", "access": access}
    return DocumentHead.model_validate(named | rest)


PUBLIC = head("a")


def passage(text: str, title: str = "", number: int = 0) -> Passage:
    return Passage(passage_id=str(number), title=title, text=text, tokens=len(text) // 4, chunker="c1")


def upsert(document_id: str, text: str = "", title: str = "", *, offset: int = 0, **named: object) -> Upsert:
    """Return a document of one passage; of none if it says nothing."""
    of = head(document_id, **named)  # type: ignore[arg-type]
    return Upsert(of, [passage(text, title)] if text else [], AT, Place(0, offset))


def tombstone(document_id: str, tenant: str = "acme", *, offset: int = 0) -> Tombstone:
    return Tombstone(tenant, document_id, Place(0, offset))


def reader(
    tenant: str = "acme",
    roles: Sequence[str] = ("customer",),
    principal: str = "somebody",
    accepts: Sequence[str] = (),
) -> Reader:
    return Reader(tenant, Principal(id=principal, roles=tuple(roles)), frozenset(accepts))


def scope(
    tenant: str = "acme",
    *,
    roles: Sequence[str] = ("customer",),
    principal: str = "somebody",
    accepts: Sequence[str] = (),
    at: datetime = AT,
    types: Sequence[str] = (),
    areas: Sequence[str] = (),
) -> Scope:
    grants = held(reader(tenant, roles, principal, accepts))
    return Scope(grants, at, frozenset(types), frozenset(areas))


def texts(index: PassageIndex, hits: Iterable[Hit]) -> list[str]:
    """Return what the passages found say."""
    entries = [index.entry(hit.row) for hit in hits]
    return [entry.passage.text for entry in entries if entry]
