"""Keys from files, variables and commands: 32 bytes in hexadecimal, never quoted in an error nor printed."""

import os
import secrets
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from processors.redact.sealing.wrapping import KeyEncryptionKeys, WrappingKey, key_encryption_key
from schemas.errors import Fatal
from streams.settings import KeySettings

KEY_BYTES = 32
COMMAND_SECONDS = 15.0
"""A command that prints a key has this long."""


class Source(NamedTuple):
    """Where a key comes from; at most one of the three is set.

    Attributes:
        name: of the setting for a file, by which errors name the key.
    """

    name: str
    file: Path | None
    value: str
    command: Sequence[str]


def key_encryption_keys(keys: KeySettings) -> KeyEncryptionKeys:
    """Return the vault's key-encryption key and, if one is set, the one before it.

    Raises:
        Fatal: `key_missing`, `key_invalid`, `key_ambiguous` if more than one source is set, or `key_command_failed`,
            naming the setting and never the content.
    """
    current = _key(_current(keys))
    if current is None:
        raise Fatal("key_missing", "keys.vault")
    return KeyEncryptionKeys(current, _key(_previous(keys)))


def _current(keys: KeySettings) -> Source:
    return Source("keys.vault", keys.vault, keys.vault_value.get_secret_value(), keys.vault_command)


def _previous(keys: KeySettings) -> Source:
    value = keys.vault_previous_value.get_secret_value()
    return Source("keys.vault_previous", keys.vault_previous, value, keys.vault_previous_command)


def _key(source: Source) -> WrappingKey | None:
    given = [each for each in (source.file, source.value, source.command) if each]
    if len(given) > 1:
        raise Fatal("key_ambiguous", f"set one of {source.name}, {source.name}_value, {source.name}_command")
    if not given:
        return None
    if source.file is not None:
        return key_encryption_key(read_key(source.file, source.name))
    if source.value:
        return key_encryption_key(_parsed(source.value, f"{source.name}_value"))
    name = f"{source.name}_command"
    return key_encryption_key(_parsed(_printed(source.command, name), name))


def read_key(path: Path | None, name: str) -> bytes:
    """Return a key from a file.

    Raises:
        Fatal: `key_missing` or `key_invalid`, naming the setting and never the content.
    """
    if path is None or not path.is_file():
        raise Fatal("key_missing", name)
    try:
        return _parsed(path.read_text(encoding="ascii", errors="replace"), name)
    except OSError as error:
        raise Fatal("key_missing", f"{name}: {type(error).__name__}") from None


def _parsed(text: str, name: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise Fatal("key_invalid", f"{name} is not hexadecimal") from None
    if len(key) != KEY_BYTES:
        raise Fatal("key_invalid", f"{name} needs {KEY_BYTES} bytes")
    return key


def _printed(command: Sequence[str], name: str) -> str:
    """Return what a command prints. What it says on standard error is dropped: it may quote the key."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator's own command, and no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError):
        raise Fatal("key_command_failed", f"{name} cannot be started") from None
    with process:
        try:
            printed, _ = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            printed = b""
        finally:
            with suppress(ProcessLookupError):  # also whatever it started itself
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        raise Fatal("key_command_failed", f"{name} did not end well within {COMMAND_SECONDS:.0f} s")
    return printed.decode("ascii", errors="replace")


def ensure_key(path: Path) -> Path:
    """Make a random key unless the file is there, and return its path."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
    return path
