"""Keys in files: 32 bytes in hexadecimal, readable by their owner only."""

import os
import secrets
from pathlib import Path

from schemas.errors import Fatal

KEY_BYTES = 32


def read_key(path: Path | None, name: str) -> bytes:
    """Return a key.

    Raises:
        Fatal: `key_missing` or `key_invalid`, naming the setting and never the content.
    """
    if path is None or not path.is_file():
        raise Fatal("key_missing", name)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise Fatal("key_invalid", f"{name} is not hexadecimal") from None
    if len(key) != KEY_BYTES:
        raise Fatal("key_invalid", f"{name} needs {KEY_BYTES} bytes")
    return key


def ensure_key(path: Path) -> Path:
    """Make a random key unless the file is there, and return its path."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
    return path
