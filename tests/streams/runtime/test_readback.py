from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.errors import Fatal
from schemas.wire import Inbound
from streams.runtime.confluent import base_config, producer_config
from streams.runtime.readback import read_back_many
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import Broker


def created(broker: Broker, partitions: int = 3) -> str:
    name = f"r.{uuid4().hex}"
    create_topics(broker.bootstrap, [TopicSpec(name, partitions, timedelta(hours=1))])
    return name


def transactional(broker: Broker) -> Producer:
    producer = Producer(producer_config(broker.bootstrap, {"transactional.id": uuid4().hex}))
    producer.init_transactions(30)
    return producer


def produce(producer: Producer, topic: str, partition: int, values: Sequence[bytes]) -> None:
    for value in values:
        producer.produce(topic, value, partition=partition)


def values(messages: Sequence[Inbound]) -> list[bytes | None]:
    return [message.value for message in messages]


def test_an_empty_partition_ends_at_once(broker: Broker) -> None:
    assert read_back_many(broker.bootstrap, [created(broker)], [0])[0] == []


def test_every_topic_and_partition_is_read_to_its_end(broker: Broker) -> None:
    one, two = created(broker), created(broker)
    producer = Producer(producer_config(broker.bootstrap))
    produce(producer, one, 0, [b"a", b"b"])
    produce(producer, two, 0, [b"c"])
    produce(producer, two, 2, [b"d"])
    produce(producer, one, 1, [b"not asked for"])
    assert producer.flush(10) == 0
    found = read_back_many(broker.bootstrap, [one, two], [0, 2])
    assert {number: set(values(each)) for number, each in found.items()} == {0: {b"a", b"b", b"c"}, 2: {b"d"}}
    assert values([message for message in found[0] if message.topic == one]) == [b"a", b"b"]


def test_messages_come_whole(broker: Broker) -> None:
    topic = created(broker)
    producer = Producer(producer_config(broker.bootstrap))
    producer.produce(topic, None, b"key", partition=1, headers=[("h", b"1"), ("h", b"2")])
    producer.produce(topic, b"v", partition=1)
    assert producer.flush(10) == 0
    tombstone, keyless = read_back_many(broker.bootstrap, [topic], [1])[1]
    assert (tombstone.topic, tombstone.partition, tombstone.offset) == (topic, 1, 0)
    assert (tombstone.key, tombstone.value, tombstone.header("h")) == (b"key", None, b"2")
    assert tombstone.timestamp.utcoffset() == timedelta(0)
    assert tombstone.timestamp.year > 2000
    assert (keyless.offset, keyless.key, keyless.value, keyless.headers) == (1, None, b"v", ())


def test_a_batch_is_read_to_its_last_record(broker: Broker) -> None:
    topic = created(broker)
    producer = Producer(producer_config(broker.bootstrap, {"linger.ms": 200}))
    produce(producer, topic, 0, [b"%d" % number for number in range(1200)])
    assert producer.flush(10) == 0
    assert len(read_back_many(broker.bootstrap, [topic], [0])[0]) == 1200


@pytest.mark.kafka
def test_expired_records_are_no_obstacle(apache_kafka: Broker) -> None:
    topic = created(apache_kafka)
    producer = Producer(producer_config(apache_kafka.bootstrap))
    produce(producer, topic, 0, [b"expired", b"expired", b"kept"])
    assert producer.flush(10) == 0
    admin = AdminClient(base_config(apache_kafka.bootstrap))
    for done in admin.delete_records([TopicPartition(topic, 0, 2)]).values():
        done.result()
    assert values(read_back_many(apache_kafka.bootstrap, [topic], [0])[0]) == [b"kept"]


def test_it_ends_behind_a_control_marker(broker: Broker) -> None:
    topic, producer = created(broker), transactional(broker)
    producer.begin_transaction()
    produce(producer, topic, 0, [b"committed"])
    producer.commit_transaction(30)
    assert values(read_back_many(broker.bootstrap, [topic], [0])[0]) == [b"committed"]


def test_aborted_records_are_hidden_where_transactions_work(broker: Broker) -> None:
    topic, producer = created(broker), transactional(broker)
    producer.begin_transaction()
    produce(producer, topic, 0, [b"aborted"])
    producer.flush(10)
    producer.abort_transaction(30)
    expected = [] if broker.transactions else [b"aborted"]
    assert values(read_back_many(broker.bootstrap, [topic], [0])[0]) == expected


def test_an_open_transaction_ends_the_partition(broker: Broker) -> None:
    topic, producer, other = created(broker), transactional(broker), transactional(broker)
    producer.begin_transaction()
    produce(producer, topic, 0, [b"open"])
    assert producer.flush(10) == 0
    other.begin_transaction()
    produce(other, topic, 0, [b"behind it"])
    other.commit_transaction(30)
    assert values(read_back_many(broker.bootstrap, [topic], [0])[0]) == []
    producer.commit_transaction(30)
    assert values(read_back_many(broker.bootstrap, [topic], [0])[0]) == [b"open", b"behind it"]


def test_a_topic_that_is_not_there_fails_the_fold(broker: Broker) -> None:
    with pytest.raises(Fatal, match="read_back_failed"):
        read_back_many(broker.bootstrap, [f"absent.{uuid4().hex}"], [0], silence_seconds=1)


def test_silence_fails_the_fold() -> None:
    with pytest.raises(Fatal, match="read_back_failed: 1 partitions fell silent"):
        read_back_many("127.0.0.1:1", ["t"], [0], silence_seconds=0.1)
