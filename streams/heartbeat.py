"""What a worker says about itself once a second, in a file of its own, for `dev`, `doctor` and a supervisor's probe.

It is written by the worker's event loop, so a file that grows old tells of a loop that is stuck.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

BEAT_SECONDS = 1.0
SILENT_SECONDS = 15.0
"""A worker that has said nothing for so long is stuck, or the machine is badly overloaded."""

_FOLDER = "run"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StageSigns(_Record):
    """One stage in one worker.

    Attributes:
        ready: it holds partitions, has rebuilt its state and takes up events.
        last_activity: seconds since the epoch; 0 before the first event.
    """

    name: str
    ready: bool
    processed: int = 0
    buried: int = 0
    retried: int = 0
    in_flight: int = 0
    last_activity: float = 0.0


class KnowledgeSigns(_Record):
    """A worker's own index of the documents.

    Attributes:
        ready: it holds all that the topic said when that was last asked.
        memory_bytes: of its embeddings and codes.
        waiting: documents whose passages are being prepared.
        refused: records that could not be taken in and stand for no document now, by reason.
        notes: what was odd about versions and keys, and how often.
        stale_seconds: how long ago it was last known to lack nothing; None if that is not known.
        rebuilt: why it was last built from the beginning.
    """

    ready: bool
    documents: int = 0
    passages: int = 0
    memory_bytes: int = 0
    waiting: int = 0
    refused: dict[str, int] = {}
    notes: dict[str, int] = {}
    stale_seconds: float | None = None
    rebuilt: str = ""


class Heartbeat(_Record):
    """One worker.

    Attributes:
        beat_at: seconds since the epoch.
        knowledge: its index, if it has one.
    """

    pid: int
    beat_at: float
    stages: tuple[StageSigns, ...]
    knowledge: KnowledgeSigns | None = None

    @property
    def silent_seconds(self) -> float:
        """How long ago it was written."""
        return max(0.0, time.time() - self.beat_at)

    @property
    def alive(self) -> bool:
        """Whether its process is still there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class HeartbeatFile:
    """A worker's own file; it goes with a worker that ends as it should."""

    def __init__(self, state_dir: Path) -> None:
        folder = state_dir / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{os.getpid()}.json"

    def write(self, stages: tuple[StageSigns, ...], knowledge: KnowledgeSigns | None = None) -> None:
        """Say how the stages are; readers see the old text or the new one. A full disk must not end a worker."""
        beat = Heartbeat(pid=os.getpid(), beat_at=time.time(), stages=stages, knowledge=knowledge)
        fresh = self._path.with_suffix(".new")
        with suppress(OSError):
            fresh.write_text(beat.model_dump_json(), encoding="utf-8")
            fresh.replace(self._path)

    def remove(self) -> None:
        """Take the file away."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def heartbeats(state_dir: Path) -> list[Heartbeat]:
    """Return the last words of every worker of this state directory, those that ended without a word included."""
    return sorted(_read(state_dir / _FOLDER), key=lambda beat: beat.pid)


def heartbeat(state_dir: Path, pid: int) -> Heartbeat | None:
    """Return the last words of one worker, if it has said any."""
    return next((beat for beat in _read(state_dir / _FOLDER, f"{pid}.json")), None)


def forget(state_dir: Path) -> None:
    """Take away what workers that are gone left behind."""
    for beat in heartbeats(state_dir):
        if not beat.alive:
            (state_dir / _FOLDER / f"{beat.pid}.json").unlink(missing_ok=True)


def _read(folder: Path, pattern: str = "*.json") -> Iterator[Heartbeat]:
    for path in folder.glob(pattern):
        with suppress(OSError, ValidationError):
            yield Heartbeat.model_validate_json(path.read_text(encoding="utf-8"))
