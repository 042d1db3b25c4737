import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition

from schemas.errors import Fatal, Unprocessable
from schemas.wire import Outbound
from streams.runtime.contracts import Writer
from streams.runtime.lane import Lane
from streams.runtime.lane_writer import LaneWriter
from streams.runtime.readback import read_back_many
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import Broker


@pytest.fixture
def topic(broker: Broker) -> str:
    name = f"w.{uuid4().hex}"
    create_topics(broker.bootstrap, [TopicSpec(name, 2, timedelta(hours=1))])
    return name


@pytest.fixture
def group() -> str:
    return uuid4().hex


@pytest.fixture
async def writer(broker: Broker, group: str) -> AsyncIterator[LaneWriter]:
    lanes = LaneWriter(broker.bootstrap, group)
    await lanes.fence([0, 1])
    yield lanes
    await lanes.close()


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of outputs in each transaction, in the order of their commits."""
    sizes: list[int] = []
    transact = Lane.transact

    def counted(
        lane: Lane,
        outputs: Sequence[Outbound],
        offsets: Sequence[TopicPartition] = (),
        group_metadata: object | None = None,
    ) -> None:
        transact(lane, outputs, offsets, group_metadata)
        sizes.append(len(outputs))

    monkeypatch.setattr(Lane, "transact", counted)
    return sizes


def outs(topic: str, number: int, partition: int = 0) -> list[Outbound]:
    return [Outbound(topic, None, b"%d.%d" % (number, part), partition=partition) for part in range(2)]


def values(broker: Broker, topic: str, partition: int = 0) -> list[bytes | None]:
    return [message.value for message in read_back_many(broker.bootstrap, [topic], [partition])[partition]]


async def test_what_arrives_together_shares_a_transaction_in_order(
    broker: Broker, topic: str, writer: LaneWriter, transactions: list[int]
) -> None:
    port: Writer = writer
    await asyncio.gather(*(port.write(0, outs(topic, number)) for number in range(50)))
    assert values(broker, topic) == [b"%d.%d" % (number, part) for number in range(50) for part in range(2)]
    assert sum(transactions) == 100
    assert len(transactions) < 10


async def test_a_write_returns_only_once_committed(broker: Broker, topic: str, writer: LaneWriter) -> None:
    for number in range(3):
        await writer.write(1, outs(topic, number, partition=1))
        assert len(values(broker, topic, 1)) == 2 * (number + 1)


async def test_a_fenced_writer_fails_every_waiter_and_stays_failed(
    broker: Broker, topic: str, group: str, writer: LaneWriter
) -> None:
    await writer.write(0, outs(topic, 0))
    Lane(broker.bootstrap, group, 0).fence()
    waiters = (writer.write(0, outs(topic, number)) for number in range(1, 6))
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(result) for result in results] == [Fatal] * 5
    with pytest.raises(Fatal, match="fenced"):
        await writer.write(0, outs(topic, 6))
    await writer.write(1, outs(topic, 7, partition=1))
    assert values(broker, topic) == [b"0.0", b"0.1"]
    assert values(broker, topic, 1) == [b"7.0", b"7.1"]


async def test_fencing_again_makes_a_released_partition_writable(
    broker: Broker, topic: str, writer: LaneWriter
) -> None:
    pending = asyncio.create_task(writer.write(0, outs(topic, 0)))
    await asyncio.sleep(0)
    await writer.release([0])
    assert pending.done()
    with pytest.raises(Fatal, match="not_fenced: partition 0"):
        await writer.write(0, outs(topic, 1))
    await writer.fence([0])
    await writer.write(0, outs(topic, 2))
    assert values(broker, topic) == [b"0.0", b"0.1", b"2.0", b"2.1"]


async def test_a_cancelled_waiter_stops_nobody(broker: Broker, topic: str, writer: LaneWriter) -> None:
    first, second = (asyncio.create_task(writer.write(0, outs(topic, number))) for number in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert values(broker, topic) == [b"0.0", b"0.1", b"1.0", b"1.1"]


async def test_an_unexpected_error_leaves_no_waiter_hanging(
    topic: str, writer: LaneWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Lane, "transact", broken)
    with pytest.raises(Fatal, match="transaction_failed: ZeroDivisionError"):
        await writer.write(0, outs(topic, 0))


async def test_an_oversized_output_is_the_events_fault(
    broker: Broker, topic: str, writer: LaneWriter
) -> None:
    with pytest.raises(Unprocessable, match="output_too_large"):
        await writer.write(0, [*outs(topic, 0), Outbound(topic, None, b"x" * 1_000_001)])
    await writer.write(0, [Outbound(topic, None, b"x" * 1_000_000, partition=0)])
    assert len(values(broker, topic)) == 1


async def test_nothing_to_write_needs_no_transaction(writer: LaneWriter, transactions: list[int]) -> None:
    await writer.write(0, [])
    assert transactions == []
