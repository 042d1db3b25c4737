from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, DataError, OperationalError, ProgrammingError

from schemas.envelope import Message
from schemas.errors import Fatal, Retryable
from schemas.wire import Inbound
from sinks.clickhouse.rows import map_message
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.tables import TABLES
from sinks.clickhouse.writer import Batch, Writer
from tests.sinks.clickhouse.line import NAME, Line, call, context, work

Records = list[tuple[Inbound, Message]]


@dataclass
class Scripted:
    """Raises what it is told to, then takes everything; remembers each try."""

    errors: list[Exception] = field(default_factory=list)
    tries: list[Batch] = field(default_factory=list)

    def insert(self, batch: Batch) -> None:
        self.tries.append(batch)
        if self.errors:
            raise self.errors.pop(0)


def fill(writer: Writer, records: Iterable[tuple[Inbound, Message]]) -> None:
    for inbound, message in records:
        writer.take(inbound, message)


def written(store: ClickHouseStore) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(store.query(f"SELECT * FROM {name} FINAL").rows, key=str) for name in TABLES}


def counted(store: ClickHouseStore, table: str) -> object:
    return store.query(f"SELECT count() FROM {table}").rows[0][0]


def test_every_message_is_stored_and_read_back(store: ClickHouseStore, writer: Writer) -> None:
    fill(writer, Line().records(Line().every()))
    writer.flush()
    assert {name for name, rows in written(store).items() if not rows} == {"poison"}
    assert writer.backlog == 0
    assert writer.written.poison == 0


def alike(value: object) -> object:
    """Return a value with the containers that the driver reads it into."""
    if isinstance(value, list | tuple):
        return [alike(item) for item in value]
    return dict(value) if isinstance(value, dict) else value


def test_every_row_is_read_back_as_it_was_mapped(store: ClickHouseStore, writer: Writer) -> None:
    records = Line().records(Line().every())
    fill(writer, records)
    writer.flush()
    mapped = [row for inbound, message in records for row in map_message(inbound, message)]
    for name in {row.table for row in mapped}:
        expected = [alike(row.values) for row in mapped if row.table == name]
        found = store.query(f"SELECT * FROM {name}").rows  # rows of one key are one: the newest
        assert found
        assert all(alike(row) in expected for row in found), name


def test_values_survive_the_way(store: ClickHouseStore, writer: Writer) -> None:
    line = Line()
    fill(writer, line.records([line.redacted(), line.proposed()]))
    writer.flush()
    ((request,), calls) = (
        store.query("SELECT * FROM requests").records(),
        store.query("SELECT * FROM model_calls").records(),
    )
    assert request["request_id"] == line.of.request_id
    assert request["received_at"] == line.of.received_at
    assert request["identifiers"] == {"order_number": "AB-123456"}
    assert request["findings"] == {"PERSON": 2}
    assert request["roles"] == ["customer"]
    assert sorted(str(each["cost_usd"]) for each in calls) == ["0.000100000000", "0.000223456789"]


def test_the_same_flush_twice_is_one(store: ClickHouseStore) -> None:
    records = Line().records(Line().every())
    counts = []
    for writer in (Writer(store), Writer(store)):
        fill(writer, records)
        writer.flush()
        counts.append([counted(store, name) for name in TABLES])
    assert counts[0] == counts[1]


def test_redelivery_in_other_batches_is_one(store: ClickHouseStore) -> None:
    records = Line().records(Line().every())
    once = Writer(store)
    fill(once, records)
    once.flush()
    before = written(store)
    again = Writer(store)
    for start in range(0, len(records), 3):
        fill(again, records[start : start + 3])
        again.flush()
    assert written(store) == before


def test_one_insert_a_table_whatever_the_partitions() -> None:
    inserter = Scripted()
    writer = Writer(inserter)
    for partition in range(4):
        line = Line(context(f"r-{partition}"), partition)
        fill(writer, line.records([line.redacted()]))
    writer.flush()
    assert [batch.table.name for batch in inserter.tries] == ["requests", "stage_events"]
    assert [len(batch.entries) for batch in inserter.tries] == [4, 4]


def test_a_token_names_table_and_span() -> None:
    inserter = Scripted()
    line = Line(partition=3)
    fill(writer := Writer(inserter), line.records([line.redacted(), line.redacted()]))
    writer.flush()
    first = line.record(line.redacted(), offset=1).timestamp
    stamp = round((first - timedelta(milliseconds=2)).timestamp() * 1000)
    assert inserter.tries[0].token == f"requests:2:requests.redacted:3:1-2@{stamp}"


def test_another_broker_s_rows_at_the_same_offsets_have_another_token() -> None:
    def token(at: timedelta) -> str:
        inserter, line = Scripted(), Line()
        inbound = line.record(line.redacted())
        writer = Writer(inserter)
        writer.take(replace(inbound, timestamp=inbound.timestamp + at), line.redacted())
        writer.flush()
        return inserter.tries[0].token

    assert token(timedelta()) == token(timedelta())
    assert token(timedelta()) != token(timedelta(milliseconds=1))


def test_a_token_of_many_partitions_stays_short() -> None:
    inserter = Scripted()
    writer = Writer(inserter)
    for partition in range(20):
        line = Line(partition=partition)
        fill(writer, line.records([line.redacted()]))
    writer.flush()
    assert len(inserter.tries[0].token) == 40
    assert len({batch.token for batch in inserter.tries}) == 2


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), DatabaseError("busy", code=252), OSError("disk full")]
)
def test_a_store_that_is_away_gets_the_same_batch_again(error: Exception) -> None:
    inserter = Scripted([error])
    writer = Writer(inserter)
    line = Line()
    fill(writer, line.records([line.redacted()]))
    with pytest.raises(Retryable, match="trace_store_away") as away:
        writer.flush()
    assert "disk full" not in str(away.value)
    fill(writer, line.records([line.redacted()]))
    assert writer.backlog == 4
    writer.flush()
    first, again, *_ = inserter.tries
    assert (again, again.token, again.columns) == (first, first.token, first.columns)
    assert [len(batch.entries) for batch in inserter.tries] == [1, 1, 1, 1, 1]
    assert writer.backlog == 0


@pytest.mark.parametrize("error", [DatabaseError("no table", code=60), ProgrammingError("closed")])
def test_a_store_that_is_set_up_wrongly_stops_the_worker(error: Exception) -> None:
    writer = Writer(Scripted([error]))
    fill(writer, Line().records([Line().redacted()]))
    with pytest.raises(Fatal, match="trace_store_misconfigured"):
        writer.flush()
    assert writer.backlog == 2


def test_a_lost_reply_leaves_one_copy(store: ClickHouseStore) -> None:
    class Lossy:
        lost = True

        def insert(self, batch: Batch) -> None:
            store.insert(batch)
            if self.lost:
                self.lost = False
                raise OperationalError("connection reset")

    writer = Writer(Lossy())
    fill(writer, Line().records([Line().redacted()]))
    with pytest.raises(Retryable):
        writer.flush()
    writer.flush()
    assert counted(store, "requests") == 1


def test_the_token_decides_what_is_a_repetition(store: ClickHouseStore) -> None:
    line = Line()
    message = line.redacted()
    inbound = line.record(message)
    for admitted in (message, message.model_copy(update={"context": context("another")})):
        writer = Writer(store)
        writer.take(inbound, admitted)
        writer.flush()
    assert counted(store, "requests") == 1


def test_a_row_that_cannot_be_stored_is_set_aside_alone(store: ClickHouseStore, writer: Writer) -> None:
    line = Line()
    huge = line.proposed().model_copy(update={"work": work("escalate", call(9, "99999999999"))})
    good = [Line(context(f"r-{number}")).proposed() for number in range(5, 10)]
    fill(writer, line.records([*good[:3], huge, *good[3:]]))
    writer.flush()
    assert counted(store, "stage_events") == 6
    assert counted(store, "model_payloads") == 11
    assert counted(store, "model_calls") == 10
    (found,) = store.query("SELECT * FROM poison").records()
    assert (found["src_topic"], found["src_partition"], found["src_offset"]) == ("proposals", 1, 4)
    assert found["into"] == "model_calls"
    assert str(found["error"]).startswith("refused")
    assert writer.written.poison == 1


def test_halving_finds_the_one_row() -> None:
    class Picky(Scripted):
        def insert(self, batch: Batch) -> None:
            self.tries.append(batch)
            if batch.table.name == "requests" and any(entry.place.offset == 6 for entry in batch.entries):
                raise DataError("a value")

    inserter, line = Picky(), Line()
    writer = Writer(inserter)
    fill(writer, line.records([line.redacted() for _ in range(8)]))
    writer.flush()
    stored = [batch for batch in inserter.tries if batch.table.name == "requests"]
    assert sum(len(batch.entries) for batch in stored if all(e.place.offset != 6 for e in batch.entries)) == 7
    assert len({batch.token for batch in stored}) == len(stored)
    assert [len(batch.entries) for batch in inserter.tries if batch.table.name == "poison"] == [1]


def test_a_poison_row_that_cannot_be_stored_either_is_counted_and_dropped() -> None:
    class Hopeless(Scripted):
        def insert(self, batch: Batch) -> None:
            raise DataError("a value")

    writer = Writer(Hopeless())
    writer.refuse(Line().record(Line().redacted()), "schema_mismatch")
    writer.flush()
    assert (writer.backlog, writer.written.poison) == (0, 1)


def test_an_undecodable_record_leaves_its_place_only(store: ClickHouseStore, writer: Writer) -> None:
    inbound = Line().record(Line().redacted(), value=NAME.encode())
    writer.refuse(inbound, "schema_mismatch")
    writer.flush()
    (found,) = store.query("SELECT * FROM poison").records()
    assert found == {
        "src_topic": "requests.redacted",
        "src_partition": 1,
        "src_offset": 1,
        "at": inbound.timestamp,
        "into": "",
        "error": "schema_mismatch",
        "ver": 1,
    }


def test_a_message_without_a_mapping_is_set_aside(writer: Writer, store: ClickHouseStore) -> None:
    class Odd(Message):
        topic = Line().redacted().topic
        event_type = "odd"

    writer.take(Line().record(Line().redacted()), Odd())
    writer.flush()
    assert store.query("SELECT error FROM poison").rows == (("unmappable",),)


def test_a_far_deadline_is_stored(store: ClickHouseStore, writer: Writer) -> None:
    of = context(deadline="9999-12-31T23:59:59Z")
    fill(writer, Line(of).records([Line(of).redacted()]))
    writer.flush()
    assert counted(store, "requests") == 1
