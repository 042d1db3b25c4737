from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from schemas.errors import Fatal
from schemas.topics import Topic
from streams.runtime.confluent import inbound, producer_config, reader_config
from streams.runtime.topics import TopicSpec, Unmet, create_topics, verify_topics
from streams.topic_specs import declared_topics
from streams.topology import EXTERNAL
from tests.brokers import Broker


def spec(partitions: int = 2) -> TopicSpec:
    return TopicSpec(
        f"t.{uuid4().hex}", partitions, timedelta(hours=1), append_time=True, max_bytes=2_000_000
    )


def settings(unmet: tuple[Unmet, ...]) -> set[str]:
    return {each.setting for each in unmet}


def test_settings_are_kafkas_own() -> None:
    kept = TopicSpec("kept", 1, None, compacted=True)
    assert kept.settings() == {
        "cleanup.policy": "compact",
        "retention.ms": "-1",
        "message.timestamp.type": "CreateTime",
    }
    assert TopicSpec("deletions", 1, timedelta(hours=1), compacted=True).settings() == {
        "cleanup.policy": "compact",
        "retention.ms": "3600000",
        "delete.retention.ms": "3600000",
        "message.timestamp.type": "CreateTime",
    }
    assert TopicSpec("a", 1, timedelta(hours=1), append_time=True, max_bytes=9).settings() == {
        "cleanup.policy": "delete",
        "retention.ms": "3600000",
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": "9",
    }


def test_what_is_kept_uncompressed_is_limited_in_its_true_size(broker: Broker) -> None:
    if broker.kind == "embedded":
        pytest.skip("the embedded broker keeps what it is sent")
    topic = replace(spec(1), max_bytes=100_000, uncompressed=True)
    assert create_topics(broker.bootstrap, [topic]) == ()
    producer = Producer(
        producer_config(broker.bootstrap, {"compression.type": "gzip", "message.max.bytes": 10_000_000})
    )
    errors: list[object] = []
    for size in (50_000, 5_000_000):
        producer.produce(
            topic.name, bytes(size), on_delivery=lambda error, _: errors.append(error and error.name())
        )
    assert producer.flush(10) == 0
    assert errors == [None, "MSG_SIZE_TOO_LARGE"]


def test_what_comes_from_outside_is_kept_uncompressed() -> None:
    kept = {
        spec.name for spec in declared_topics(1) if spec.settings().get("compression.type") == "uncompressed"
    }
    assert kept == {*EXTERNAL, Topic.DOCUMENTS}


def test_creating_twice_is_creating_once(broker: Broker) -> None:
    topics = (spec(), spec(3))
    first = create_topics(broker.bootstrap, topics)
    assert create_topics(broker.bootstrap, (*topics, spec())) >= first
    assert verify_topics(broker.bootstrap, topics) == first


def test_settings_in_effect_are_told_from_settings_repeated(broker: Broker) -> None:
    topic = spec()
    unmet = create_topics(broker.bootstrap, [topic])
    expected = set() if broker.kind == "kafka" else set(topic.settings())
    assert settings(unmet) == expected
    assert all(each.found is None for each in unmet)


def test_append_time_is_in_effect_exactly_where_it_is_not_reported_unmet(broker: Broker) -> None:
    topic = spec(1)
    unmet = create_topics(broker.bootstrap, [topic])
    producer = Producer(producer_config(broker.bootstrap))
    producer.produce(topic.name, b"v", timestamp=1000)
    assert producer.flush(10) == 0
    reader = Consumer(reader_config(broker.bootstrap))
    reader.assign([TopicPartition(topic.name, 0, OFFSET_BEGINNING)])
    [message] = reader.consume(1, 10)
    reader.close()
    assert (inbound(message).timestamp.year == 1970) == ("message.timestamp.type" in settings(unmet))


def test_too_few_partitions_are_refused(broker: Broker) -> None:
    topic = spec(2)
    create_topics(broker.bootstrap, [topic])
    with pytest.raises(Fatal, match=r"topic_partitions_too_few: .* has 2, needs 3"):
        create_topics(broker.bootstrap, [replace(topic, partitions=3)])


def test_more_partitions_are_reported(broker: Broker) -> None:
    topic = spec(2)
    create_topics(broker.bootstrap, [topic])
    unmet = create_topics(broker.bootstrap, [replace(topic, partitions=1)])
    assert Unmet(topic.name, "partitions", "1", "2") in unmet


@pytest.mark.kafka
def test_a_differing_setting_is_reported_with_the_brokers_value(apache_kafka: Broker) -> None:
    topic = spec()
    create_topics(apache_kafka.bootstrap, [topic])
    unmet = create_topics(apache_kafka.bootstrap, [replace(topic, compacted=True)])
    assert unmet == (
        Unmet(topic.name, "cleanup.policy", "compact", "delete"),
        Unmet(topic.name, "delete.retention.ms", "3600000", "86400000"),
    )


def test_a_missing_topic_is_named(broker: Broker) -> None:
    with pytest.raises(Fatal, match="topic_missing: t"):
        verify_topics(broker.bootstrap, [spec()])


@pytest.mark.kafka
def test_a_refused_topic_is_named(apache_kafka: Broker) -> None:
    with pytest.raises(Fatal, match="topic_not_created: not a name: TOPIC_EXCEPTION"):
        create_topics(apache_kafka.bootstrap, [TopicSpec("not a name", 1, None)])


def test_nothing_to_create_is_no_error(broker: Broker) -> None:
    assert create_topics(broker.bootstrap, []) == ()
