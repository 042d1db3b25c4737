import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.errors import Fatal
from streams.embedded import session
from streams.settings import BrokerSettings, KeySettings, Settings, StoreSettings

HOLD = (
    "import pathlib, sys, time\n"
    "from streams.embedded.session import held\n"
    "with held(pathlib.Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICEGATE_STATE_DIR", str(tmp_path))
    return tmp_path


def line(state: Path) -> Settings:
    return Settings(
        state_dir=state,
        broker=BrokerSettings(bootstrap="127.0.0.1:1234", transactions=False),
        store=StoreSettings(
            dsn=SecretStr(f"chdb://{state}/store"),
            url="http://127.0.0.1:1235",
            token=SecretStr("secret"),
            port=1235,
        ),
        keys=KeySettings(vault=state / "vault.key"),
    )


def test_one_line_holds_a_directory(state: Path) -> None:
    with session.held(state):
        assert session.running(state)
        with pytest.raises(Fatal, match="line_runs_already") as refused, session.held(state):
            pass
        assert "SLUICEGATE_STATE_DIR" in str(refused.value)
    assert not session.running(state)


def test_a_killed_line_lets_go(state: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert session.running(state)
    process.kill()
    process.communicate()
    assert not session.running(state)


def test_a_directory_without_a_line_has_none_running(tmp_path: Path) -> None:
    assert not session.running(tmp_path / "absent")


def test_while_a_line_runs_commands_take_its_settings(state: Path) -> None:
    with session.held(state):
        session.remember(line(state))
        assert session.effective() == line(state)


def test_of_a_line_that_has_ended_only_its_files_are_left(state: Path) -> None:
    session.remember(line(state))
    found = session.effective()
    assert found.broker == BrokerSettings()
    assert found.store == StoreSettings(dsn=line(state).store.dsn)
    assert found.keys == line(state).keys


def test_the_environment_wins(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with session.held(state):
        session.remember(line(state))
        monkeypatch.setenv("SLUICEGATE_STORE__URL", "http://127.0.0.1:9")
        assert session.effective().store.url == "http://127.0.0.1:9"
        assert session.effective().broker.bootstrap == "127.0.0.1:1234"


def test_an_environment_that_names_a_broker_means_another_line(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session.held(state):
        session.remember(line(state))
        monkeypatch.setenv("SLUICEGATE_BROKER__BOOTSTRAP", "kafka:9092")
        found = session.effective()
    assert (found.broker.bootstrap, found.store) == ("kafka:9092", StoreSettings())


def test_what_is_remembered_is_readable_by_its_owner_only(state: Path) -> None:
    (state / session.FILE).write_text("{}")
    (state / session.FILE).chmod(0o644)
    session.remember(line(state))
    assert stat.S_IMODE((state / session.FILE).stat().st_mode) == 0o600
    assert json.loads((state / session.FILE).read_text())["SLUICEGATE_STORE__TOKEN"] == "secret"


def test_a_key_that_was_given_as_a_value_is_written_nowhere(state: Path) -> None:
    value = SecretStr("c0" * 32)
    keys = KeySettings(vault_value=value, vault_previous_value=value, signing=state / "signing.key")
    session.remember(line(state).model_copy(update={"keys": keys}))
    assert "c0c0" not in (state / session.FILE).read_text()
    assert session.effective().keys == KeySettings(signing=state / "signing.key")


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_broken_file_is_named(state: Path, text: str) -> None:
    (state / session.FILE).write_text(text)
    with pytest.raises(Fatal, match=r"session_unreadable: session\.json"):
        session.effective()
