"""A record that a publisher wrote with a header name or a time that makes no sense is read like any other."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.consumer import fetcher
from aiokafka.producer import message_accumulator
from aiokafka.producer import producer as producing
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.memory_records import MemoryRecords

from streams.runtime.header_names import LenientRecords, install
from streams.runtime.readback import read_back_many
from streams.runtime.record_time import EARLIEST, LATEST, record_time
from tests.brokers import Broker
from tests.streams.runtime.workers import Lab, laboratory

NONE, GZIP, LZ4 = 0, 1, 3


class Name(str):
    """A header's name as a client in another language may write it: in its own encoding."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return super().encode("latin-1")


def batch(values: Iterable[bytes], name: str, codec: int = NONE) -> bytes:
    """Return a batch of records whose second one alone has a header."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1_000_000)
    for offset, value in enumerate(values):
        headers = [(name, b"v")] if offset == 1 else []
        assert builder.append(offset, timestamp=1, key=b"k", value=value, headers=headers) is not None
    return bytes(builder.build())


def read(records: object) -> Iterator[tuple[int, bytes, list[tuple[str, bytes]]]]:
    while records.has_next():  # type: ignore[attr-defined]
        found = records.next_batch()  # type: ignore[attr-defined]
        assert found.validate_crc()
        yield from ((each.offset, bytes(each.value), list(each.headers)) for each in found)


@pytest.mark.parametrize("codec", [NONE, GZIP, LZ4])
def test_a_header_name_that_is_not_utf8_loses_only_its_own_characters(codec: int) -> None:
    data = batch([b"a", b"b", b"c"], Name("größe"), codec) + batch([b"d"], "plain")

    with pytest.raises(UnicodeDecodeError):
        list(read(MemoryRecords(data)))
    assert list(read(LenientRecords(data))) == [
        (0, b"a", []),
        (1, b"b", [("gr\ufffd\ufffde", b"v")]),
        (2, b"c", []),
        (0, b"d", []),
    ]


def test_all_other_records_are_read_as_before() -> None:
    data = batch([b"a", b"b"], "größe", GZIP)

    assert list(read(LenientRecords(data))) == list(read(MemoryRecords(data)))
    assert LenientRecords(data).size_in_bytes() == len(data)


def test_every_consumer_reads_so() -> None:
    install()

    assert fetcher.MemoryRecords is LenientRecords


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, EARLIEST), (1.5, datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)), (1e300, LATEST)],
)
def test_a_time_that_makes_no_sense_becomes_the_nearest_that_does(seconds: float, expected: datetime) -> None:
    assert record_time(seconds) == expected


@pytest.fixture
def lab(broker: Broker, tmp_path: Path) -> Iterator[Lab]:
    with laboratory(broker, tmp_path) as lab:
        yield lab


async def test_a_record_nobody_should_write_stops_neither_a_stage_nor_a_fold(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (message_accumulator, producing):
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
    far = 10**15 if lab.broker.kind == "embedded" else None  # Apache Kafka itself refuses such a time
    async with AIOKafkaProducer(bootstrap_servers=lab.broker.bootstrap, acks=-1) as producer:
        for value, name, at in ((b"a", "size", None), (b"b", Name("größe"), None), (b"c", "size", far)):
            headers = [(name, b"v")]
            await producer.send_and_wait(lab.plan.source, value, b"k", 0, timestamp_ms=at, headers=headers)
    worker = lab.start()

    assert lab.await_outputs(3) == {b"a": 1, b"b": 1, b"c": 1}
    assert worker.stopped() == 0
    found = read_back_many(lab.broker.bootstrap, [lab.plan.source], [0])[0]
    assert [each.value for each in found] == [b"a", b"b", b"c"]
