"""Inserts over HTTP when the connection or the server fails: exactly one copy of every row, whatever was lost."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import clickhouse_connect
import pytest

from schemas.errors import Fatal, Retryable
from schemas.requests import Request
from sinks.clickhouse.answer import QueryFailed
from sinks.clickhouse.connect import Connections
from sinks.clickhouse.reader import Reader
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.tables import TABLES
from sinks.clickhouse.writer import Writer
from tests.schemas.examples import EXAMPLES
from tests.sinks.clickhouse.conftest import emptied
from tests.sinks.clickhouse.line import Line, call, work
from tests.sinks.clickhouse.over_http import Facade, running_facade
from tests.sinks.clickhouse.test_views import VIEWS

TRIES = 2
"""How often the driver itself sends an insert whose connection was lost."""


@pytest.fixture
def store(http: ClickHouseStore) -> ClickHouseStore:
    return emptied(http)


@pytest.fixture
def writer(store: ClickHouseStore) -> Writer:
    """A writer with one request's rows of one table, and nothing else."""
    line, writer = Line(), Writer(store)
    writer.take(line.record(line.control()), line.control())
    return writer


def counted(store: ClickHouseStore, table: str = "controls") -> object:
    return store.query(f"SELECT count() FROM {table}").rows[0][0]


def since(facade: Facade, before: int) -> list[tuple[object, object]]:
    return [(each["token"], each["end"]) for each in facade.inserts()[before:]]


def test_a_batch_arrives_compressed_under_its_token(
    facade: Facade, store: ClickHouseStore, writer: Writer
) -> None:
    writer.flush()
    last = facade.inserts()[-1]
    assert (last["encoding"], last["frames"]) == ("lz4", 1)
    assert str(last["token"]).startswith("controls:1:control:1:1-1@")
    assert counted(store) == 1


@pytest.fixture
def both(embedded: ClickHouseStore, store: ClickHouseStore) -> Iterator[tuple[ClickHouseStore, ...]]:
    """Both stores, empty; they keep what is past its time, for examples are of a fixed date."""
    stores = (emptied(embedded), store)
    for each in stores:
        each._writer.command("SYSTEM STOP TTL MERGES")
    yield stores
    for each in stores:
        each._writer.command("SYSTEM START TTL MERGES")


def test_both_ways_store_and_answer_the_same(both: tuple[ClickHouseStore, ...]) -> None:
    examples = [message for message in EXAMPLES.values() if not isinstance(message, Request)]
    answers = []
    for each in both:
        writer = Writer(each)
        for inbound, message in (
            *Line().records(Line().every()),
            *Line(partition=2).records(examples),
        ):
            writer.take(inbound, message)
        writer.flush()
        assert writer.written.poison == 0
        asked = (f"SELECT * FROM {name} FINAL" for name in TABLES)
        views = (f"SELECT * FROM {name}" for name in VIEWS)
        answers.append({sql: sorted(each.query(sql).rows, key=str) for sql in (*asked, *views)})
    assert answers[0] == answers[1]
    assert [sql for sql, rows in answers[0].items() if not rows] == ["SELECT * FROM poison FINAL"]


def test_a_server_is_told_not_to_queue_the_batch(
    facade: Facade, store: ClickHouseStore, writer: Writer
) -> None:
    writer.flush()
    asked = facade.inserts()[-1]["asked"]
    assert isinstance(asked, dict)
    assert asked["async_insert"] == "0"


def test_a_batch_of_many_frames_is_stored_whole(
    facade: Facade, store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, writer = Line(), Writer(store)
    prompt = "Dear <PERSON_1a2b>, " * 500
    for number in range(3000):
        message = line.proposed().model_copy(update={"work": work("escalate", call(number, prompt=prompt))})
        writer.take(line.record(message), message)
    writer.flush()
    frames = {str(each["token"]).split(":")[0]: each["frames"] for each in facade.inserts()[-3:]}
    assert int(str(frames["model_payloads"])) > 1
    assert [counted(store, name) for name in ("model_calls", "model_payloads", "stage_events")] == [3000] * 3


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_lost_connection_is_mended_by_the_driver(
    facade: Facade, store: ClickHouseStore, writer: Writer, kind: str
) -> None:
    before = len(facade.inserts())
    facade.arm(kind)
    writer.flush()
    (first, ended), (again, stored) = since(facade, before)
    assert first == again
    assert (ended, stored) == ("failed" if kind == "drop_before" else "stored", "stored")
    assert (counted(store), writer.backlog) == (1, 0)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_reply_lost_again_and_again_leaves_one_copy(
    facade: Facade, store: ClickHouseStore, writer: Writer, kind: str
) -> None:
    before = len(facade.inserts())
    facade.arm(kind, times=TRIES)
    with pytest.raises(Retryable, match=r"^trace_store_away: OperationalError$"):
        writer.flush()
    assert writer.backlog == 1
    writer.flush()
    tokens = {token for token, _ in since(facade, before)}
    assert (len(since(facade, before)), len(tokens)) == (TRIES + 1, 1)
    assert (counted(store), writer.backlog) == (1, 0)


@pytest.mark.parametrize(("status", "code"), [(503, 202), (503, 252), (500, 252), (500, 241), (500, 319)])
def test_a_server_that_refuses_for_now_gets_the_same_batch_again(
    facade: Facade, store: ClickHouseStore, writer: Writer, status: int, code: int
) -> None:
    before = len(facade.inserts())
    facade.arm("refuse", status=status, code=code)
    with pytest.raises(Retryable, match=f"^trace_store_away: ClickHouse code {code} TOLD_TO_REFUSE$"):
        writer.flush()
    assert (counted(store), writer.backlog) == (0, 1)
    writer.flush()
    (first, ended), (again, stored) = since(facade, before)
    assert (first, ended, stored) == (again, "failed", "stored")
    assert (counted(store), writer.backlog) == (1, 0)


@pytest.mark.parametrize("code", [60, 516, 497])
def test_a_server_set_up_wrongly_stops_the_worker(
    facade: Facade, store: ClickHouseStore, writer: Writer, code: int
) -> None:
    facade.arm("refuse", status=403, code=code)
    with pytest.raises(Fatal, match=f"trace_store_misconfigured: ClickHouse code {code} "):
        writer.flush()
    assert writer.backlog == 1


def test_a_server_that_was_restarted_gets_the_batch_it_may_have_already(tmp_path: Path) -> None:
    line = Line()
    with running_facade(tmp_path) as first:
        store = ClickHouseStore(first.dsn)
        store.migrate()
        writer = Writer(store)
        writer.take(line.record(line.control()), line.control())
        first.arm("drop_after", times=TRIES)
        with pytest.raises(Retryable):
            writer.flush()
    with pytest.raises(Retryable, match=r"^trace_store_away: OperationalError$"):
        writer.flush()
    with pytest.raises(Retryable, match=r"^trace_store_away: OperationalError$"):
        store.query("SELECT 1")
    with running_facade(tmp_path, first), store:
        assert counted(store) == 1
        writer.flush()
        assert (counted(store), writer.backlog) == (1, 0)


def test_a_wrong_password_is_refused_without_quoting_it(http: ClickHouseStore) -> None:
    dsn = replace(http.dsn, password="hunter2")
    with (
        pytest.raises(Fatal, match=r"^trace_store_refused: ClickHouse code 516 ") as refused,
        Connections(dsn) as connections,
    ):
        connections.client()
    assert "hunter2" not in str(refused.value)


def test_a_database_that_is_missing_stops_the_worker(http: ClickHouseStore, writer: Writer) -> None:
    with ClickHouseStore(replace(http.dsn, database="nowhere")) as elsewhere:
        line, lost = Line(), Writer(elsewhere)
        lost.take(line.record(line.control()), line.control())
        with pytest.raises(Fatal, match="trace_store_misconfigured: ClickHouse code 81 UNKNOWN_DATABASE"):
            lost.flush()
        with pytest.raises(QueryFailed, match="81 UNKNOWN_DATABASE"):
            elsewhere.query("SELECT 1")


def test_a_second_store_reads_what_the_first_one_wrote(
    http: ClickHouseStore, store: ClickHouseStore, writer: Writer
) -> None:
    writer.flush()
    secret = http.dsn.password
    url = f"http://{http.dsn.host}:{http.dsn.port}/{http.dsn.database}"
    with Reader(url, secret) as reader:
        assert reader.query("SELECT count() FROM controls").rows == ((1,),)
        assert reader.query(
            "SELECT * FROM controls WHERE tenant = {t:String}", {"t": "none"}
        ).columns == tuple(TABLES["controls"].columns)


@pytest.mark.parametrize("compress", [False, "zstd", "gzip"])
def test_the_stand_in_reads_other_encodings_too(http: ClickHouseStore, compress: bool | str) -> None:
    dsn = http.dsn
    client = clickhouse_connect.get_client(
        host=dsn.host, port=dsn.port, username=dsn.user, password=dsn.password, compress=compress
    )
    client.command("CREATE OR REPLACE TABLE default.encoded (n UInt32) ENGINE = Memory")
    client.insert("default.encoded", [[number] for number in range(100_000)], column_names=["n"])
    assert client.query("SELECT count(), sum(n) FROM default.encoded").result_rows == [
        (100_000, 4_999_950_000)
    ]
    client.close()
