"""What every detector has in common: it works beside the event loop and fails closed, without a word of the text."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from schemas import metering
from schemas.errors import Retryable
from schemas.ports import Profile, Span

UNSCANNED = "UNSCANNED"
"""Type of a text that could not be searched in time: all of it is replaced."""


class ScanTimedOut(Exception):
    """A pattern took too long on a text. Carries nothing of it."""


class ThreadedDetector(ABC):
    """Runs a blocking search in the one thread it owns, so that the event loop never waits for it."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="redact")

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of engine and rules."""

    @abstractmethod
    def scan(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        """Return the spans of each text, merged. Blocks; may raise anything."""

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        """Return the spans of each text. Raises Retryable (`detector_failed`) when detection could not be completed."""
        loop = asyncio.get_running_loop()
        found, seconds = await loop.run_in_executor(
            self._worker, self._metered, tuple(texts), language, profile
        )
        metering.book(seconds)
        if found is None or len(found) != len(texts):
            raise Retryable("detector_failed", "personal data could not be searched for")
        return found

    def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _metered(
        self, texts: Sequence[str], language: str, profile: Profile
    ) -> tuple[list[list[Span]] | None, float]:
        started = time.thread_time()
        return self._guarded(texts, language, profile), time.thread_time() - started

    def _guarded(self, texts: Sequence[str], language: str, profile: Profile) -> list[list[Span]] | None:
        """The exception stays in this frame: not even as a cause may it reach a log."""
        try:
            return self.scan(texts, language, profile)
        except Exception:  # noqa: BLE001 - whatever it is, it may quote the text
            return None
