"""Permission of documents: the filter of the index and the decision on each document say the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.ground.access import access, grants, held, owned
from schemas.envelope import Principal
from schemas.knowledge import AccessList, DocumentHead
from schemas.retrieval import Reader

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TENANTS, ROLES, PRINCIPALS = ("acme", "bolt"), ("guest", "agent"), ("p-1", "p-2", "guest")


def head(tenant: str = "acme", **changes: object) -> DocumentHead:
    return DocumentHead.model_validate(
        {"tenant": tenant, "document_id": "a", "version": 1, "title": "A", **changes}
    )


def reader(tenant: str = "acme", *roles: str, name: str = "p-1", accepts: tuple[str, ...] = ()) -> Reader:
    return Reader(tenant, Principal(id=name, roles=roles), frozenset(accepts))


def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), unique=True).map(tuple)


heads = st.builds(
    head,
    st.sampled_from(TENANTS),
    access=st.builds(AccessList, tenants=some(TENANTS), roles=some(ROLES), principals=some(PRINCIPALS)),
)
readers = st.builds(
    lambda tenant, roles, name, accepts: reader(tenant, *roles, name=name, accepts=accepts),
    st.sampled_from(TENANTS),
    some(ROLES),
    st.sampled_from(PRINCIPALS),
    some(TENANTS),
)


@given(heads, readers)
def test_the_filter_lets_through_exactly_what_the_decision_permits(
    document: DocumentHead, who: Reader
) -> None:
    assert bool(grants(document) & held(who)) == access(document, who, NOW).permitted


def test_a_document_without_an_access_list_is_unreadable() -> None:
    everybody = [reader(t, *ROLES, name=p, accepts=TENANTS) for t in TENANTS for p in PRINCIPALS]
    assert not any(grants(head()) & held(who) for who in everybody)
    assert access(head(), reader("acme", "agent"), NOW).because == "no_access_list"
    only_tenants = head(access=AccessList(tenants=("bolt",)))
    assert access(only_tenants, reader("bolt", "agent", accepts=("acme",)), NOW).because == "no_access_list"


@pytest.mark.parametrize(
    ("who", "because"),
    [
        (reader("bolt", "agent", accepts=("acme",)), "role:agent"),
        (reader("bolt", "agent"), "other_tenant"),
        (reader("cork", "agent", accepts=("acme",)), "other_tenant"),
        (reader("bolt", "guest", accepts=("acme",)), "not_on_access_list"),
        (reader("acme", "agent"), "role:agent"),
    ],
)
def test_another_tenant_reads_what_its_owner_shares_and_itself_accepts(who: Reader, because: str) -> None:
    shared = head(access=AccessList(tenants=("bolt",), roles=("agent",)))
    assert access(shared, who, NOW).because == because


@pytest.mark.parametrize(
    ("at", "because"),
    [(-1, "not_yet_valid"), (0, "role:guest"), (9, "role:guest"), (10, "expired"), (11, "expired")],
)
def test_a_document_is_read_within_its_validity(at: int, because: str) -> None:
    dated = head(access=AccessList(roles=("guest",)), valid_from=NOW, valid_until=NOW + timedelta(seconds=10))
    assert access(dated, reader("acme", "guest"), NOW + timedelta(seconds=at)).because == because


@given(heads, readers)
def test_what_may_be_told_of_as_withheld_is_the_readers_own_tenants(
    document: DocumentHead, who: Reader
) -> None:
    assert bool(grants(document) & owned(who.tenant)) == (document.tenant == who.tenant)
    assert not owned(who.tenant) & held(who)


def test_the_version_of_an_access_list_follows_from_its_entries_alone() -> None:
    one = AccessList(roles=("a", "b"), principals=("p",))
    assert one.version == AccessList(roles=("b", "a"), principals=("p",)).version
    assert one.version != AccessList(roles=("a", "b", "p")).version
    assert one.version != AccessList(roles=("a",), principals=("b", "p")).version
