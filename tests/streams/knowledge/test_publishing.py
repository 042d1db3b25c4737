"""Folders onto the topic: only what is new or differs is published, and what is gone is deleted when asked for."""

import pytest

from schemas.errors import Unprocessable
from schemas.knowledge import Document
from sinks.knowledge.batch import Place
from streams.knowledge.publishing import Act, Change, carry_out, compare, standing
from streams.knowledge.records import Published, Refused, Stand
from streams.runtime.topics import create_topics
from streams.topic_specs import declared_topics
from tests.brokers import Broker
from tests.events import MOMENT
from tests.streams.knowledge.followers import AGENTS, document

STAND = Stand(Place(0, 0), MOMENT)
KNOWN = document("a", "text", version=2)


def present(*known: Document) -> dict[tuple[str, str], Published | Refused]:
    return {(each.tenant, each.document_id): Published(("acme", "a"), STAND, each) for each in known}


@pytest.mark.parametrize(
    ("wanted", "act", "remark"),
    [
        (KNOWN, Act.UNCHANGED, ""),
        (document("a", "text", version=2, access=AGENTS), Act.CHANGED, ""),
        (document("a", "other", version=3), Act.CHANGED, ""),
        (document("a", "text", version=1), Act.CHANGED, "version goes back from 2 to 1"),
        (document("a", "other", version=2), Act.CHANGED, "version 2 stands for another text than before"),
        (document("b", "text"), Act.NEW, ""),
    ],
)
def test_what_differs_is_published(wanted: Document, act: Act, remark: str) -> None:
    assert compare([wanted], present(KNOWN)) == [Change(("acme", wanted.document_id), act, wanted, remark)]


def test_what_could_not_be_read_is_replaced() -> None:
    refused = {("acme", "a"): Refused(("acme", "a"), STAND, "not_json")}
    (change,) = compare([KNOWN], refused)
    assert (change.act, change.remark) == (Act.CHANGED, "what was there could not be read")


def test_only_tenants_that_are_pruned_lose_documents() -> None:
    elsewhere = document("c", "text", tenant="other")
    known = present(KNOWN, document("b", "text"), elsewhere)
    assert [each.act for each in compare([KNOWN], known)] == [Act.UNCHANGED]
    assert compare([KNOWN], known, frozenset({"acme"}))[1:] == [Change(("acme", "b"), Act.DELETED)]
    assert compare([], present(elsewhere), frozenset({"acme"})) == []


def test_the_topic_holds_what_was_carried_out(embedded_broker: Broker) -> None:
    create_topics(embedded_broker.bootstrap, declared_topics(4), 1)
    tenant = "publishing"
    one, two = (document(name, "text", tenant=tenant) for name in ("a/b", "c"))
    bootstrap = embedded_broker.bootstrap
    assert carry_out(bootstrap, compare([one, two], {})) == {Act.NEW: 2}
    found = standing(bootstrap)
    assert {
        key: record.document for key, record in found.items() if isinstance(record, Published)
    }.items() >= {
        (tenant, "a/b"): one,
        (tenant, "c"): two,
    }.items()
    changed = one.model_copy(update={"version": 2})
    done = carry_out(bootstrap, compare([changed], found, frozenset({tenant})))
    assert done == {Act.CHANGED: 1, Act.DELETED: 1}
    held = {key: record for key, record in standing(bootstrap).items() if key[0] == tenant}
    assert list(held) == [(tenant, "a/b")]
    assert carry_out(bootstrap, compare([changed], held)) == {Act.UNCHANGED: 1}


def test_a_document_too_large_for_a_record_is_named_and_nothing_is_published() -> None:
    huge = document("huge", "\x01" * 450_000)
    with pytest.raises(Unprocessable, match="document_too_large: acme/huge"):
        carry_out("127.0.0.1:1", compare([huge], {}))
