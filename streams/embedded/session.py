"""The line of a state directory: one at a time, and found by other terminals and later commands.

Its settings are written down when it starts. While it runs they say where broker, model and store are; once it has
ended, only where its store and keys lie.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import Fatal
from streams.settings import PREFIX, Settings, environment, load

FILE = "session.json"
LOCK = "line.lock"

_TRIES, _PAUSE_SECONDS = 5, 0.05
_KEYS = {f"{PREFIX}KEYS__VAULT_VALUE", f"{PREFIX}KEYS__VAULT_PREVIOUS_VALUE"}
_AT_REST = (f"{PREFIX}STORE__DSN", f"{PREFIX}KEYS__")


@contextmanager
def held(state_dir: Path) -> Iterator[None]:
    """Keep a state directory for one line; the kernel lets go of it however this process ends.

    Raises:
        Fatal: `line_runs_already`.
    """
    with (state_dir / LOCK).open("ab") as lock:
        if not _taken(lock.fileno()):
            raise Fatal(
                "line_runs_already",
                f"one uses {state_dir}; stop it, or give this one a directory of its own with SLUICEGATE_STATE_DIR",
            )
        yield


def running(state_dir: Path) -> bool:
    """Tell whether a line holds this state directory."""
    try:
        with (state_dir / LOCK).open("rb") as lock:
            return not _locked(lock.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def remember(settings: Settings) -> None:
    """Write the settings down, secrets included, readable by their owner only.

    A key-encryption key that came as a variable's value is left out: whoever gave it that way wants it in no file.
    """
    path = settings.state_dir / FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({name: value for name, value in environment(settings).items() if name not in _KEYS}, file)


def effective() -> Settings:
    """Return the settings for a command: the environment's, and where it says nothing, the last session's.

    An environment that names a broker means another line, and is taken as it is.

    Raises:
        Fatal: as `streams.settings.load`, or `session_unreadable`.
    """
    settings = load()
    if broker_named():
        return settings
    remembered = _read(settings.state_dir / FILE)
    if not running(settings.state_dir):
        remembered = {name: value for name, value in remembered.items() if name.startswith(_AT_REST)}
    missing = {name: value for name, value in remembered.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        return load()
    finally:
        for name in missing:
            del os.environ[name]


def broker_named() -> bool:
    """Tell whether the environment says which broker to use."""
    return f"{PREFIX}BROKER__BOOTSTRAP" in os.environ


def _taken(handle: int) -> bool:
    """Try for a moment: a command that looks whether a line runs holds the lock just as long."""
    for _ in range(_TRIES):
        if _locked(handle, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError):
        raise Fatal("session_unreadable", FILE) from None
