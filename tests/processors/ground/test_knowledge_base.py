"""What may not be read has no part in the result; every decision is told."""

from datetime import UTC, datetime, timedelta

import pytest

from processors.ground import KnowledgeBase
from processors.ground.access import access
from schemas.envelope import Principal
from schemas.knowledge import AccessList, Document
from schemas.ports import FixedClock
from schemas.retrieval import KnowledgeQuery, Reader
from tests.events import MOMENT, context

CUSTOMER = Principal(id="cust-1", roles=("customer",))
AGENT = Principal(id="agent-1", roles=("agent",))
READABLE = AccessList(roles=("customer", "agent"))


def _document(document_id: str, text: str = "blanket", **changes: object) -> Document:
    given = {
        "tenant": "acme-shop",
        "document_id": document_id,
        "version": 1,
        "title": document_id,
        "text": text,
        "access": READABLE,
    }
    return Document.model_validate({**given, **changes})


def _base(*documents: Document, now: datetime = MOMENT) -> KnowledgeBase:
    return KnowledgeBase(documents, FixedClock(now))


@pytest.mark.parametrize(
    ("changes", "principal", "because"),
    [
        ({}, CUSTOMER, "role:customer"),
        ({}, AGENT, "role:agent"),
        ({"access": AccessList(principals=("cust-1",))}, CUSTOMER, "principal:cust-1"),
        ({"valid_from": MOMENT}, CUSTOMER, "role:customer"),
        ({"valid_until": MOMENT + timedelta(seconds=1)}, CUSTOMER, "role:customer"),
    ],
)
def test_permitted(changes: dict[str, object], principal: Principal, because: str) -> None:
    decision = access(_document("d", "text", **changes), Reader("acme-shop", principal), MOMENT)
    assert (decision.permitted, decision.because) == (True, because)


@pytest.mark.parametrize(
    ("changes", "principal", "because"),
    [
        ({"access": AccessList()}, AGENT, "no_access_list"),
        ({"access": AccessList(roles=("agent",))}, CUSTOMER, "not_on_access_list"),
        ({"access": AccessList(principals=("cust-2",))}, CUSTOMER, "not_on_access_list"),
        ({}, Principal(id="cust-1"), "not_on_access_list"),
        ({"tenant": "nordwind"}, CUSTOMER, "other_tenant"),
        ({"valid_from": MOMENT + timedelta(seconds=1)}, CUSTOMER, "not_yet_valid"),
        ({"valid_until": MOMENT}, CUSTOMER, "expired"),
    ],
)
def test_refused(changes: dict[str, object], principal: Principal, because: str) -> None:
    decision = access(_document("d", "text", **changes), Reader("acme-shop", principal), MOMENT)
    assert (decision.permitted, decision.because) == (False, because)


async def test_secret_documents_never_change_what_others_see() -> None:
    public = [_document("a", "wool blanket"), _document("b", "blanket care"), _document("c", "lamp")]
    secret = [
        _document(f"s{n}", "blanket wool blanket " * 20, access=AccessList(roles=("agent",)))
        for n in range(9)
    ]
    without = await _base(*public).retrieve(context(), KnowledgeQuery("wool blanket", 5))
    beside = await _base(*public, *secret).retrieve(context(), KnowledgeQuery("wool blanket", 5))
    assert without.chunks == beside.chunks
    assert [chunk.document_id for chunk in beside.chunks] == ["a", "b"]


async def test_every_document_of_the_tenant_has_its_decision() -> None:
    base = _base(
        _document("read"),
        _document("other", "lamp"),
        _document("secret", access=AccessList(roles=("agent",))),
        _document("draft", access=AccessList()),
        _document("foreign", tenant="nordwind"),
    )
    uses = (await base.retrieve(context(), KnowledgeQuery("blanket", 5))).uses
    assert {(use.document_id, use.rank, use.permitted, use.permitted_by) for use in uses} == {
        ("read", 1, True, "role:customer"),
        ("other", 0, True, "role:customer"),
        ("secret", 0, False, "not_on_access_list"),
        ("draft", 0, False, "no_access_list"),
    }


async def test_limit_and_order() -> None:
    base = _base(
        _document("one", "blanket"),
        _document("two", "blanket lamp rug sofa chair"),
        _document("three", "rug"),
    )
    found = await base.retrieve(context(), KnowledgeQuery("a blanket", 1))
    assert [chunk.document_id for chunk in found.chunks] == ["one"]
    assert (await base.retrieve(context(), KnowledgeQuery("a blanket", 0))).chunks == ()
    assert (await base.retrieve(context(), KnowledgeQuery("who is it", 5))).chunks == ()


async def test_prefers_the_requesters_language() -> None:
    base = _base(_document("en", "express"), _document("de", "express", language="de-AT"))
    for language, first in (("de", "de"), ("en", "en"), ("de-CH", "de")):
        found = await base.retrieve(context(), KnowledgeQuery("express", 2, language=language))
        assert found.chunks[0].document_id == first


async def test_stems_match_across_endings() -> None:
    base = _base(_document("a", "Returning parcels"), _document("b", "Zahlungsarten"))
    assert (await base.retrieve(context(), KnowledgeQuery("returned parcel", 1))).chunks[0].document_id == "a"
    assert (await base.retrieve(context(), KnowledgeQuery("wie zahlen", 1))).chunks[0].document_id == "b"


async def test_new_version_replaces_and_removal_forgets() -> None:
    base = _base(_document("a"))
    base.put(_document("a", "blanket and sofa", version=2))
    assert [c.chunk_id for c in (await base.retrieve(context(), KnowledgeQuery("blanket", 5))).chunks] == [
        "a@2#top"
    ]
    base.put(_document("a", "blanket", version=3, access=AccessList()))
    assert (await base.retrieve(context(), KnowledgeQuery("blanket", 5))).chunks == ()
    base.remove("acme-shop", "a")
    base.remove("acme-shop", "a")
    base.remove("nobody", "a")
    assert (await base.retrieve(context(), KnowledgeQuery("blanket", 5))).uses == ()


async def test_access_ends_with_time() -> None:
    clock = FixedClock(datetime(2026, 1, 31, tzinfo=UTC))
    base = KnowledgeBase([_document("a", valid_until=datetime(2026, 2, 1, tzinfo=UTC))], clock)
    assert len((await base.retrieve(context(), KnowledgeQuery("blanket", 5))).chunks) == 1
    clock.moment = datetime(2026, 2, 1, tzinfo=UTC)
    assert (await base.retrieve(context(), KnowledgeQuery("blanket", 5))).chunks == ()
