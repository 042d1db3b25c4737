"""Keys from files, variables and commands: for their owner only, and never quoted."""

import os
import stat
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from processors.redact.sealing.wrapping import key_encryption_key
from schemas.errors import Fatal
from streams import keys
from streams.keys import KEY_BYTES, ensure_key, key_encryption_keys, read_key
from streams.settings import KeySettings

SECRET = "Q7zXcanaryW9k"


def test_a_made_key_is_random_and_for_its_owner_only(tmp_path: Path) -> None:
    paths = [ensure_key(tmp_path / "keys" / name) for name in ("vault", "signing")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    keys = [read_key(path, "keys") for path in paths]
    assert [len(key) for key in keys] == [KEY_BYTES, KEY_BYTES]
    assert keys[0] != keys[1]


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_text("ab" * KEY_BYTES)
    assert read_key(ensure_key(path), "vault") == bytes.fromhex("ab" * KEY_BYTES)


@pytest.mark.parametrize("padding", ["", "\n", "  \r\n"])
def test_space_around_a_key_does_not_matter(padding: str, tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_text("AB" * KEY_BYTES + padding)
    assert read_key(path, "vault") == b"\xab" * KEY_BYTES


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (SECRET.encode(), "vault is not hexadecimal"),
        (b"\xff" * 64, "vault is not hexadecimal"),
        (b"ab" * 31 + b"a", "vault is not hexadecimal"),
        (b"", "vault needs 32 bytes"),
        (b"ab" * 31, "vault needs 32 bytes"),
        (b"ab" * 33, "vault needs 32 bytes"),
    ],
)
def test_what_is_no_key_is_refused_without_quoting_it(content: bytes, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_bytes(content)
    with pytest.raises(Fatal) as refused:
        read_key(path, "vault")
    assert (refused.value.reason, refused.value.detail) == ("key_invalid", complaint)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("name", [None, "absent", "."])
def test_a_missing_key_is_named_by_its_setting(name: str | None, tmp_path: Path) -> None:
    with pytest.raises(Fatal) as refused:
        read_key(tmp_path / name if name else None, "SLUICEGATE_KEYS__VAULT")
    assert (refused.value.reason, refused.value.detail) == ("key_missing", "SLUICEGATE_KEYS__VAULT")


KEY = "c0" * KEY_BYTES
OTHER = "0c" * KEY_BYTES


def printing(text: str, code: str = "") -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r}); {code}")


def key_id(text: str) -> str:
    return key_encryption_key(bytes.fromhex(text)).key_id


@pytest.mark.parametrize("how", ["file", "value", "command"])
def test_the_key_encryption_key_has_one_of_three_sources(how: str, tmp_path: Path) -> None:
    sources: dict[str, dict[str, object]] = {}
    for name, text in (("vault", KEY), ("vault_previous", OTHER)):
        (tmp_path / name).write_text(text)
        given: dict[str, dict[str, object]] = {
            "file": {name: tmp_path / name},
            "value": {f"{name}_value": f" {text}\n"},
            "command": {f"{name}_command": printing(text)},
        }
        sources[name] = given[how]
    alone = key_encryption_keys(KeySettings.model_validate(sources["vault"]))
    both = key_encryption_keys(KeySettings.model_validate({**sources["vault"], **sources["vault_previous"]}))
    assert (alone.current.key_id, alone.previous) == (key_id(KEY), None)
    assert both.previous is not None
    assert (both.current.key_id, both.previous.key_id) == (key_id(KEY), key_id(OTHER))


def test_no_source_and_more_than_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"^key_missing: keys\.vault$"):
        key_encryption_keys(KeySettings())
    sources: dict[str, object] = {
        "vault": tmp_path,
        "vault_value": SecretStr(KEY),
        "vault_command": printing(KEY),
    }
    for left_out in ("vault", "vault_value", "vault_command", ""):
        given = {name: value for name, value in sources.items() if name != left_out}
        with pytest.raises(
            Fatal, match=r"^key_ambiguous: set one of keys\.vault, keys\.vault_value, "
        ) as refused:
            key_encryption_keys(KeySettings.model_validate(given))
        assert KEY not in str(refused.value)
    doubled = {"vault_value": KEY, "vault_previous": tmp_path, "vault_previous_value": OTHER}
    with pytest.raises(Fatal, match=r"key_ambiguous: set one of keys\.vault_previous"):
        key_encryption_keys(KeySettings.model_validate(doubled))


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (("/no/such/command",), "key_command_failed: keys.vault_command cannot be started"),
        (("sh\0",), "key_command_failed: keys.vault_command cannot be started"),
        (printing(KEY, "raise SystemExit(3)"), "key_command_failed: keys.vault_command did not end well"),
        (printing(KEY, "import os; os.kill(os.getpid(), 9)"), "key_command_failed: "),
        (printing(SECRET), "key_invalid: keys.vault_command is not hexadecimal"),
        (printing("ab"), "key_invalid: keys.vault_command needs 32 bytes"),
        (printing("\u00fc"), "key_invalid: keys.vault_command is not hexadecimal"),
        (("true",), "key_invalid: keys.vault_command needs 32 bytes"),
    ],
)
def test_a_command_that_gives_no_key_is_refused_without_quoting_it(
    command: tuple[str, ...], complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Fatal) as refused:
        key_encryption_keys(KeySettings(vault_command=command))
    assert str(refused.value).startswith(complaint)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert capfd.readouterr() == ("", "")


def test_a_command_is_run_without_a_shell_and_what_it_says_aside_is_dropped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = f"import sys; print({KEY!r}, file=sys.stderr); print({KEY!r} if sys.argv[1] == '$HOME; a' else '')"
    given = KeySettings(vault_command=(sys.executable, "-c", code, "$HOME; a"))
    assert key_encryption_keys(given).current.key_id == key_id(KEY)
    assert capfd.readouterr() == ("", "")


def test_a_command_that_does_not_end_is_killed_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "COMMAND_SECONDS", 1.0)
    pid = tmp_path / "pid"
    script = f"sleep 300 & echo $! > {pid}; wait"
    with pytest.raises(Fatal, match=r"key_command_failed: keys\.vault_command did not end well within 1 s"):
        key_encryption_keys(KeySettings(vault_command=("sh", "-c", script)))
    child = int(pid.read_text())
    while _runs(child):
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
