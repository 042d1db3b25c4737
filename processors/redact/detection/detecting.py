"""What every detector has in common: it works beside the event loop and fails closed, without a word of the text.

Calls that come while its thread is busy are searched together, as soon as it is free; one that finds it idle never
waits for others.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from processors.redact.detection.batching import Call, Found, Waiting
from schemas import metering
from schemas.errors import Retryable
from schemas.ports import Profile, Span

UNSCANNED = "UNSCANNED"
"""Type of a text that could not be searched in time: all of it is replaced."""


def whole(text: str) -> list[Span]:
    """Return what covers all of a text that could not be searched."""
    return [Span(0, len(text), UNSCANNED, 1.0)] if text else []


def is_unscanned(spans: Sequence[Span]) -> bool:
    """Whether a text is covered because it could not be searched."""
    return any(span.entity == UNSCANNED for span in spans)


class ScanTimedOut(Exception):
    """A pattern took too long on a text. Carries nothing of it."""


class ThreadedDetector(ABC):
    """Runs a blocking search in the one thread it owns, so that the event loop never waits for it."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="redact")
        self._waiting = Waiting()

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
        call = Call(tuple(texts), language, profile, asyncio.get_running_loop().create_future())
        self._waiting.add(call)
        try:
            self._worker.submit(self._work)
        except RuntimeError:
            raise _failed() from None  # the thread has ended
        answer = await call.answer
        metering.book(answer.seconds)
        if answer.found is None:
            raise _failed()
        return answer.found

    def close(self) -> None:
        """End the thread. Calls that still wait fail."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        _fail(self._waiting.drain())

    def _work(self) -> None:
        """Serve who waits. Each call asks for this once, so that none is left over.

        Whatever is raised, who was to be served is answered; if it is not even known who that is, all are.
        """
        calls: Sequence[Call] | None = None
        try:
            calls = self._waiting.take()
            if calls:
                self._serve(calls)
        except BaseException:
            _fail(self._waiting.drain() if calls is None else calls)
            raise

    def _serve(self, calls: Sequence[Call], spent: float = 0.0) -> None:
        """Search for calls together, and one by one for those of them of which a text could not be searched so."""
        started = time.thread_time()
        found = self._guarded([text for call in calls for text in call.texts], calls[0])
        seconds = spent + time.thread_time() - started
        total = sum(call.characters for call in calls)
        for call, own in zip(calls, _divided(calls, found), strict=True):
            share = seconds * call.characters / total
            if len(calls) > 1 and not _is_complete(own):
                self._serve([call], share)
            else:
                call.resolve(own, share)

    def _guarded(self, texts: Sequence[str], call: Call) -> Found | None:
        """The exception stays in this frame: not even as a cause may it reach a log."""
        try:
            found = self.scan(texts, call.language, call.profile)
            return found if len(found) == len(texts) and all(map(_lie_inside, found, texts)) else None
        except Exception:  # noqa: BLE001 - whatever it is, it may quote the text
            return None


def _fail(calls: Sequence[Call]) -> None:
    """Answer each, also where another cannot be answered. What was answered already stays so."""
    for call in calls:
        with suppress(Exception):
            call.resolve(None, 0.0)


def _divided(calls: Sequence[Call], found: Found | None) -> Iterator[Found | None]:
    at = 0
    for call in calls:
        yield None if found is None else found[at : at + len(call.texts)]
        at += len(call.texts)


def _is_complete(found: Found | None) -> bool:
    """Whether all texts were searched. In company a text may lack time that it has alone."""
    return found is not None and not any(map(is_unscanned, found))


def _lie_inside(spans: Sequence[Span], text: str) -> bool:
    """Whether spans are of this text; whoever returns others has not searched it."""
    return all(0 <= span.start <= span.end <= len(text) for span in spans)


def _failed() -> Retryable:
    return Retryable("detector_failed", "personal data could not be searched for")
