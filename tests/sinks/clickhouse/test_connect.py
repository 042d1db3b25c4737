import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from schemas.errors import Fatal, Retryable
from sinks.clickhouse.connect import Connections, Dsn
from sinks.clickhouse.store import ClickHouseStore
from streams.embedded.broker import free_port

SECRET = "p@ss:w/rd"


def test_an_embedded_dsn_names_a_directory(tmp_path: Path) -> None:
    dsn = Dsn.parse(f"chdb://{tmp_path}/a/../store")
    assert (dsn.embedded, dsn.path, dsn.database) == (True, str(tmp_path / "store"), "sluicegate")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://h", ("h", 8123, "default", "", "sluicegate")),
        ("https://h/", ("h", 8443, "default", "", "sluicegate")),
        ("http://u:p%40ss%3Aw%2Frd@h:1/db_1", ("h", 1, "u", SECRET, "db_1")),
        ("http://[::1]:9", ("::1", 9, "default", "", "sluicegate")),
    ],
)
def test_a_server_dsn_is_read(text: str, expected: tuple[object, ...]) -> None:
    dsn = Dsn.parse(text)
    assert (dsn.host, dsn.port, dsn.user, dsn.password, dsn.database) == expected
    assert not dsn.embedded


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chdb://",
        "chdb:///",
        "chdb://relative/path",
        "ftp://h",
        "http://",
        "http://u:hunter2@h:port",
        "http://h/a-b",
        "http://h/a.b;c",
        "h:8123",
    ],
)
def test_a_wrong_dsn_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(Fatal, match="dsn_invalid") as refused:
        Dsn.parse(text)
    assert "hunter2" not in str(refused.value)


def test_a_password_is_never_shown() -> None:
    dsn = Dsn.parse("http://u:hunter2@h:1/db")
    assert f"{dsn} {dsn!r} {[dsn]}" == "http://u:***@h:1/db http://u:***@h:1/db [http://u:***@h:1/db]"


def test_a_server_that_is_away_is_waited_for() -> None:
    with (
        pytest.raises(Retryable, match=r"^trace_store_away: OperationalError$") as away,
        Connections(Dsn.parse(f"http://u:hunter2@127.0.0.1:{free_port()}")) as connections,
    ):
        connections.client()
    assert away.value.__cause__ is None


HOLD = """
import sys
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
with ClickHouseStore(Dsn.parse(sys.argv[1])) as store:
    print("held", flush=True)
    sys.stdin.read()
"""
OPEN = """
import sys
from schemas.errors import Fatal
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.store import ClickHouseStore
try:
    ClickHouseStore(Dsn.parse(sys.argv[1]))
except Fatal as error:
    print(error)
"""


def python(code: str, dsn: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, dsn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_store_held_by_another_process_is_named_and_its_files_are_left_alone(tmp_path: Path) -> None:
    pytest.importorskip("chdb")
    dsn = f"chdb://{tmp_path}/store"
    holder = python(HOLD, dsn)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    passing = tmp_path / "store.tmp" / "passing.native"
    passing.write_bytes(b"a batch on its way")
    refused, _ = python(OPEN, dsn).communicate(timeout=60)
    found = passing.exists()
    rest, _ = holder.communicate(timeout=60)
    assert refused == f"trace_store_locked: process {holder.pid} holds it; read through its query endpoint\n"
    assert found
    assert (rest, holder.returncode) == ("", 0)


def test_what_a_killed_process_left_is_swept_and_ours_is_private(tmp_path: Path) -> None:
    pytest.importorskip("chdb")
    left = tmp_path / "store.tmp"
    left.mkdir()
    (left / "left.native").write_bytes(b"rows in clear")
    probe = "import os,tempfile; print(os.listdir(tempfile.gettempdir()), tempfile.gettempdir())"
    code = HOLD.replace(
        "sys.stdin.read()", f"{probe}; print(oct(os.stat(tempfile.gettempdir()).st_mode & 0o777))"
    )
    shown, _ = python(code, f"chdb://{tmp_path}/store").communicate(timeout=60)
    assert shown.splitlines() == ["held", f"[] {left}", "0o700"]
    assert not left.exists()


def test_the_temporary_directory_is_given_back(embedded: ClickHouseStore) -> None:
    spill = embedded._connections._spill
    assert spill is not None
    assert tempfile.gettempdir() == str(spill.path)
    assert spill._before != str(spill.path)
    assert spill.path.stat().st_mode & 0o777 == 0o700
