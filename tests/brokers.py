"""The two brokers that the suites run against: the embedded one, and Apache Kafka from its published artifacts."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from streams.embedded.broker import EmbeddedBroker, free_port, reachable
from streams.embedded.tether import tethered
from streams.runtime.confluent import Session

POM = Path(__file__).parent / "kafka" / "pom.xml"
CLUSTER_ID = "c2x1aWNlZ2F0ZS10ZXN0cw"
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
RESOLVE_SECONDS = 240
READY_SECONDS = 60

SESSION = Session(timeout_seconds=3, heartbeat_seconds=0.5)
"""Short, because tests wait for it: a kill's whole length, and at the embedded broker half of it for every join."""


@dataclass(frozen=True)
class Broker:
    """A running broker.

    Attributes:
        transactions: whether aborted records are hidden from committed reads and stale generations refused.
        bounce: ends the broker as `kill -9` does and starts it again after so many seconds, with what it had stored.
    """

    kind: Literal["embedded", "kafka"]
    bootstrap: str
    transactions: bool
    bounce: Callable[[float], None] | None = None


@contextmanager
def running_embedded(directory: Path) -> Iterator[Broker]:
    """Run the embedded broker for the length of a `with` block."""
    with EmbeddedBroker(directory) as broker:
        yield Broker("embedded", broker.bootstrap, transactions=False)


@contextmanager
def running_kafka(directory: Path) -> Iterator[Broker]:
    """Run Apache Kafka for the length of a `with` block; skips the test where it cannot be had, fails in CI."""
    java, classpath = _java(), _classpath(directory)
    port = free_port()
    settings = _settings(directory, port)
    _format(java, classpath, settings)
    command = [java, *JVM, "-cp", classpath, "kafka.Kafka", str(settings)]
    server = _Server(command, f"127.0.0.1:{port}", directory / "kafka.log")
    server.start()
    try:
        yield Broker("kafka", server.bootstrap, transactions=True, bounce=server.bounce)
    finally:
        server.kill()


class _Server:
    """The process of Apache Kafka."""

    def __init__(self, command: list[str], bootstrap: str, log: Path) -> None:
        self.bootstrap = bootstrap
        self._command = command
        self._log = log

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                tethered(self._command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _await_ready(self._process, self.bootstrap, self._log)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def bounce(self, seconds: float) -> None:
        self.kill()
        time.sleep(seconds)
        self.start()


def _absent(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"Apache Kafka is required in CI: {reason}")
    pytest.skip(f"no Apache Kafka: {reason}")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        _absent(f"{name} is not installed")
    return str(path)


def _java() -> str:
    return _tool("java")


def _classpath(directory: Path) -> str:
    output = directory / "classpath"
    for offline in (("-o",), ()):  # the local cache first: it needs no network
        if _resolve(_tool("mvn"), offline, output):
            return output.read_text().strip()
    _absent("Maven could not resolve the artifacts of tests/kafka/pom.xml")
    raise AssertionError


def _resolve(maven: str, flags: tuple[str, ...], output: Path) -> bool:
    goal = ("dependency:build-classpath", f"-Dmdep.outputFile={output}")
    command = [maven, *flags, "-q", "-B", "-f", str(POM), *goal]
    try:
        done = subprocess.run(command, capture_output=True, timeout=RESOLVE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and output.is_file()


def _settings(directory: Path, port: int) -> Path:
    controller = free_port()
    path = directory / "server.properties"
    path.write_text(
        "\n".join(
            (
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.voters=1@127.0.0.1:{controller}",
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
                f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}",
                f"log.dirs={directory / 'log'}",
                "auto.create.topics.enable=false",
                "offsets.topic.num.partitions=4",
                "offsets.topic.replication.factor=1",
                "transaction.state.log.num.partitions=4",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "group.initial.rebalance.delay.ms=0",
                "group.min.session.timeout.ms=1000",
                "",
            )
        )
    )
    return path


def _format(java: str, classpath: str, settings: Path) -> None:
    tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings))
    subprocess.run([java, *JVM, "-cp", classpath, *tool], check=True, capture_output=True, timeout=60)


def _await_ready(process: subprocess.Popen[bytes], bootstrap: str, log: Path) -> None:
    limit = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < limit:
        if reachable(bootstrap, timeout_seconds=1.0):
            return
    pytest.fail(f"Apache Kafka did not start: {log.read_text()[-2000:]}")
