"""Lines from a descriptor as they arrive: as many at once as are there, and never a wait while there is one."""

import os
import select
from collections import deque

_CHUNK_BYTES = 65_536
_BATCH_BYTES = 65_536


class ArrivingLines:
    """Reads lines from a file, a pipe or a terminal. What it holds is bounded by the longest line and a batch.

    Args:
        descriptor: to be read by nobody else.
        longest_bytes: of a longer line nothing is kept.
    """

    def __init__(self, descriptor: int, longest_bytes: int) -> None:
        self._descriptor = descriptor
        self._longest_bytes = longest_bytes
        self._lines: deque[bytes | None] = deque()
        self._held_bytes = 0
        self._rest = bytearray()
        self._is_overlong = False
        self._ended = False

    def take(self, most: int) -> list[bytes | None]:
        """Wait for a line, and return it with those that are there already; nothing at the end.

        Args:
            most: lines to return. Long ones are returned in smaller numbers, but at least one.

        Returns:
            Lines without their ends; None for one that was too long. Blank ones are left out.
        """
        while not self._ended and (not self._lines or self._has_room(most)):
            self._read()
        taken: list[bytes | None] = []
        size = 0
        while self._lines and len(taken) < most and size < _BATCH_BYTES:
            line = self._lines.popleft()
            size += len(line or b"")
            taken.append(line)
        self._held_bytes -= size
        return taken

    def _has_room(self, most: int) -> bool:
        wanted = len(self._lines) < most and self._held_bytes < _BATCH_BYTES
        return wanted and bool(select.select([self._descriptor], (), (), 0)[0])

    def _read(self) -> None:
        chunk = os.read(self._descriptor, _CHUNK_BYTES)
        self._ended = not chunk
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._extend(end)
            self._finish()
        self._extend(rest)
        if self._ended:
            self._finish()

    def _extend(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > self._longest_bytes:
            self._is_overlong = True
        if self._is_overlong:
            self._rest.clear()

    def _finish(self) -> None:
        line = bytes(self._rest).strip()
        if self._is_overlong:
            self._lines.append(None)
        elif line:
            self._lines.append(line)
            self._held_bytes += len(line)
        self._rest.clear()
        self._is_overlong = False
