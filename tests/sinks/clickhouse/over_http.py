"""The facade as tests use it: starts the process, names its address, arms its faults."""

import json
import secrets
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from sinks.clickhouse.connect import Dsn

SCRIPT = Path(__file__).with_name("facade.py")


@dataclass(frozen=True, slots=True)
class Facade:
    """A running facade. Its password holds what a URL must escape."""

    port: int
    password: str

    @property
    def dsn(self) -> Dsn:
        """A user's, for the database of this release."""
        return Dsn.parse(f"http://tests:{quote(self.password, safe='')}@127.0.0.1:{self.port}")

    def arm(self, kind: str, times: int = 1, status: int = 0, code: int = 0) -> None:
        """Let the next inserts go wrong; see `facade`."""
        fault = {"kind": kind, "times": times, "status": status, "code": code}
        self._ask("POST", "/fault", json.dumps(fault))

    def inserts(self) -> list[dict[str, object]]:
        """Return the inserts that came so far."""
        found: list[dict[str, object]] = json.loads(self._ask("GET", "/inserts"))
        return found

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        credential = b64encode(f"tests:{self.password}".encode()).decode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Authorization": f"Basic {credential}"})
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running_facade(directory: Path, before: Facade | None = None) -> Iterator[Facade]:
    """Run a facade over the store in a private directory, at the address of the one `before` if that has ended."""
    password = before.password if before else f"p@ss:w/rd {secrets.token_urlsafe(12)}"
    port = before.port if before else 0
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(directory), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=directory,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(password + "\n")
            process.stdin.flush()
            yield Facade(int(process.stdout.readline()), password)
            process.stdin.close()
            process.wait(timeout=30)
        finally:
            process.kill()
