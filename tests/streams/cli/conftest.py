"""A running line as people at other terminals of its directory use it: through the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from streams.embedded.tether import tethered

READY_SECONDS = 120.0
COMMAND_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass
class Terminal:
    """Runs commands in one directory, with nothing of ours in the environment."""

    directory: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        passed = {name: value for name, value in os.environ.items() if not name.startswith("SLUICEGATE_")}
        return {**passed, "COLUMNS": "80", **self.variables}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "streams.cli", *arguments]

    def __call__(self, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def documents(self, *arguments: str) -> list[dict[str, object]]:
        """Return what a command prints with `--json`."""
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def until(
        self, wanted: Callable[[list[dict[str, object]]], bool], *arguments: str
    ) -> list[dict[str, object]]:
        """Repeat a command until what it prints is as wanted."""
        limit = time.monotonic() + COMMAND_SECONDS
        while time.monotonic() < limit:
            found = self.documents(*arguments)
            if wanted(found):
                return found
            time.sleep(0.3)
        pytest.fail(f"{arguments} did not become as wanted")


@dataclass
class Dev:
    """`sluicegate dev` in a terminal of its own."""

    terminal: Terminal
    process: "subprocess.Popen[str]"
    greeting: str = ""

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    terminal = Terminal(tmp_path_factory.mktemp("dev"))
    process = subprocess.Popen(
        tethered(terminal.command("dev")),
        cwd=terminal.directory,
        env=terminal.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = Dev(terminal, process)
    try:
        found.greeting = _greeting(process)
        yield found
    finally:
        process.kill()
        process.communicate()


def _greeting(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if line.startswith("Ctrl-C"):
            return told
    pytest.fail(f"dev ended with {process.wait()}: {told}")
