"""The query endpoint over the embedded store, asked by plain HTTP and by ClickHouse's own client."""

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import clickhouse_connect
import pytest

from schemas.errors import Fatal, Retryable
from sinks.clickhouse.answer import QueryFailed
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.endpoint import Endpoint
from sinks.clickhouse.reader import Reader
from sinks.clickhouse.reading import Limits
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Writer
from tests.sinks.clickhouse.conftest import emptied
from tests.sinks.clickhouse.line import Line, context

TOKEN = "t/o:k@en"
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
ENDLESS = "SELECT count() FROM numbers(100000000000000)"


@pytest.fixture
def filled(embedded: ClickHouseStore) -> ClickHouseStore:
    line, writer = Line(), Writer(emptied(embedded))
    for inbound, message in line.records(line.way()):
        writer.take(inbound, message)
    writer.flush()
    return embedded


@pytest.fixture
def endpoint(filled: ClickHouseStore) -> Iterator[Endpoint]:
    with Endpoint(filled.dsn, TOKEN, limits=Limits(seconds=2, concurrency=2)) as found:
        yield found


def send(
    endpoint: Endpoint, sql: str = "", path: str = "/", **headers: str
) -> tuple[int, str, dict[str, str]]:
    connection = HTTPConnection(urlsplit(endpoint.url).netloc, timeout=30)
    try:
        connection.request("POST" if sql else "GET", path, sql.encode() or None, headers or AUTHORISED)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.headers)
    finally:
        connection.close()


def test_it_answers_in_the_format_asked_for(endpoint: Endpoint) -> None:
    assert send(endpoint, "SELECT 1 AS a, 'b'")[:2] == (200, "1\tb\n")
    assert json.loads(send(endpoint, "SELECT 1 AS a FORMAT JSONCompact")[1])["data"] == [[1]]
    assert send(endpoint, "SELECT 1 AS a", "/?default_format=CSVWithNames")[1] == '"a"\n1\n'
    assert send(endpoint, path="/?query=" + quote("SELECT 2 AS a FORMAT JSONEachRow"))[1] == '{"a":2}\n'


def test_a_result_says_what_it_is(endpoint: Endpoint) -> None:
    _, _, headers = send(endpoint, "SELECT 1 AS a FORMAT JSON")
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    assert headers["X-ClickHouse-Format"] == "JSON"


def test_a_format_of_python_objects_is_refused(endpoint: Endpoint) -> None:
    for shape in ("DataFrame", "arrowtable", "NoSuchFormat"):
        status, _, headers = send(endpoint, "SELECT 1", f"/?default_format={shape}")
        assert (status, headers["X-ClickHouse-Exception-Code"]) == (400, "73")


def test_parameters_are_bound_not_pasted(endpoint: Endpoint) -> None:
    asked = urlencode({"param_a": "x' OR 1", "param_n": "7"})
    assert send(endpoint, "SELECT {a:String}, {n:UInt8}", f"/?{asked}")[1] == "x\\' OR 1\t7\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", f"Bearer {TOKEN}"),
        ("Authorization", "Basic " + b64encode(f"anyone:{TOKEN}".encode()).decode()),
        ("X-ClickHouse-Key", TOKEN),
    ],
)
def test_the_token_is_taken_in_every_usual_way(endpoint: Endpoint, name: str, value: str) -> None:
    assert send(endpoint, "SELECT 1", **{name: value})[:2] == (200, "1\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Other": "1"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Basic not-base64"},
        {"Authorization": "Basic " + b64encode(TOKEN.encode()).decode()},
        {"X-ClickHouse-Key": "t"},
    ],
)
def test_nothing_is_answered_without_the_token(endpoint: Endpoint, headers: dict[str, str]) -> None:
    status, text, answered = send(endpoint, "SELECT 'secret'", **headers)
    assert status == 401
    assert answered["X-ClickHouse-Exception-Code"] == "516"
    assert "secret" not in text


def test_it_says_that_it_is_alive_to_anyone(endpoint: Endpoint) -> None:
    assert send(endpoint, path="/ping", Accept="*/*")[:2] == (200, "Ok.\n")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO requests (tenant) VALUES ('x')",
        "DROP TABLE requests",
        "ALTER TABLE requests DELETE WHERE 1",
        "WITH 1 AS a INSERT INTO requests (tenant) SELECT 'x'",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT * FROM file('/etc/passwd', LineAsString)",
        "SELECT file('/etc/passwd')",
        "SELECT * FROM default.`/etc/passwd`",
        "SELECT * FROM url('http://127.0.0.1/', LineAsString)",
        "SELECT * FROM s3('http://127.0.0.1/x')",
        "SELECT * FROM executable('x.sh', TSV, 'a String')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM Python(TOKEN)",
        "SELECT 1; SELECT 2",
        "CREATE TEMPORARY TABLE t (x UInt8)",
    ],
)
def test_nothing_but_reading_the_store_is_possible(endpoint: Endpoint, sql: str) -> None:
    status, text, headers = send(endpoint, sql)
    assert status in {400, 403}
    assert headers["X-ClickHouse-Exception-Code"] == "164"
    assert "root:" not in text
    assert send(endpoint, "SELECT count() FROM requests")[1] == "1\n"


def test_no_file_is_written(endpoint: Endpoint, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert send(endpoint, f"SELECT 1 INTO OUTFILE '{target}'")[0] == 403
    assert not target.exists()


def test_every_table_function_that_reaches_outside_is_known(endpoint: Endpoint) -> None:
    forbidden = endpoint._pool.forbidden_functions
    assert {
        "file",
        "url",
        "s3",
        "remote",
        "executable",
        "python",
        "mysql",
        "sqlite",
        "filesystem",
    } <= forbidden
    assert not {"numbers", "view", "values"} & forbidden


def test_a_query_without_end_is_ended(endpoint: Endpoint) -> None:
    status, text, headers = send(endpoint, ENDLESS)
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (400, "159")
    assert "TIMEOUT_EXCEEDED" in text


def test_memory_is_bounded(filled: ClickHouseStore) -> None:
    with Endpoint(filled.dsn, TOKEN, limits=Limits(memory_bytes=20_000_000)) as small:
        _, _, headers = send(small, "SELECT groupArray(number) FROM numbers(100000000)")
    assert headers["X-ClickHouse-Exception-Code"] == "241"


def test_a_result_is_bounded(filled: ClickHouseStore) -> None:
    with Endpoint(filled.dsn, TOKEN, limits=Limits(result_bytes=20_000)) as small:
        _, _, headers = send(small, "SELECT number FROM numbers(100000)")
    assert headers["X-ClickHouse-Exception-Code"] == "396"


def test_too_many_at_once_are_turned_away(filled: ClickHouseStore) -> None:
    limits = Limits(seconds=3, concurrency=2, patience_seconds=0.1)
    with Endpoint(filled.dsn, TOKEN, limits=limits) as endpoint, ThreadPoolExecutor(3) as threads:
        codes = list(threads.map(lambda _: send(endpoint, ENDLESS)[0], range(3)))
        assert sorted(codes) == [400, 400, 503]
        assert send(endpoint, "SELECT 1")[0] == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/?database=other", {}, 404),
        ("/", {"Transfer-Encoding": "chunked"}, 411),
        ("/", {"Content-Encoding": "lz4"}, 411),
        ("/", {"Content-Length": "99999999"}, 413),
        ("/", {"Content-Length": "-1"}, 413),
    ],
)
def test_odd_requests_are_answered(
    endpoint: Endpoint, path: str, headers: dict[str, str], status: int
) -> None:
    connection = HTTPConnection(urlsplit(endpoint.url).netloc, timeout=30)
    connection.putrequest("POST", path)
    for name, value in (AUTHORISED | {"Content-Length": "8"} | headers).items():
        connection.putheader(name, value)
    connection.endheaders(b"SELECT 1")
    assert connection.getresponse().status == status
    connection.close()


def test_text_that_is_not_utf8_is_refused(endpoint: Endpoint) -> None:
    connection = HTTPConnection(urlsplit(endpoint.url).netloc, timeout=30)
    connection.request("POST", "/", b"SELECT '\xff'", AUTHORISED)
    assert connection.getresponse().status == 403
    connection.close()


def test_duplicates_not_merged_yet_are_not_seen(endpoint: Endpoint, filled: ClickHouseStore) -> None:
    line, writer = Line(), Writer(filled)
    writer.take(line.record(line.redacted()), line.redacted())
    writer.flush()
    assert send(endpoint, "SELECT count() FROM requests")[1] == "1\n"


def test_it_reads_while_the_writer_writes(endpoint: Endpoint, filled: ClickHouseStore) -> None:
    line, writer = Line(context("later"), offset=50), Writer(filled)
    writer.take(line.record(line.redacted()), line.redacted())
    with Reader(endpoint.url, TOKEN) as reader:
        (before,) = reader.query("SELECT count() FROM requests").rows
        writer.flush()
        (after,) = reader.query("SELECT count() FROM requests").rows
    assert (int(str(after[0])) - int(str(before[0]))) == 1


def test_click_house_s_client_reads_types_through_it(endpoint: Endpoint) -> None:
    parts = urlsplit(endpoint.url)
    client = clickhouse_connect.get_client(
        host=parts.hostname, port=parts.port, username="any", password=TOKEN, database="sluicegate"
    )
    found = client.query(
        "SELECT request_id, cost_usd FROM v_request_outcomes WHERE source_id = {s:String}", {"s": "r-1"}
    )
    assert found.result_rows == [(Line().of.request_id, Decimal("0.000323456789"))]
    assert client.query("SELECT * FROM requests LIMIT 0").column_names[0] == "tenant"
    assert client.raw_query("SELECT 1 AS a", fmt="JSONEachRow") == b'{"a":1}\n'
    assert client.query_df("SELECT tenant FROM requests").tenant.tolist() == ["acme"]
    client.close()


def test_the_reader_returns_columns_types_and_rows(endpoint: Endpoint) -> None:
    with Reader(endpoint.url, TOKEN) as reader:
        found = reader.query(
            "SELECT tenant, received_at FROM requests WHERE source_id = {s:String}", {"s": "r-1"}
        )
        nothing = reader.query("SELECT tenant FROM requests WHERE 0")
    assert (found.columns, found.rows) == (("tenant", "received_at"), (("acme", Line().of.received_at),))
    assert found.types == ("LowCardinality(String)", "DateTime64(3, 'UTC')")
    assert (nothing.columns, nothing.types, nothing.rows) == (("tenant",), ("LowCardinality(String)",), ())


def test_a_failed_query_names_its_kind_only(endpoint: Endpoint) -> None:
    with Reader(endpoint.url, TOKEN) as reader, pytest.raises(QueryFailed) as failed:
        reader.query("SELECT my_secret FROM requests")
    assert str(failed.value) == "query_failed: ClickHouse code 47 UNKNOWN_IDENTIFIER"
    assert "my_secret" in failed.value.engine_message
    assert TOKEN not in failed.value.engine_message


def test_a_wrong_token_is_told_from_an_absent_endpoint(endpoint: Endpoint) -> None:
    with pytest.raises(Fatal, match="trace_store_refused: ClickHouse code 516"):
        Reader(endpoint.url, "wrong")
    url = endpoint.url
    endpoint.close()
    with pytest.raises(Retryable, match="trace_store_away"):
        Reader(url, TOKEN)


def test_a_result_does_not_wait_for_the_acknowledgement_of_its_head(endpoint: Endpoint) -> None:
    with Reader(endpoint.url, TOKEN) as reader:
        reader.query("SELECT 1")
        kept = tuple(endpoint._server.connections)
        assert kept
        assert all(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in kept)


def test_closing_ends_the_connections_that_clients_keep(endpoint: Endpoint) -> None:
    connection = HTTPConnection(urlsplit(endpoint.url).netloc, timeout=30)

    def ask() -> bytes:
        connection.request("POST", "/", b"SELECT 1", AUTHORISED)
        return connection.getresponse().read()

    assert ask() == b"1\n"
    endpoint.close()
    with pytest.raises(ConnectionError):
        ask()
    connection.close()


def test_an_embedded_store_is_not_opened_by_a_reader(filled: ClickHouseStore) -> None:
    with pytest.raises(Fatal, match="reader_needs_url"):
        Reader(str(filled.dsn))


def test_an_endpoint_needs_a_token_an_embedded_store_and_a_free_port(
    filled: ClickHouseStore, endpoint: Endpoint
) -> None:
    with pytest.raises(Fatal, match="endpoint_token_missing"):
        Endpoint(filled.dsn, "")
    with pytest.raises(Fatal, match="endpoint_needs_embedded_store"):
        Endpoint(Dsn.parse("http://h"), TOKEN)
    with pytest.raises(Fatal, match="endpoint_port_taken"):
        Endpoint(filled.dsn, TOKEN, port=urlsplit(endpoint.url).port or 0)
    with pytest.raises(Fatal, match="endpoint_database_missing"):
        Endpoint(replace(filled.dsn, database="not_there"), TOKEN)
