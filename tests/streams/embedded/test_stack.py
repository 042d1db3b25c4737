"""The embedded line's processes, with settle alone in place of all workers: it needs no classifier and no detector."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from schemas.errors import Fatal
from streams.embedded import session, stack
from streams.embedded.model import EmbeddedModel
from streams.embedded.stack import WORKERS, Stack
from streams.heartbeat import heartbeats
from streams.settings import KeySettings, Settings
from streams.topology import STAGES
from streams.wiring import Workshop

SECONDS = 60.0
PARENT = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from streams.embedded import stack\n"
    "from streams.settings import Settings\n"
    "from streams.wiring import Workshop\n"
    "stack.WORKERS = {'settle': ('settle',)}\n"
    "Workshop.trained = True\n"
    "with stack.Stack(Settings(state_dir=Path(sys.argv[1]))) as line:\n"
    "    print(*line.pids().values(), flush=True)\n"
    "    time.sleep(120)\n"
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(stack, "WORKERS", {"settle": ("settle", "delay")})
    monkeypatch.setattr(Workshop, "trained", True)
    monkeypatch.setattr(EmbeddedModel, "available", staticmethod(lambda: "not wanted here"))
    return Settings(state_dir=tmp_path / "state")


def within(condition: Callable[[], bool]) -> bool:
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(*pids: int) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)


def test_its_workers_run_every_stage_record_and_delay_once() -> None:
    names = [name for stages in WORKERS.values() for name in stages]
    assert sorted(names) == sorted([*(each.name for each in STAGES), "record", "delay"])


def test_it_tells_which_stages_are_not_ready_yet(settings: Settings) -> None:
    with Stack(settings) as line:
        assert line.waiting() == ["settle", "delay"]
        assert within(lambda: line.waiting() == [])
        assert line.failed() is None


def test_it_ends_with_its_context_and_leaves_its_files(settings: Settings) -> None:
    with Stack(settings) as line:
        pids = list(line.pids().values())
        assert len(pids) == 2
        assert within(lambda: line.waiting() == [])
        assert session.running(line.settings.state_dir)
    assert gone(*pids)
    assert not session.running(settings.state_dir)
    assert heartbeats(settings.state_dir) == []
    assert {"settle.log", "broker.log"} <= {path.name for path in line.logs.iterdir()}


@pytest.mark.parametrize("part", ["settle", "broker"])
def test_a_part_that_ends_is_noticed(settings: Settings, part: str) -> None:
    with Stack(settings) as line:
        assert line.failed() is None
        os.kill(line.pids()[part], signal.SIGKILL)
        assert within(lambda: line.failed() is not None)
        assert line.failed() == part


def test_a_second_line_in_its_directory_is_refused_and_harms_nothing(settings: Settings) -> None:
    with Stack(settings) as line:
        (settings.state_dir / "store").mkdir()
        with pytest.raises(Fatal, match="line_runs_already"), Stack(settings):
            pass
        assert line.failed() is None
        assert (settings.state_dir / "store").is_dir()


def test_it_starts_with_an_empty_store_as_its_broker_is_empty(settings: Settings) -> None:
    (settings.state_dir / "store").mkdir(parents=True)
    (settings.state_dir / "store" / "old").write_text("")
    with Stack(settings):
        assert not (settings.state_dir / "store" / "old").exists()


def test_its_keys_stay(settings: Settings) -> None:
    with Stack(settings) as first:
        keys = first.settings.keys
        assert keys.vault is not None
        before = keys.vault.read_bytes()
    with Stack(settings) as second:
        assert second.settings.keys == keys
    assert keys.vault.read_bytes() == before


def test_it_makes_no_vault_key_beside_one_that_is_given(settings: Settings) -> None:
    given = KeySettings(vault_value=SecretStr("c0" * 32), store=settings.state_dir / "elsewhere.sqlite")
    with Stack(settings.model_copy(update={"keys": given})) as line:
        keys = line.settings.keys
        assert keys.signing is not None
        assert keys == given.model_copy(update={"signing": keys.signing})
        assert not (settings.state_dir / "keys" / "vault.key").exists()


def test_failed_preparation_is_reported_and_leaves_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workshop, "trained", False)
    monkeypatch.setattr(stack, "WORKERS", {"agents": ("admit",)})
    broken = settings.model_copy(update={"registry": tmp_path / "absent", "task_dirs": (tmp_path / "none",)})
    line = Stack(broken)
    with pytest.raises(Fatal, match="preparation_failed"):
        line.__enter__()
    assert gone(*line.pids().values())
    assert not session.running(settings.state_dir)


def test_a_killed_parent_leaves_nothing_running(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "state")], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) >= 2
    parent.kill()
    parent.communicate()
    assert within(lambda: gone(*pids))
