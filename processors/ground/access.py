"""Who may read a document, and why. A document that says nothing about it is unreadable."""

from dataclasses import dataclass
from datetime import datetime

from schemas.envelope import Principal
from schemas.knowledge import Document


@dataclass(frozen=True, slots=True)
class Access:
    """A permission decision.

    Attributes:
        because: the entry of the access list that granted it, or the reason it was refused.
    """

    permitted: bool
    because: str


def access(document: Document, tenant: str, principal: Principal, now: datetime) -> Access:
    """Decide whether a principal of a tenant may read a document now."""
    refusal = _refusal(document, tenant, now)
    if refusal:
        return Access(permitted=False, because=refusal)
    if principal.id in document.access.principals:
        return Access(permitted=True, because=f"principal:{principal.id}")
    role = next((role for role in principal.roles if role in document.access.roles), None)
    if role is None:
        return Access(permitted=False, because="not_on_access_list")
    return Access(permitted=True, because=f"role:{role}")


def _refusal(document: Document, tenant: str, now: datetime) -> str:
    if document.tenant != tenant:
        return "other_tenant"
    if not (document.access.roles or document.access.principals):
        return "no_access_list"
    if document.valid_from and now < document.valid_from:
        return "not_yet_valid"
    if document.valid_until and now >= document.valid_until:
        return "expired"
    return ""
