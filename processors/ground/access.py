"""Who may read a document, and why. A document that says nothing about it is unreadable.

The decision is made twice: as grants, which an index filters by before it ranks anything, and by `access` on each document
that is about to be used, against its list as it stands then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.knowledge import DocumentHead
from schemas.retrieval import Reader

_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Access:
    """A permission decision.

    Attributes:
        because: the entry of the access list that granted it, or the reason it was refused.
    """

    permitted: bool
    because: str


def access(head: DocumentHead, reader: Reader, now: datetime) -> Access:
    """Decide whether a reader may read a document now."""
    refusal = _refusal(head, reader, now)
    if refusal:
        return Access(permitted=False, because=refusal)
    if reader.principal.id in head.access.principals:
        return Access(permitted=True, because=f"principal:{reader.principal.id}")
    role = next((role for role in reader.principal.roles if role in head.access.roles), None)
    if role is None:
        return Access(permitted=False, because="not_on_access_list")
    return Access(permitted=True, because=f"role:{role}")


def grants(head: DocumentHead) -> frozenset[str]:
    """Return what a reader must hold one of, and the owner's mark, which no reader holds. Validity is no part of it."""
    tenants = {head.tenant, *head.access.tenants}
    named = (_grant(head.tenant, tenant, kind, name) for tenant in tenants for kind, name in _entries(head))
    return frozenset(named) | {_owner(head.tenant)}


def held(reader: Reader) -> frozenset[str]:
    """Return the grants that a reader holds: any document with one of them is open to them while it is valid."""
    owners = {reader.tenant, *reader.accepts}
    principal = reader.principal
    names = [("role", role) for role in principal.roles] + [("principal", principal.id)]
    return frozenset(_grant(owner, reader.tenant, kind, name) for owner in owners for kind, name in names)


def owned(tenant: str) -> frozenset[str]:
    """Return the mark of all documents of a tenant, readable or not: to count what was withheld."""
    return frozenset({_owner(tenant)})


def _refusal(head: DocumentHead, reader: Reader, now: datetime) -> str:
    if not _shared(head, reader):
        return "other_tenant"
    if not (head.access.roles or head.access.principals):
        return "no_access_list"
    if head.valid_from and now < head.valid_from:
        return "not_yet_valid"
    if head.valid_until and now >= head.valid_until:
        return "expired"
    return ""


def _shared(head: DocumentHead, reader: Reader) -> bool:
    own = head.tenant == reader.tenant
    return own or (head.tenant in reader.accepts and reader.tenant in head.access.tenants)


def _entries(head: DocumentHead) -> Iterator[tuple[str, str]]:
    yield from (("role", role) for role in head.access.roles)
    yield from (("principal", principal) for principal in head.access.principals)


def _owner(tenant: str) -> str:
    return _SEPARATOR.join((tenant, "owner"))


def _grant(owner: str, tenant: str, kind: str, name: str) -> str:
    """Name a grant. Tenants are slugs and cannot hold the separator, so no two grants read alike."""
    return _SEPARATOR.join((owner, tenant, kind, name))
