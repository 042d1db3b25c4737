"""An index that follows its topic: what is published, revoked, deleted and refused, on both brokers."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from processors.ground.access import grants
from schemas.codec import encode
from schemas.errors import Fatal, Retryable, Unprocessable
from schemas.knowledge import AccessList, Document, Passage
from sinks.knowledge.batch import Batch
from sinks.knowledge.index import KnowledgeIndex, Versions
from streams.knowledge import backlog
from tests.streams.knowledge.followers import AGENTS, Running, Topic, document, following, prepare, within


def test_what_is_there_is_found_before_anything_is_answered(topic: Topic, tmp_path: Path) -> None:
    topic.publish(document("a", "parcel one"), document("b", "parcel two\n\nparcel three"))
    with following(topic, tmp_path) as running:
        assert running.stale()
        running.await_ready()
        assert not running.stale()
        assert running.texts("customer") == ["parcel one", "parcel three", "parcel two"]
        assert running.texts("agent") == []
        assert running.follower.signs().documents == 2
        assert running.follower.signs().passages == 3


def test_an_empty_topic_is_read_to_its_end(topic: Topic, tmp_path: Path) -> None:
    with following(topic, tmp_path) as running:
        running.await_ready()
        topic.publish(document("a", "parcel one"))
        assert within(lambda: running.texts("customer") == ["parcel one"])


def test_a_role_change_holds_for_the_next_search(topic: Topic, tmp_path: Path) -> None:
    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path) as running:
        running.await_ready()
        topic.publish(document("a", "parcel one", access=AGENTS))
        assert within(lambda: running.texts("customer") == [])
        assert within(lambda: running.texts("agent") == ["parcel one"])
        topic.publish(document("a", "parcel one", access=AccessList(roles=("customer", "agent"))))
        assert within(lambda: running.texts("customer") == ["parcel one"])


def test_a_deletion_is_final(topic: Topic, tmp_path: Path) -> None:
    topic.publish(document("a", "parcel one"), document("b", "parcel two"))
    with following(topic, tmp_path) as running:
        running.await_ready()
        topic.delete("acme", "a")
        assert within(lambda: running.texts() == ["parcel two"])
        assert within(lambda: [head.document_id for head in running.index.documents()] == ["b"])


def test_a_revocation_waits_for_no_preparation(topic: Topic, tmp_path: Path) -> None:
    """Neither for its own, nor for that of documents before it."""

    async def stuck(given: Document) -> tuple[Passage, ...]:
        if "stuck" in given.text:
            await asyncio.sleep(3600)
        return await prepare(given)

    topic.publish(document("a", "parcel one"), document("b", "parcel two"))
    with following(topic, tmp_path, preparing=stuck) as running:
        running.await_ready()
        topic.publish(*(document(f"s{number}", "stuck") for number in range(backlog.IN_HAND + 3)))
        topic.publish(document("a", "parcel one, stuck", version=2, access=AGENTS))
        topic.delete("acme", "b")
        assert within(lambda: running.texts("customer") == [])
        assert not running.stale()


@pytest.mark.parametrize("value", [b"{", b'{"tenant": "acme"}', encode(document("b", "parcel"))])
def test_a_record_that_cannot_be_taken_in_ends_what_its_key_had(
    topic: Topic, tmp_path: Path, value: bytes
) -> None:
    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path) as running:
        running.await_ready()
        topic.write(b"acme/a", value)
        assert within(lambda: running.texts() == [])
        assert within(lambda: sum(running.follower.signs().refused.values()) == 1)
        topic.publish(document("a", "parcel two", version=2))
        assert within(lambda: running.texts("customer") == ["parcel two"])
        assert within(lambda: running.follower.signs().refused == {})


def test_a_record_without_a_documents_key_harms_nothing(topic: Topic, tmp_path: Path) -> None:
    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path) as running:
        running.await_ready()
        topic.write(b"a stranger's key", encode(document("a", "parcel of a stranger", version=9)))
        assert within(lambda: running.follower.signs().refused == {"key_invalid": 1})
        assert running.texts("customer") == ["parcel one"]


def test_a_text_that_cannot_be_read_is_refused_by_its_reason(topic: Topic, tmp_path: Path) -> None:
    async def refusing(given: Document) -> tuple[Passage, ...]:
        if given.version > 1:
            raise Unprocessable("document_unreadable")
        return await prepare(given)

    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path, preparing=refusing) as running:
        running.await_ready()
        topic.publish(document("a", "parcel two", version=2))
        assert within(lambda: running.follower.signs().refused == {"document_unreadable": 1})
        assert running.texts() == []
        assert within(lambda: not running.index.documents())


def test_what_cannot_be_searched_now_withholds_the_old_text_and_is_tried_again(
    topic: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "BACKOFF_SECONDS", 0.01)
    away = True

    async def at_times(given: Document) -> tuple[Passage, ...]:
        if given.version > 1 and away:
            raise Retryable("detector_timed_out")
        return await prepare(given)

    monkeypatch.setattr(backlog, "BACKOFF_LIMIT_SECONDS", 0.05)
    monkeypatch.setattr(backlog, "ATTEMPTS", 1000)
    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path, preparing=at_times) as running:
        running.await_ready()
        topic.publish(document("a", "parcel two", version=2))
        assert within(lambda: running.texts() == [])
        away = False
        assert within(lambda: running.texts("customer") == ["parcel two"])
        assert running.follower.signs().refused == {}


def test_versions_that_contradict_are_noted_and_the_last_record_counts(topic: Topic, tmp_path: Path) -> None:
    with following(topic, tmp_path) as running:
        running.await_ready()
        topic.publish(document("a", "parcel one", version=2))
        topic.publish(document("a", "parcel two", version=2), document("a", "parcel three", version=1))
        assert within(lambda: running.texts("customer") == ["parcel three"])
        wanted = {"version_reused": 1, "version_went_back": 1}
        assert within(lambda: running.follower.signs().notes == wanted)


def test_of_one_key_in_two_partitions_the_later_record_counts(topic: Topic, tmp_path: Path) -> None:
    topic.publish(document("a", "parcel one"), partition=0)
    topic.publish(document("a", "parcel two", version=2), partition=1)
    for slot in ("first", "second"):
        with following(topic, tmp_path / slot) as running:
            running.await_ready()
            assert running.texts("customer") == ["parcel two"]
            assert running.follower.signs().notes == {"key_in_two_partitions": 1}


def test_two_workers_of_a_machine_have_an_index_each(topic: Topic, tmp_path: Path) -> None:
    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path) as one, following(topic, tmp_path) as other:
        one.await_ready()
        other.await_ready()
        topic.publish(document("b", "parcel two"))
        for running in (one, other):
            assert within(partial(_finds_both, running))
        assert len({path.parent for path in tmp_path.rglob("ledger.sqlite")}) == 2


def _finds_both(running: Running) -> bool:
    return running.texts("customer") == ["parcel one", "parcel two"]


def test_a_store_that_is_away_is_tried_again(topic: Topic, tmp_path: Path) -> None:
    refused: list[Batch] = []

    class Away(KnowledgeIndex):
        def apply(self, batch: Batch) -> None:
            if not refused:
                refused.append(batch)
                raise Retryable("knowledge_store_unavailable")
            super().apply(batch)

    def opening(directory: Path, version: str) -> KnowledgeIndex:
        return Away.open(directory, grants=grants, versions=Versions("t", version))

    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path, opening=opening) as running:
        running.await_ready()
        assert refused
        assert running.texts("customer") == ["parcel one"]


def test_while_the_store_is_away_no_more_is_taken_up_than_can_be_written(
    topic: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.knowledge.following.COMMIT_DOCUMENTS", 5)
    waiting: list[int] = []

    class Away(KnowledgeIndex):
        def apply(self, batch: Batch) -> None:
            waiting.append(len(batch.upserts))
            if len(waiting) < 4:
                raise Retryable("knowledge_store_unavailable")
            super().apply(batch)

    def opening(directory: Path, version: str) -> KnowledgeIndex:
        return Away.open(directory, grants=grants, versions=Versions("t", version))

    for number in range(60):
        topic.publish(document(f"d{number:02d}", "parcel"))
    with following(topic, tmp_path, opening=opening) as running:
        running.await_ready()
        assert running.follower.signs().documents == 60
    assert max(waiting[:4]) <= 2 * 5 + backlog.IN_HAND


def test_what_cannot_go_on_ends_the_follower_and_its_answers(topic: Topic, tmp_path: Path) -> None:
    async def broken(_: Document) -> tuple[Passage, ...]:
        raise Fatal("nobody_foresaw_this")

    with following(topic, tmp_path, preparing=broken) as running:
        running.await_ready()
        topic.publish(document("a", "parcel one"))
        assert within(lambda: bool(running.failures))
        assert isinstance(running.failures[0], Fatal)
        assert running.stale()
