"""An index that was left alone: it goes on where it stood, or is built anew when it may have missed a deletion."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from schemas.knowledge import Document, Passage
from streams.embedded.broker import EmbeddedBroker, free_port
from streams.runtime.confluent import base_config
from tests.brokers import Broker
from tests.streams.knowledge.followers import Running, Topic, document, following, prepare, within

DAY = timedelta(days=1).total_seconds()


class Counting:
    """Prepares documents and remembers which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def __call__(self, given: Document) -> tuple[Passage, ...]:
        self.names.append(given.document_id)
        return await prepare(given)


def admin(topic: Topic) -> AdminClient:
    return AdminClient(base_config(topic.bootstrap))


def remade(topic: Topic) -> None:
    client = admin(topic)
    client.delete_topics([topic.name])[topic.name].result(30)
    assert within(lambda: topic.name not in client.list_topics(timeout=10).topics)
    topic.create()


@pytest.fixture
def kept(topic: Topic, tmp_path: Path) -> Topic:
    """A topic of two documents, followed before."""
    topic.publish(document("a", "parcel one"), document("b", "parcel two"))
    with following(topic, tmp_path) as running:
        running.await_ready()
        assert running.texts("customer") == ["parcel one", "parcel two"]
    return topic


def test_it_goes_on_where_it_stood(kept: Topic, tmp_path: Path) -> None:
    kept.delete("acme", "a")
    kept.publish(document("c", "parcel three"))
    counting = Counting()
    with following(kept, tmp_path, preparing=counting) as running:
        running.await_ready()
        assert running.texts("customer") == ["parcel three", "parcel two"]
        assert running.follower.signs().rebuilt == ""
    assert counting.names == ["c"]


def test_refusals_are_remembered(kept: Topic, tmp_path: Path) -> None:
    kept.write(b"acme/a", b"{")
    for _ in range(2):
        with following(kept, tmp_path) as running:
            running.await_ready()
            assert running.follower.signs().refused == {"not_json": 1}


def test_other_rules_prepare_everything_anew(kept: Topic, tmp_path: Path) -> None:
    counting = Counting()
    with following(kept, tmp_path, preparing=counting, detector="d2") as running:
        running.await_ready()
        assert running.texts("customer") == ["parcel one", "parcel two"]
    assert sorted(counting.names) == ["a", "b"]


@pytest.mark.parametrize(("days", "rebuilt"), [(6.0, ""), (6.5, "away_too_long"), (30.0, "away_too_long")])
def test_who_was_away_longer_than_deletions_stay_begins_anew(
    kept: Topic, tmp_path: Path, days: float, rebuilt: str
) -> None:
    """With a tenth of that time to spare."""
    (ledger,) = tmp_path.rglob("ledger.sqlite")
    with sqlite3.connect(ledger) as connection:
        moment = str(time.time() - days * DAY)
        connection.execute("UPDATE log SET value = ? WHERE name = 'confirmed_at'", (moment,))
    connection.close()
    counting = Counting()
    with following(kept, tmp_path, preparing=counting) as running:
        running.await_ready()
        assert running.follower.signs().rebuilt == rebuilt
        assert running.texts("customer") == ["parcel one", "parcel two"]
    assert sorted(counting.names) == (["a", "b"] if rebuilt else [])


def test_a_live_index_counts_as_confirmed(topic: Topic, tmp_path: Path) -> None:
    began = datetime.now(UTC).timestamp()
    with following(topic, tmp_path) as running:
        running.await_ready()
    (ledger,) = tmp_path.rglob("ledger.sqlite")
    connection = sqlite3.connect(ledger)
    ((value,),) = connection.execute("SELECT value FROM log WHERE name = 'confirmed_at'")
    connection.close()
    assert began <= float(value) <= time.time()


def test_without_its_ledger_an_index_is_not_believed(kept: Topic, tmp_path: Path) -> None:
    for path in tmp_path.rglob("ledger.sqlite*"):
        path.unlink()
    counting = Counting()
    with following(kept, tmp_path, preparing=counting) as running:
        running.await_ready()
    assert sorted(counting.names) == ["a", "b"]


def test_a_topic_made_anew_is_read_from_its_beginning(kept: Topic, tmp_path: Path) -> None:
    """Also if it has grown beyond the offsets that are kept."""
    remade(kept)
    kept.publish(*(document(f"n{number}", f"parcel {number}") for number in range(6)))
    with following(kept, tmp_path) as running:
        running.await_ready()
        assert running.follower.signs().rebuilt == "topic_recreated"
        assert running.texts("customer") == [f"parcel {number}" for number in range(6)]


@pytest.mark.kafka
def test_a_topic_made_anew_under_way_is_noticed(apache_kafka: Broker, tmp_path: Path) -> None:
    topic = Topic(apache_kafka.bootstrap)
    topic.create()
    topic.publish(document("a", "parcel one"), document("b", "parcel two"))
    with following(topic, tmp_path, max_stale_seconds=3) as running:
        running.await_ready()
        remade(topic)
        topic.publish(document("c", "parcel three"))
        assert within(lambda: running.follower.ready and running.texts() == ["parcel three"], 60)
        assert running.follower.signs().rebuilt in {"topic_recreated", "topic_missing", "offset_out_of_range"}


@pytest.mark.kafka
def test_a_log_that_begins_behind_what_was_read_is_read_anew(apache_kafka: Broker, tmp_path: Path) -> None:
    """As it does where somebody has set the topic up to forget what is old."""
    topic = Topic(apache_kafka.bootstrap, partitions=1, compacted=False)
    topic.create()
    topic.publish(document("a", "parcel one"))
    with following(topic, tmp_path) as running:
        running.await_ready()
    topic.delete("acme", "a")
    topic.publish(document("b", "parcel two"), document("c", "parcel three"))
    client = admin(topic)
    for done in client.delete_records([TopicPartition(topic.name, 0, 3)]).values():
        done.result()
    with following(topic, tmp_path) as running:
        running.await_ready()
        assert running.follower.signs().rebuilt == "offset_out_of_range"
        assert running.texts("customer") == ["parcel three"]


@pytest.mark.kafka
def test_partitions_that_are_added_are_read(apache_kafka: Broker, tmp_path: Path) -> None:
    topic = Topic(apache_kafka.bootstrap, partitions=1)
    topic.create()
    with following(topic, tmp_path, max_stale_seconds=3) as running:
        running.await_ready()
        client = admin(topic)
        client.create_partitions([NewPartitions(topic.name, 3)])[topic.name].result(30)
        assert within(lambda: len(client.list_topics(timeout=10).topics[topic.name].partitions) == 3)
        topic.publish(document("a", "parcel one"), partition=2)
        assert within(lambda: running.texts("customer") == ["parcel one"])
        assert within(lambda: not running.stale())


def grown_stale(running: Running) -> bool:
    return within(running.stale)


def test_a_broker_that_is_gone_makes_an_index_stale(tmp_path: Path) -> None:
    """One that comes back with nothing has no documents to be answered from."""
    port, state = free_port(), tmp_path / "state"
    broker = EmbeddedBroker(tmp_path, port)
    broker.start()
    topic = Topic(broker.bootstrap)
    try:
        topic.create()
        topic.publish(document("a", "parcel one"))
        with following(topic, state, max_stale_seconds=2) as running:
            running.await_ready()
            broker.stop()
            assert grown_stale(running)
            assert not running.follower.ready
            broker.start()
            again = Topic(broker.bootstrap, topic.name)  # its producer knows nothing of the broker before
            again.create()
            again.publish(document("b", "parcel two"))
            assert within(lambda: not running.stale(), 60)
            assert running.texts("customer") == ["parcel two"]
            assert not running.failures
    finally:
        broker.stop()


@pytest.mark.kafka
def test_a_broker_that_comes_back_is_followed_on(apache_kafka: Broker, tmp_path: Path) -> None:
    assert apache_kafka.bounce is not None
    topic = Topic(apache_kafka.bootstrap)
    topic.create()
    topic.publish(document("a", "parcel one"))
    counting = Counting()
    with following(topic, tmp_path, preparing=counting, max_stale_seconds=2) as running:
        running.await_ready()
        apache_kafka.bounce(4)
        topic.publish(document("b", "parcel two"))
        assert within(lambda: not running.stale() and len(running.texts("customer")) == 2, 60)
        assert running.follower.signs().rebuilt == ""
    assert counting.names == ["a", "b"]
