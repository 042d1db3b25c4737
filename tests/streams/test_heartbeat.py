import os
import subprocess
import sys
import time
from pathlib import Path

from streams.heartbeat import HeartbeatFile, StageSigns, forget, heartbeat, heartbeats

SIGNS = StageSigns(name="redact", ready=True, processed=3)


def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_worker_says_is_read_back(tmp_path: Path) -> None:
    before = time.time()
    HeartbeatFile(tmp_path).write((SIGNS,))
    found = heartbeat(tmp_path, os.getpid())
    assert found is not None
    assert found.stages == (SIGNS,)
    assert before <= found.beat_at <= time.time()
    assert found.alive
    assert heartbeats(tmp_path) == [found]


def test_a_worker_that_ends_takes_its_file_away(tmp_path: Path) -> None:
    file = HeartbeatFile(tmp_path)
    file.write((SIGNS,))
    file.remove()
    file.remove()
    assert heartbeats(tmp_path) == []
    assert heartbeat(tmp_path, os.getpid()) is None


def test_what_cannot_be_read_is_no_heartbeat(tmp_path: Path) -> None:
    HeartbeatFile(tmp_path)
    (tmp_path / "run" / "17.json").write_text('{"pid": 17}')
    assert heartbeats(tmp_path) == []
    assert heartbeats(tmp_path / "absent") == []


def test_what_a_killed_worker_left_behind_is_forgotten(tmp_path: Path) -> None:
    own, gone = HeartbeatFile(tmp_path), ended_pid()
    own.write((SIGNS,))
    text = (tmp_path / "run" / f"{os.getpid()}.json").read_text()
    (tmp_path / "run" / f"{gone}.json").write_text(text.replace(str(os.getpid()), str(gone)))
    assert [beat.alive for beat in heartbeats(tmp_path)].count(False) == 1
    forget(tmp_path)
    assert [beat.pid for beat in heartbeats(tmp_path)] == [os.getpid()]


def test_a_directory_that_is_gone_does_not_end_a_worker(tmp_path: Path) -> None:
    file = HeartbeatFile(tmp_path / "state")
    (tmp_path / "state" / "run").rmdir()
    file.write((SIGNS,))
    assert heartbeats(tmp_path / "state") == []
