"""The directory of a worker's own index: the first that no other worker of the same machine holds."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from schemas.errors import Fatal

FOLDER: Final = "knowledge"
SLOTS: Final = 64
_LOCK = "lock"


@contextmanager
def held_slot(state_dir: Path) -> Iterator[Path]:
    """Keep a directory for one index; the kernel lets go of it however this process ends.

    Raises:
        Fatal: `knowledge_directory_unusable`, also when all are held.
    """
    handle, directory = _take(state_dir / FOLDER)
    try:
        yield directory
    finally:
        os.close(handle)


def _take(folder: Path) -> tuple[int, Path]:
    for number in range(SLOTS):
        directory = folder / str(number)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            handle = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            raise Fatal("knowledge_directory_unusable", "the state directory cannot be written") from None
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle, directory
        os.close(handle)
    raise Fatal("knowledge_directory_unusable", f"{SLOTS} workers share the state directory")
