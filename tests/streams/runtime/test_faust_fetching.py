"""A fetch that is under way while partitions change hands, with aiokafka itself on a broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import Producer

from streams.runtime import faust_corrections
from streams.runtime.confluent import producer_config
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import Broker

VALUES = [b"0", b"1", b"2"]
WAIT_SECONDS = 3.0


@pytest.fixture
def partitions(embedded_broker: Broker) -> tuple[TopicPartition, TopicPartition]:
    """A partition without records, and one with some."""
    topic = f"fetching-{uuid.uuid4()}"
    create_topics(embedded_broker.bootstrap, [TopicSpec(topic, 2, timedelta(hours=1))])
    empty, full = TopicPartition(topic, 0), TopicPartition(topic, 1)
    publish(embedded_broker, full)
    return empty, full


@pytest.fixture
async def client(
    embedded_broker: Broker, partitions: tuple[TopicPartition, TopicPartition]
) -> AsyncIterator[Any]:
    """A client that is assigned the partition without records."""
    client = AIOKafkaConsumer(
        bootstrap_servers=embedded_broker.bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=50
    )
    await client.start()
    client.assign(partitions[:1])
    yield client
    await client.stop()


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Any]:
    made = faust.App("fetching", broker="kafka://127.0.0.1:1", datadir=tmp_path, autodiscover=False)
    yield made
    made.consumer._thread.thread_loop.close()


def publish(broker: Broker, to: TopicPartition) -> None:
    producer = Producer(producer_config(broker.bootstrap))
    for value in VALUES:
        producer.produce(to.topic, value, partition=to.partition)
    assert producer.flush(30) == 0


async def fetched(app: Any, client: Any, active: set[TopicPartition]) -> list[bytes]:
    records = await app.consumer._thread._fetch_records(client, active, timeout=WAIT_SECONDS, max_records=100)
    return [record.value for taken in records.values() for record in taken]


async def under_way(app: Any, client: Any, active: set[TopicPartition]) -> asyncio.Task[list[bytes]]:
    fetch = asyncio.create_task(fetched(app, client, active))
    await asyncio.sleep(0.1)
    assert not fetch.done()
    return fetch


async def fetched_across_a_rebalance(app: Any, client: Any, partitions: tuple[Any, Any]) -> list[bytes]:
    """What a fetch returns that began before the partition with records was assigned and held."""
    empty, full = partitions
    active = {empty}
    fetch = await under_way(app, client, active)
    active.clear()
    client.assign([full])
    return await fetch


async def test_stock_faust_takes_records_of_partitions_that_are_not_active(
    app: Any, client: Any, partitions: tuple[Any, Any]
) -> None:
    """The fault itself: `getmany` drops what is not active, and the position is past it."""
    assert await fetched_across_a_rebalance(app, client, partitions) == VALUES
    assert await client.position(partitions[1]) == len(VALUES)


async def test_what_a_fetch_took_across_a_rebalance_is_read_again(
    app: Any, client: Any, partitions: tuple[Any, Any], embedded_broker: Broker
) -> None:
    """What was assigned again is held again, although the fetch was told that it is active."""
    faust_corrections.apply(app)
    fetch = await under_way(app, client, {partitions[0]})
    client.assign(partitions)
    publish(embedded_broker, partitions[0])
    assert await fetch == []
    assert await fetched(app, client, {partitions[0]}) == VALUES


async def test_a_fetch_does_not_take_what_was_assigned_meanwhile(
    app: Any, client: Any, partitions: tuple[Any, Any]
) -> None:
    faust_corrections.apply(app)
    assert await fetched_across_a_rebalance(app, client, partitions) == []
    assert await fetched(app, client, {partitions[1]}) == VALUES


async def test_a_fetch_does_not_take_what_is_paused(
    app: Any, client: Any, partitions: tuple[Any, Any], embedded_broker: Broker
) -> None:
    """Within one assignment, when the last partition that it was to fetch has been paused meanwhile."""
    faust_corrections.apply(app)
    client.assign(partitions)
    active = {partitions[0]}
    fetch = await under_way(app, client, active)
    active.clear()
    publish(embedded_broker, partitions[0])
    assert await fetch == VALUES
    assert await fetched(app, client, {partitions[1]}) == VALUES


async def test_what_a_fetch_took_after_the_flow_was_stopped_is_read_again(
    app: Any, client: Any, partitions: tuple[Any, Any], embedded_broker: Broker
) -> None:
    """Also within one assignment: the fetch may have begun just after it, before its partitions were held."""
    faust_corrections.apply(app)
    fetch = await under_way(app, client, {partitions[0]})
    app.consumer.stop_flow()
    app.consumer.resume_flow()
    publish(embedded_broker, partitions[0])
    assert await fetch == []
    assert await fetched(app, client, {partitions[0]}) == VALUES


async def test_nothing_active_fetches_nothing(app: Any, client: Any, partitions: tuple[Any, Any]) -> None:
    faust_corrections.apply(app)
    client.assign(partitions[1:])
    assert await fetched(app, client, set()) == []
    assert await fetched(app, client, {partitions[1]}) == VALUES
