"""Folders that one process at a time may use: as many workers of a machine as need one find one."""

import fcntl
import os
from pathlib import Path

from schemas.errors import Fatal

MOST_SLOTS = 64
_LOCK = "lock"


class Slot:
    """A folder held by this process until it is let go of, or the process ends."""

    def __init__(self, folder: Path, handle: int) -> None:
        self.folder = folder
        self._handle = handle

    def release(self) -> None:
        """Let others have the folder."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def claim(directory: Path) -> Slot:
    """Take the first folder below the directory that nobody holds; it is made if it is not there.

    The folders are for their owner only, as is what they hold.

    Raises:
        Fatal: `knowledge_directory_unusable`, also if all folders are held.
    """
    try:
        slots = (_claimed(directory / f"slot-{number}") for number in range(MOST_SLOTS))
        found = next((slot for slot in slots if slot), None)
    except OSError as error:
        raise Fatal("knowledge_directory_unusable", type(error).__name__) from None
    if found is None:
        raise Fatal("knowledge_directory_unusable", "too many processes use it")
    return found


def _claimed(folder: Path) -> Slot | None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return Slot(folder, handle)
