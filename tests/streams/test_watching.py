from contextlib import closing
from itertools import islice

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.errors import Retryable
from schemas.wire import Outbound
from streams.embedded.broker import free_port
from streams.publishing import publish
from streams.runtime.confluent import base_config
from streams.watching import read_to_end, watch
from tests.brokers import Broker

COUNT = 500


def topic_of(broker: Broker, name: str, partitions: int = 3) -> str:
    admin = AdminClient(base_config(broker.bootstrap))
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)
    return name


def records(topic: str, count: int = COUNT) -> list[Outbound]:
    return [Outbound(topic, f"{number % 7}".encode(), f"{number}".encode()) for number in range(count)]


def test_what_was_published_is_read_to_its_end(broker: Broker) -> None:
    topic = topic_of(broker, "watching-to-end")
    places = publish(broker.bootstrap, records(topic))
    found = {(each.partition, each.offset): each for each in read_to_end(broker.bootstrap, [topic])}
    assert len(places) == len(set(places)) == COUNT
    assert [found[place].value for place in places] == [f"{number}".encode() for number in range(COUNT)]
    assert found.keys() == set(places)


def test_records_of_a_key_keep_their_order(broker: Broker) -> None:
    topic = topic_of(broker, "watching-order")
    publish(broker.bootstrap, records(topic))
    by_key: dict[bytes, list[int]] = {}
    for each in read_to_end(broker.bootstrap, [topic]):
        by_key.setdefault(each.key or b"", []).append(int(each.value or b""))
    assert by_key == {f"{key}".encode(): list(range(key, COUNT, 7)) for key in range(7)}


def test_empty_topics_end_at_once(broker: Broker) -> None:
    assert list(read_to_end(broker.bootstrap, [topic_of(broker, "watching-empty")])) == []


def test_a_watch_goes_on_with_what_comes_later(broker: Broker) -> None:
    topic = topic_of(broker, "watching-later")
    publish(broker.bootstrap, records(topic, 1))
    with closing(watch(broker.bootstrap, [topic])) as found:
        first = next(each for each in found if each is not None)
        assert next(found) is None
        publish(broker.bootstrap, records(topic, 2))
        later = list(islice((each for each in found if each is not None), 2))
    assert first.value == b"0"
    assert {each.value for each in later} == {b"0", b"1"}


def test_a_topic_that_is_not_there_is_named(broker: Broker) -> None:
    with pytest.raises(Retryable, match="topic_missing: watching-nowhere"):
        list(read_to_end(broker.bootstrap, ["watching-nowhere"]))


def test_a_record_goes_to_the_partition_it_names(broker: Broker) -> None:
    topic = topic_of(broker, "watching-partition")
    places = publish(
        broker.bootstrap, [Outbound(topic, b"key", b"value", partition=number) for number in (2, 0, 2)]
    )
    assert places == [(2, 0), (0, 0), (2, 1)]


def test_a_broker_that_is_away_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.watching.METADATA_SECONDS", 0.5)
    monkeypatch.setattr("streams.publishing.FLUSH_SECONDS", 0.5)
    away = f"127.0.0.1:{free_port()}"
    with pytest.raises(Retryable, match="broker_unreachable"):
        list(read_to_end(away, ["requests"]))
    with pytest.raises(Retryable, match="not_published"):
        publish(away, [Outbound("requests", None, b"value")])
