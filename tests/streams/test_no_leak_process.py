"""Nothing below redact opens a socket or starts a process, and no library logs a value, at any level."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.topics import Topic
from tests.e2e.canaries import IN_TEXT, Haystack, Search
from tests.e2e.mangling import MANGLED
from tests.streams.redact_worker import INSIDE, LINK, requests

ROOT = Path(__file__).parents[2]
SEARCH = Search({each.name: each for each in (*IN_TEXT, *MANGLED, *INSIDE, LINK)}.values())
_LONG = 50_000
_SHAPED = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?:\d[ -]?){12,18}\d|\+\d[\d ]{8,}\d")


@dataclass(frozen=True)
class Process:
    """What a process said of itself, what else it printed, and its user's folder."""

    seen: dict[str, list[str]]
    printed: str
    home: Path


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Process:
    folder = tmp_path_factory.mktemp("silent")
    (folder / "home").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.streams.silent_redact", os.fspath(folder)],
        cwd=ROOT,
        env={"HOME": os.fspath(folder / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, "the process failed; it may say why, in words that are not for a log"
    *said, last = done.stdout.splitlines()
    return Process(json.loads(last), "\n".join((*said, done.stderr)), folder / "home")


def test_nothing_below_redact_reaches_out(process: Process) -> None:
    assert process.seen["attempts"] == []
    assert len(process.seen["probes"]) <= 1


def test_an_attempt_would_have_been_seen(process: Process) -> None:
    assert process.seen["control"] == ["socket.connect"]


def test_everything_was_redacted_meanwhile(process: Process) -> None:
    assert process.seen["redacted"].count(Topic.REDACTED) > 150


def test_nobody_logs_or_prints_a_value(process: Process) -> None:
    haystacks = [Haystack("log", line.encode()) for line in process.seen["logged"]]

    assert haystacks, "somebody logs something at DEBUG"
    assert SEARCH.hits([*haystacks, Haystack("printed", process.printed.encode())]) == []


def test_nobody_logs_what_has_a_shape_in_the_sample(process: Process) -> None:
    values = [each.value for each in requests() if each.value and len(each.value) < _LONG]
    sample = b"\n".join(values).decode(errors="replace")
    shaped = set(_SHAPED.findall(sample))
    said = "\n".join((*process.seen["logged"], process.printed))

    assert len(shaped) > 20
    assert [1 for value in shaped if value in said] == []


def test_no_file_is_left_in_the_user_s_folder(process: Process) -> None:
    assert list(process.home.rglob("*")) == []
