"""What the last embedded line ran with, so that other terminals and later commands find its broker and store."""

import json
import os
from pathlib import Path

from schemas.errors import Fatal
from streams.settings import PREFIX, Settings, environment, load

FILE = "session.json"


def remember(settings: Settings) -> None:
    """Write the settings down, secrets included, readable by their owner only."""
    path = settings.state_dir / FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(environment(settings), file)


def effective() -> Settings:
    """Return the settings for a command: the environment's, and where it says nothing, the last session's.

    Raises:
        Fatal: as `streams.settings.load`, or `session_unreadable`.
    """
    settings = load()
    remembered = _read(settings.state_dir / FILE)
    missing = {name: value for name, value in remembered.items() if name not in os.environ}
    if not missing or f"{PREFIX}BROKER__BOOTSTRAP" in os.environ:
        return settings
    os.environ.update(missing)
    try:
        return load()
    finally:
        for name in missing:
            del os.environ[name]


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Fatal("session_unreadable", FILE) from None
    return {str(name): str(value) for name, value in found.items()}
