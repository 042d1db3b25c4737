from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.errors import Fatal
from schemas.wire import Inbound, Outbound
from streams.runtime.confluent import member_config, produce
from streams.runtime.lane import Lane
from streams.runtime.readback import read_back_many
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import SESSION, Broker


def created(broker: Broker, partitions: int = 1) -> str:
    name = f"l.{uuid4().hex}"
    create_topics(broker.bootstrap, [TopicSpec(name, partitions, timedelta(hours=1))])
    return name


def fenced(broker: Broker, group: str, partition: int = 0) -> Lane:
    lane = Lane(broker.bootstrap, group, partition)
    lane.fence()
    return lane


def out(topic: str, value: bytes, partition: int | None = 0) -> Outbound:
    return Outbound(topic, b"key", value, (("h", b"1"),), partition)


def committed(broker: Broker, topic: str) -> list[Inbound]:
    return read_back_many(broker.bootstrap, [topic], [0])[0]


def values(messages: Sequence[Inbound]) -> list[bytes | None]:
    return [message.value for message in messages]


def test_outputs_arrive_whole_and_in_order(broker: Broker) -> None:
    topic, lane = created(broker), fenced(broker, uuid4().hex)
    lane.transact([out(topic, b"1"), Outbound(topic, None, None)])
    lane.transact([])
    lane.transact([out(topic, b"2", partition=None)])
    first, tombstone, second = committed(broker, topic)
    assert (first.key, first.value, first.headers) == (b"key", b"1", (("h", b"1"),))
    assert (tombstone.key, tombstone.value, tombstone.headers) == (None, None, ())
    assert second.value == b"2"


def test_a_stale_holder_is_fenced(broker: Broker) -> None:
    topic, group = created(broker), uuid4().hex
    stale = fenced(broker, group)
    stale.transact([out(topic, b"before")])
    successor = fenced(broker, group)
    with pytest.raises(Fatal, match="fenced"):
        stale.transact([out(topic, b"too late")])
    successor.transact([out(topic, b"after")])
    assert values(committed(broker, topic)) == [b"before", b"after"]


def test_another_partition_is_not_fenced(broker: Broker) -> None:
    topic, group = created(broker), uuid4().hex
    one, two = fenced(broker, group, 0), fenced(broker, group, 1)
    one.transact([out(topic, b"one")])
    two.transact([out(topic, b"two")])
    assert values(committed(broker, topic)) == [b"one", b"two"]


def test_a_fence_ends_the_open_transaction_so_that_a_fold_is_final(broker: Broker) -> None:
    topic, group = created(broker), uuid4().hex
    stale = fenced(broker, group)
    stale._producer.begin_transaction()
    produce(stale._producer, out(topic, b"open"))
    assert stale._producer.flush(10) == 0
    successor = fenced(broker, group)
    folded = values(committed(broker, topic))
    assert folded == ([] if broker.transactions else [b"open"])
    successor.transact([out(topic, b"after")])
    assert values(committed(broker, topic)) == [*folded, b"after"]


def test_a_failed_transaction_holds_no_reader_back(broker: Broker) -> None:
    topic, lane = created(broker), fenced(broker, uuid4().hex)
    with pytest.raises(Fatal, match="transaction_failed: MSG_SIZE_TOO_LARGE"):
        lane.transact([out(topic, b"small"), out(topic, b"x" * 2_000_000)])
    fenced(broker, uuid4().hex).transact([out(topic, b"after")])
    assert values(committed(broker, topic)) == [b"after"]


def test_an_unreachable_broker_cannot_be_fenced_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.runtime.lane.FENCE_SECONDS", 0.2)
    with pytest.raises(Fatal, match="fence_failed: _TIMED_OUT"):
        Lane("127.0.0.1:1", "group", 0).fence()


def test_offsets_are_stored_with_the_outputs(broker: Broker) -> None:
    source, sink, group = created(broker), created(broker), uuid4().hex
    fenced(broker, uuid4().hex).transact([out(source, b"1"), out(source, b"2")])
    consumer = Consumer(member_config(broker.bootstrap, group, SESSION))
    consumer.subscribe([source])
    assert len(consumer.consume(2, 20)) == 2
    offset = TopicPartition(source, 0, 2)
    fenced(broker, group).transact([out(sink, b"done")], [offset], consumer.consumer_group_metadata())
    [stored] = consumer.committed([TopicPartition(source, 0)], 10)
    consumer.close()
    assert stored.offset == 2
    assert values(committed(broker, sink)) == [b"done"]
