"""The record loop on a broker: nothing skipped, nothing committed before it is stored, the group kept while waiting."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.endings import Control
from schemas.envelope import Message
from schemas.errors import Fatal, Retryable
from schemas.topics import Topic
from schemas.wire import Inbound
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Writer
from streams.runtime import record_loop
from streams.runtime.confluent import producer_config, reader_config
from streams.runtime.record_loop import RecordLoop, RecordSettings
from streams.runtime.topics import TopicSpec, create_topics
from tests.brokers import SESSION, Broker

SECONDS = 60
BACKOFF_SECONDS = 0.2
LONG_TRIES = round(2 * SESSION.timeout_seconds / BACKOFF_SECONDS)
"""As many as fill twice the session: a member that fell silent meanwhile would have been given up."""


class Counted(Message):
    """A message of a number."""

    topic: ClassVar[Topic] = Topic.AUDIT
    event_type: ClassVar[str] = "test.counted"

    number: int


@dataclass
class Remembering:
    """A sink that can be away, or end the worker, and remembers what it stored."""

    stored: list[tuple[str, int, int, int | str]] = field(default_factory=list)
    taken: list[tuple[str, int, int, int | str]] = field(default_factory=list)
    error: Exception | None = None
    tries: int = 0
    flushed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def backlog(self) -> int:
        return len(self.taken)

    def take(self, inbound: Inbound, message: Message) -> None:
        assert isinstance(message, Counted)
        self.taken.append((inbound.topic, inbound.partition, inbound.offset, message.number))

    def refuse(self, inbound: Inbound, error: str) -> None:
        self.taken.append((inbound.topic, inbound.partition, inbound.offset, error))

    def flush(self) -> None:
        with self.flushed:
            self.tries += 1
            self.flushed.notify_all()
            if self.error is not None:
                raise self.error
            self.stored += self.taken
            self.taken = []

    def until(self, done: int) -> None:
        with self.flushed:
            assert self.flushed.wait_for(lambda: len(self.stored) >= done, SECONDS), len(self.stored)

    def until_tries(self, tries: int) -> None:
        with self.flushed:
            assert self.flushed.wait_for(lambda: self.tries >= tries, SECONDS), self.tries

    def numbers(self) -> list[int | str]:
        return [number for *_, number in self.stored]


@dataclass
class Running:
    loop: RecordLoop
    stop: threading.Event
    thread: threading.Thread
    failures: list[BaseException]

    def end(self) -> None:
        self.stop.set()
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture
def topic(broker: Broker) -> str:
    return created(broker)


def created(broker: Broker) -> str:
    name = f"rec.{uuid4().hex}"
    create_topics(broker.bootstrap, [TopicSpec(name, 2, timedelta(hours=1))])
    return name


def settings(broker: Broker, topic: str) -> RecordSettings:
    return RecordSettings(
        broker.bootstrap,
        group=f"g.{topic}",
        session=SESSION,
        linger_seconds=0.1,
        poll_interval_seconds=SESSION.timeout_seconds,
        backoff_seconds=0.1,
        backoff_limit_seconds=BACKOFF_SECONDS,
    )


@contextmanager
def running(
    sink: record_loop.Sink, classes: dict[str, type[Message]], how: RecordSettings
) -> Iterator[Running]:
    loop, stop, failures = RecordLoop(sink, classes, how), threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            loop.run(stop)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    found = Running(loop, stop, threading.Thread(target=run), failures)
    found.thread.start()
    try:
        yield found
    finally:
        found.end()


def send(broker: Broker, topic: str, numbers: range, partition: int = 0) -> None:
    produce(broker, topic, [b'{"number": %d}' % number for number in numbers], partition)


def produce(broker: Broker, topic: str, values: Sequence[bytes | None], partition: int = 0) -> None:
    producer = Producer(producer_config(broker.bootstrap))
    for value in values:
        producer.produce(topic, value, b"k", partition=partition)
    assert producer.flush(SECONDS) == 0


def committed(broker: Broker, topic: str) -> list[int]:
    consumer = Consumer(reader_config(broker.bootstrap, {"group.id": f"g.{topic}"}))
    try:
        places = consumer.committed([TopicPartition(topic, each) for each in (0, 1)], timeout=SECONDS)
        return [max(place.offset, 0) for place in places]
    finally:
        consumer.close()


def test_everything_is_stored_once_and_committed(broker: Broker, topic: str) -> None:
    send(broker, topic, range(300), 0)
    send(broker, topic, range(300, 500), 1)
    sink = Remembering()
    with running(sink, {topic: Counted}, settings(broker, topic)) as found:
        sink.until(500)
    assert sorted(map(int, sink.numbers())) == list(range(500))
    assert found.failures == []
    assert found.loop.counters.records == 500
    assert committed(broker, topic) == [300, 200]


def test_a_restart_goes_on_where_it_stopped(broker: Broker, topic: str) -> None:
    for numbers in (range(10), range(10, 20)):
        send(broker, topic, numbers)
        sink = Remembering()
        with running(sink, {topic: Counted}, settings(broker, topic)):
            sink.until(10)
        assert sink.numbers() == list(numbers)


def test_what_was_read_is_stored_before_the_end(broker: Broker, topic: str) -> None:
    send(broker, topic, range(20))
    sink = Remembering()
    with running(sink, {topic: Counted}, replace(settings(broker, topic), linger_seconds=3600)) as found:
        waited = threading.Event()
        while found.loop.counters.records < 20:
            assert not waited.wait(0.05)
        assert sink.stored == []
    assert sink.numbers() == list(range(20))
    assert committed(broker, topic) == [20, 0]


def test_enough_rows_are_stored_without_waiting(broker: Broker, topic: str) -> None:
    send(broker, topic, range(20))
    sink = Remembering()
    with running(sink, {topic: Counted}, replace(settings(broker, topic), linger_seconds=3600, rows=20)):
        sink.until(20)


def test_what_cannot_be_decoded_is_refused_and_passed(broker: Broker, topic: str) -> None:
    produce(broker, topic, [b"\xff", b"{}", b'{"number": 1, "extra": 2}', None, b'{"number": 7}'])
    sink = Remembering()
    with running(sink, {topic: Counted}, settings(broker, topic)) as found:
        sink.until(5)
    assert sink.numbers() == ["schema_mismatch", "schema_mismatch", "schema_mismatch", "tombstone", 7]
    assert found.loop.counters.refused == 4
    assert committed(broker, topic) == [5, 0]


def test_a_deletion_from_a_compacted_topic_is_no_poison(
    broker: Broker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_loop, "_COMPACTED", frozenset({topic}))
    produce(broker, topic, [None, b'{"number": 7}'])
    sink = Remembering()
    with running(sink, {topic: Counted}, settings(broker, topic)):
        sink.until(1)
    assert sink.numbers() == [7]
    assert committed(broker, topic) == [2, 0]


def test_a_store_that_is_away_is_waited_for_without_reading_on_or_committing(
    broker: Broker, topic: str
) -> None:
    send(broker, topic, range(10))
    sink = Remembering(error=Retryable("trace_store_away"))
    with running(sink, {topic: Counted}, settings(broker, topic)) as found:
        sink.until_tries(1)
        held = len(sink.taken)
        send(broker, topic, range(10, 30))
        sink.until_tries(sink.tries + LONG_TRIES)
        assert len(sink.taken) == held
        assert committed(broker, topic) == [0, 0]
        assert found.loop.holding
        sink.error = None
        sink.until(30)
    assert sink.numbers() == list(range(30))
    assert found.loop.counters.away >= LONG_TRIES
    assert found.failures == []
    assert committed(broker, topic) == [30, 0]


def test_ending_while_the_store_is_away_commits_nothing(broker: Broker, topic: str) -> None:
    send(broker, topic, range(10))
    away = Remembering(error=Retryable("trace_store_away"))
    with running(away, {topic: Counted}, settings(broker, topic)) as found:
        away.until_tries(2)
    assert found.failures == []
    assert committed(broker, topic) == [0, 0]
    sink = Remembering()
    with running(sink, {topic: Counted}, settings(broker, topic)):
        sink.until(10)
    assert sink.numbers() == list(range(10))


def test_a_store_that_is_set_up_wrongly_ends_the_worker_and_commits_nothing(
    broker: Broker, topic: str
) -> None:
    send(broker, topic, range(10))
    sink = Remembering(error=Fatal("trace_store_misconfigured"))
    with running(sink, {topic: Counted}, settings(broker, topic)) as found:
        found.thread.join(SECONDS)
        assert [str(failure) for failure in found.failures] == ["trace_store_misconfigured"]
    assert committed(broker, topic) == [0, 0]


def test_a_second_member_takes_over_its_share(broker: Broker, topic: str) -> None:
    send(broker, topic, range(10), 0)
    send(broker, topic, range(10, 20), 1)
    first, second = Remembering(), Remembering()
    with running(first, {topic: Counted}, settings(broker, topic)):
        first.until(20)
        with running(second, {topic: Counted}, settings(broker, topic)):
            last = 20
            while not second.stored:
                assert last < 20 + 4 * SECONDS * 10
                send(broker, topic, range(last, last + 5), 0)
                send(broker, topic, range(last + 5, last + 10), 1)
                last += 10
                threading.Event().wait(0.25)
    found = {*map(int, first.numbers()), *map(int, second.numbers())}
    if sum(committed(broker, topic)) < last:
        rest = Remembering()
        with running(rest, {topic: Counted}, settings(broker, topic)):
            rest.until(last - len(found))
        found |= {*map(int, rest.numbers())}
    assert found == set(range(last))


def test_it_records_into_the_embedded_store(broker: Broker, tmp_path: Path) -> None:
    pytest.importorskip("chdb")
    topic = created(broker)
    commands = [Control(action_type="issue_refund", engaged=bool(n % 2), by="operator:1") for n in range(20)]
    produce(broker, topic, [command.model_dump_json().encode() for command in commands] + [b"{}"])
    with ClickHouseStore(Dsn.parse(f"chdb://{tmp_path}/store")) as store:
        store.migrate()
        for _ in range(2):  # the second group reads everything again
            how = replace(settings(broker, topic), group=f"g.{uuid4().hex}")
            writer = Writer(store)
            with running(writer, {topic: Control}, how) as found:
                waited = threading.Event()
                while found.loop.counters.records < 21 or found.loop.holding:
                    assert not waited.wait(0.05)
                    assert not found.failures
        stored = store.query("SELECT engaged, src_offset, at FROM controls FINAL ORDER BY src_offset").rows
        poison = store.query("SELECT src_topic, src_offset, error FROM poison FINAL").rows
    assert [row[:2] for row in stored] == [(n % 2, n) for n in range(20)]
    assert all(isinstance(row[2], datetime) and row[2] <= datetime.now(UTC) for row in stored)
    assert poison == ((topic, 20, "schema_mismatch"),)
